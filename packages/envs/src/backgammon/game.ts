import { LegalPlays, MOST_PLAYS } from './legal-plays.ts';
import {
  BAR,
  CHECKERS,
  OFF,
  OTHER_BAR,
  OTHER_OFF,
  POINTS,
  POSITION_SIZE,
  pointsWon,
  positionProblem,
  startPosition,
  turnAround,
  type Dice,
  type Position,
} from './position.ts';

/** Inputs of a network for each point: four for the checkers of either player. */
const UNITS = 8;

/** The 21 rolls of two dice, without order: first the six doubles, then the fifteen others. */
export const rolls: readonly Dice[] = [
  ...Array.from({ length: 6 }, (_, i): Dice => [i + 1, i + 1]),
  ...[2, 3, 4, 5, 6].flatMap((larger) => Array.from({ length: larger - 1 }, (_, i): Dice => [larger, i + 1])),
];

/** What self-play needs to know of backgammon: `DiceGame` of `@gradus/value-based`. */
export interface BackgammonGame {
  /** Numbers of a position. */
  readonly positionSize: number;
  /** The most afterstates of a roll. */
  readonly mostAfterstates: number;
  /** How many inputs of a network `writeInputs` writes. */
  readonly inputs: number;
  /** The probability of each of the {@link rolls}. */
  readonly rollProbabilities: readonly number[];
  /** The same for the first roll of a game: each player throws one die, and the larger one begins with both, so that they differ. */
  readonly openingProbabilities: readonly number[];
  readonly startPosition: () => Position;
  readonly turnAround: (position: Position, target: Position) => void;
  readonly pointsWon: (position: Position) => number;
  readonly writeInputs: (position: Position, inputs: Float32Array, offset: number) => void;
  readonly findAfterstates: (position: Position, roll: number, afterstates: Int8Array) => number;
  /** What keeps these numbers from being a position, undefined where nothing does. */
  readonly positionProblem: (position: Position) => string | undefined;
}

/**
 * Backgammon without the cube for self-play: positions are numbers, rolls are numbered as in {@link rolls}, and a player chooses among afterstates, the
 * positions that his plays lead to, as he sees them.
 */
export const backgammon: BackgammonGame = {
  positionSize: POSITION_SIZE,
  mostAfterstates: MOST_PLAYS,
  inputs: POINTS * UNITS + 4,
  rollProbabilities: rolls.map(([die, other]) => (die === other ? 1 / 36 : 2 / 36)),
  openingProbabilities: rolls.map(([die, other]) => (die === other ? 0 : 1 / 15)),
  startPosition,
  turnAround,
  pointsWon,
  writeInputs,
  findAfterstates,
  positionProblem,
};

const plays = new LegalPlays();

/**
 * Writes the afterstates of a roll into `afterstates`, [mostAfterstates × positionSize], each as the player sees it who has played, in the
 * order of {@link LegalPlays}; returns how many there are. Where nothing can be played, the only one is the position itself.
 */
function findAfterstates(position: Position, roll: number, afterstates: Int8Array): number {
  const [die, otherDie] = rolls[roll];
  const count = plays.find(position, die, otherDie);
  if (count === 0) afterstates.set(position);
  for (let k = 0; k < count; k++) plays.apply(position, k, afterstates, k * POSITION_SIZE);
  return Math.max(count, 1);
}

/**
 * Writes the inputs of TD-Gammon for a position into `inputs` from `offset` on (Tesauro, 1992; Sutton and Barto, 2018, §16.1). For the n
 * checkers of either player on each point, four numbers: 1 if n ≥ 1, if n ≥ 2, if n ≥ 3, and (n − 3) / 2 for more; n / 2 for the bar, n / 15 for
 * those borne off. The two inputs that say whose turn it is are left out: here it is always the other player's, since afterstates are seen by
 * the one who has just played. [196]
 */
function writeInputs(position: Position, inputs: Float32Array, offset: number): void {
  inputs.fill(0, offset, offset + POINTS * UNITS);
  for (let point = 1; point <= POINTS; point++) {
    const checkers = position[point];
    if (checkers === 0) continue;
    const n = Math.abs(checkers);
    const first = offset + (point - 1) * UNITS + (checkers > 0 ? 0 : UNITS / 2);
    inputs[first] = 1;
    if (n >= 2) inputs[first + 1] = 1;
    if (n >= 3) inputs[first + 2] = 1;
    if (n > 3) inputs[first + 3] = (n - 3) / 2;
  }
  const rest = offset + POINTS * UNITS;
  inputs[rest] = position[BAR] / 2;
  inputs[rest + 1] = Math.abs(position[OTHER_BAR]) / 2;
  inputs[rest + 2] = position[OFF] / CHECKERS;
  inputs[rest + 3] = Math.abs(position[OTHER_OFF]) / CHECKERS;
}
