import { EnvError, aFunction, objectOf, optional, positiveInteger, valueText, type OptionCheck } from '@gradus/core';

/**
 * A game of two players who roll dice and then choose among afterstates, the positions that their plays lead to: what {@link TdGammon} learns by playing against itself. `backgammon` of
 * `@gradus/envs/backgammon` is one.
 *
 * Positions are rows of small integers. `startPosition` and what {@link DiceGame.findAfterstates} is given are as the player sees them who is to roll, afterstates as the player who has played.
 */
export interface DiceGame {
  /** Numbers of a position. */
  readonly positionSize: number;
  /** The most afterstates of a roll. */
  readonly mostAfterstates: number;
  /** Numbers by which a network is shown a position. */
  readonly inputs: number;
  /** The probability of each roll; rolls are numbered from 0. */
  readonly rollProbabilities: readonly number[];
  /** The same for the first roll of a game. */
  readonly openingProbabilities: readonly number[];
  /** The position in which games begin. */
  readonly startPosition: () => Int8Array;
  /** Writes the afterstates of a roll one after another into `afterstates`, and returns how many there are: 1 or more, the position itself where nothing can be played. */
  readonly findAfterstates: (position: Int8Array, roll: number, afterstates: Int8Array) => number;
  /** What the player who has just played has won: 0 while the game goes on, 1, 2 for a gammon, 3 for a backgammon. */
  readonly pointsWon: (afterstate: Int8Array) => number;
  /** Writes what a network is shown of an afterstate into `inputs` from `offset` on. */
  readonly writeInputs: (afterstate: Int8Array, inputs: Float32Array, offset: number) => void;
  /** Writes a position as the other player sees it into `target`. */
  readonly turnAround: (position: Int8Array, target: Int8Array) => void;
  /** What keeps these numbers from being a position or an afterstate of the game, undefined where nothing does. Default: any are. */
  readonly positionProblem?: ((position: Int8Array) => string | undefined) | undefined;
}

const probabilities: OptionCheck = {
  expected: 'a list of probabilities',
  accepts: (value) => {
    if (!Array.isArray(value) || value.some((p) => typeof p !== 'number' || !(p >= 0))) return false;
    return Math.abs((value as number[]).reduce((sum, p) => sum + p, 0) - 1) < 1e-9;
  },
};

/** A {@link DiceGame}. */
export const aDiceGame: OptionCheck = objectOf('a game of dice (such as backgammon of @gradus/envs/backgammon)', {
  positionSize: positiveInteger,
  mostAfterstates: positiveInteger,
  inputs: positiveInteger,
  rollProbabilities: probabilities,
  openingProbabilities: probabilities,
  startPosition: aFunction,
  findAfterstates: aFunction,
  pointsWon: aFunction,
  writeInputs: aFunction,
  turnAround: aFunction,
  positionProblem: optional(aFunction),
});

/** {@link DiceGame.findAfterstates}. Throws `EnvError` where their number cannot be. */
export function afterstatesOf(game: DiceGame, position: Int8Array, roll: number, afterstates: Int8Array): number {
  const count = game.findAfterstates(position, roll, afterstates);
  if (Number.isInteger(count) && count >= 1 && count <= game.mostAfterstates) return count;
  throw new EnvError(
    `findAfterstates: expected to find 1 to ${game.mostAfterstates} afterstates of roll ${roll}, got ${valueText(count)}`,
  );
}

/** {@link DiceGame.pointsWon}. Throws `EnvError` for what are no points. */
export function pointsOf(game: DiceGame, afterstate: Int8Array): number {
  const points = game.pointsWon(afterstate);
  if (Number.isInteger(points) && points >= 0 && points <= 3) return points;
  throw new EnvError(`pointsWon: expected 0, 1, 2 or 3, got ${valueText(points)}`);
}
