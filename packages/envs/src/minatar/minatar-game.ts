import {
  Box,
  Discrete,
  flag,
  fraction,
  type Dynamics,
  type DynamicsOutcome,
  type DynamicsState,
  type RandomSource,
} from '@gradus/core';
import { envOptions } from '../env-options.ts';
import { minAtarFormat, renderMinAtar } from '../rendering/minatar.ts';

/** What may be changed about a game of MinAtar. */
export interface MinAtarOptions {
  /**
   * Probability that a step repeats the action done in the step before instead of the one asked for. In [0, 1], default 0.1
   * (Young and Tian, 2019; Machado et al., 2018).
   */
  readonly stickyActionProbability?: number | undefined;
  /** Whether Asterix, Seaquest and Space Invaders become harder while they are played. Default true (Young and Tian, 2019). */
  readonly difficultyRamping?: boolean | undefined;
  /**
   * Whether there are only those actions that mean something in the game, counted from 0, as in MinAtar's ids that end in v1. Default
   * false: all six, as in those that end in v0, by which all published scores are.
   */
  readonly minimalActions?: boolean | undefined;
  /** Steps after which an episode is truncated. Default never, as in MinAtar. */
  readonly maxEpisodeSteps?: number | undefined;
}

/** Rows of the board, and columns. */
export const SIDE = 10;

/** The actions of all games; a game in which one means nothing takes it for `nothing`. */
export const minAtarActions = { nothing: 0, left: 1, up: 2, right: 3, down: 4, fire: 5 } as const;

/** `options`. Throws `RangeError` for one that is none or out of range. */
export function checkedOptions(name: string, options: MinAtarOptions): MinAtarOptions {
  return envOptions(name, options, {
    stickyActionProbability: fraction,
    difficultyRamping: flag,
    minimalActions: flag,
  });
}

/** A game, written for one copy; {@link minAtarGame} makes dynamics of it. */
export interface MinAtarGame<Name extends string> {
  /** As messages of errors call it. */
  readonly name: string;
  /** What the channels show, in the order of the observation, with their colours in pictures; of two in one cell the first is seen. */
  readonly channels: Readonly<Record<string, string>>;
  /** The actions that mean something, in the order of the minimal set. */
  readonly actions: readonly (keyof typeof minAtarActions)[];
  /** As in `Dynamics`. */
  readonly variables: Readonly<Record<Name, number>>;
  /** As in `Dynamics`. The variables still have the values of the episode before. */
  reset(state: DynamicsState<Name>, index: number, random: RandomSource): void;
  /**
   * Advances copy `index` by a frame; `action` is one of {@link minAtarActions}. `outcome` holds no reward and no end for it yet: a game
   * writes them where there is one. What ends the game in the middle of a step does not cut the step short.
   */
  step(state: DynamicsState<Name>, index: number, action: number, outcome: DynamicsOutcome, random: RandomSource): void;
  /**
   * Sets to 1 what copy `index` shows: channel c of a cell is `observations[offset + cellIndex(row, column, channels) + c]`. All is 0
   * before.
   */
  draw(state: DynamicsState<Name>, index: number, observations: Float32Array, offset: number): void;
}

/**
 * The dynamics of a game of MinAtar (Young and Tian, 2019, "MinAtar: An Atari-Inspired Testbed for Thorough and Reproducible
 * Reinforcement Learning Experiments", arXiv:1903.03176), by the rules of its present version. Observation: zeros and ones,
 * [10 × 10 × channels], row by row, the channels of a cell side by side. Actions: nothing (0), left (1), up (2), right (3), down (4), fire
 * (5), or the minimal set, repeated with `stickyActionProbability`. The action that may be repeated is the one done, not the one asked
 * for; it outlasts episodes, and is `nothing` after a seed. Throws `RangeError` for an option that is none or out of range.
 */
export function minAtarGame<Name extends string>(
  game: MinAtarGame<Name>,
  options: MinAtarOptions = {},
): Dynamics<Name | 'previousAction', Int32Array> {
  const { stickyActionProbability = 0.1, minimalActions = false, maxEpisodeSteps } = checkedOptions(game.name, options);
  const actionNames = minimalActions ? game.actions : (Object.keys(minAtarActions) as (keyof typeof minAtarActions)[]);
  const fullActions = Int32Array.from(actionNames, (name) => minAtarActions[name]);
  const colors = Object.values(game.channels);
  const observationSpace = new Box(0, 1, [SIDE, SIDE, colors.length], { dtype: 'uint8' });
  const { size } = observationSpace;
  const variables: Readonly<Record<string, number>> = { ...game.variables, previousAction: 1 };

  return {
    observationSpace,
    actionSpace: new Discrete(fullActions.length),
    variables,
    maxEpisodeSteps,

    reset(state, index, random) {
      game.reset(state, index, random);
    },

    step(state, actions, outcome, start, end, randoms) {
      const { previousAction } = state;
      for (let i = start; i < end; i++) {
        const random = randoms[i];
        // Drawn even where it can make no difference, so that the chances of a game do not depend on the option.
        const repeats = random.nextFloat() < stickyActionProbability;
        const action = repeats ? previousAction[i] : fullActions[actions[i]];
        previousAction[i] = action;
        outcome.rewards[i] = 0;
        outcome.terminated[i] = 0;
        game.step(state, i, action, outcome, random);
      }
    },

    observe(state, observations, start, end) {
      observations.fill(0, start * size, end * size);
      for (let i = start; i < end; i++) game.draw(state, i, observations, i * size);
    },

    renderFormat: minAtarFormat,
    render(state, index, context) {
      const observation = new Float32Array(size);
      game.draw(state, index, observation, 0);
      renderMinAtar(context, observation, colors);
    },
  };
}

/** Whether there is a column of that number. */
export function isOnBoard(column: number): boolean {
  return column >= 0 && column < SIDE;
}

/** Where the channels of a cell begin in an observation. */
export function cellIndex(row: number, column: number, channels: number): number {
  return (row * SIDE + column) * channels;
}
