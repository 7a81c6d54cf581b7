import {
  Box,
  Discrete,
  type Dynamics,
  type DynamicsOutcome,
  type DynamicsState,
  type RandomSource,
} from '@gradus/core';
import { pixelGameFormat, renderPixelGame } from '../rendering/pixel-game.ts';

/** What may be changed about a pixel game. */
export interface PixelGameOptions {
  /**
   * Probability that a step repeats the action done in the step before instead of the one asked for. In [0, 1], default 0.1
   * (Young and Tian, 2019; Machado et al., 2018).
   */
  readonly stickyActionProbability?: number | undefined;
  /** Steps after which an episode is truncated. Default 5000; none for Freeway, which has its own end. */
  readonly maxEpisodeSteps?: number | undefined;
}

/** Rows of the screen, and columns. */
export const SIDE = 10;

/** The actions of all pixel games; a game in which one means nothing takes it for `nothing`. */
export const pixelActions = { nothing: 0, left: 1, up: 2, right: 3, down: 4, fire: 5 } as const;

/** A game, written for one copy; {@link pixelGame} makes dynamics of it. */
export interface PixelGame<Name extends string> {
  /** What the channels show, in the order of the observation, with their colours in pictures; of two in one cell the first is seen. */
  readonly channels: Readonly<Record<string, string>>;
  /** As in `Dynamics`. */
  readonly variables: Readonly<Record<Name, number>>;
  /** As in `Dynamics`. The variables still have the values of the episode before. */
  reset(state: DynamicsState<Name>, index: number, random: RandomSource): void;
  /** Advances copy `index` by a frame. `outcome` holds no reward and no end for it yet: a game writes them where there is one. */
  step(state: DynamicsState<Name>, index: number, action: number, outcome: DynamicsOutcome, random: RandomSource): void;
  /**
   * Sets to 1 what copy `index` shows: channel c of a cell is `observations[offset + cellIndex(row, column, channels) + c]`. All is 0
   * before.
   */
  draw(state: DynamicsState<Name>, index: number, observations: Float32Array, offset: number): void;
}

/**
 * The dynamics of a game on a screen of 10 × 10 cells, in the manner of MinAtar (Young and Tian, 2019, "MinAtar: An Atari-Inspired
 * Testbed for Thorough and Reproducible Reinforcement Learning Experiments", arXiv:1903.03176). Observation: zeros and ones,
 * [10 × 10 × channels], row by row, the channels of a cell side by side. Actions: nothing (0), left (1), up (2), right (3),
 * down (4), fire (5), repeated with `stickyActionProbability`. Throws `RangeError` for a probability outside [0, 1].
 */
export function pixelGame<Name extends string>(
  game: PixelGame<Name>,
  { stickyActionProbability = 0.1, maxEpisodeSteps = 5000 }: PixelGameOptions = {},
): Dynamics<Name | 'previousAction', Int32Array> {
  if (!(stickyActionProbability >= 0 && stickyActionProbability <= 1)) {
    throw new RangeError(`stickyActionProbability: expected a number in [0, 1], got ${stickyActionProbability}`);
  }
  const colors = Object.values(game.channels);
  const observationSpace = new Box(0, 1, [SIDE, SIDE, colors.length], { dtype: 'uint8' });
  const { size } = observationSpace;
  const variables: Readonly<Record<string, number>> = { ...game.variables, previousAction: 1 };

  return {
    observationSpace,
    actionSpace: new Discrete(6),
    variables,
    maxEpisodeSteps,

    reset(state, index, random) {
      state.previousAction[index] = pixelActions.nothing;
      game.reset(state, index, random);
    },

    step(state, actions, outcome, start, end, randoms) {
      const { previousAction } = state;
      for (let i = start; i < end; i++) {
        const random = randoms[i];
        // Drawn even where it can make no difference, so that the chances of a game do not depend on the option.
        const repeats = random.nextFloat() < stickyActionProbability;
        const action = repeats ? previousAction[i] : actions[i];
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

    renderFormat: pixelGameFormat,
    render(state, index, context) {
      const observation = new Float32Array(size);
      game.draw(state, index, observation, 0);
      renderPixelGame(context, observation, colors);
    },
  };
}

/** Where the channels of a cell begin in an observation. */
export function cellIndex(row: number, column: number, channels: number): number {
  return (row * SIDE + column) * channels;
}
