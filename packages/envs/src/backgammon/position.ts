import { checkArguments, type OptionCheck } from '@gradus/core';

/**
 * A position of backgammon as the player who is to roll sees it, 28 numbers, in the order of Tesauro's public evaluator:
 *
 * - 1 to 24: the checkers on each point, positive for those of this player, who moves from 24 down to 1, negative for the other's;
 * - 25 and 0: this player's checkers on the bar, and the other's, which count negative;
 * - 26 and 27: this player's checkers that are borne off, and the other's, negative.
 */
export type Position = Int8Array;

/** Numbers of a {@link Position}. */
export const POSITION_SIZE = 28;

/** Where each thing is in a {@link Position}. */
export const BAR = 25;
export const OTHER_BAR = 0;
export const OFF = 26;
export const OTHER_OFF = 27;

/** Checkers that each player has. */
export const CHECKERS = 15;
/** Points of the board. */
export const POINTS = 24;
/** The last point of the home board, counted from 1. */
export const HOME = 6;

/** The position in which games begin. */
export function startPosition(): Position {
  const position = new Int8Array(POSITION_SIZE);
  for (const [point, checkers] of [
    [24, 2],
    [13, 5],
    [8, 3],
    [6, 5],
  ]) {
    position[point] = checkers;
    position[POINTS + 1 - point] = -checkers;
  }
  return position;
}

/** Writes `position` as the other player sees it into `target`, which may not be `position` itself. */
export function turnAround(position: Position, target: Position): void {
  for (let i = 0; i <= BAR; i++) target[BAR - i] = -position[i];
  target[OFF] = -position[OTHER_OFF];
  target[OTHER_OFF] = -position[OFF];
}

/** Whether no checker can be hit any more: all of one player's have passed those of the other. */
export function isRace(position: Position): boolean {
  let mine = BAR;
  while (mine > 0 && position[mine] <= 0) mine--;
  let others = OTHER_BAR;
  while (others <= BAR && position[others] >= 0) others++;
  return mine < others;
}

/** How many pips this player needs to bear all checkers off: the sum of their points, 25 for the bar. */
export function pipCount(position: Position): number {
  checkPosition('pipCount', position);
  let pips = 0;
  for (let point = 1; point <= BAR; point++) if (position[point] > 0) pips += point * position[point];
  return pips;
}

/**
 * What the player who sees `position`, and has just played, has won: 0 while checkers are left, 1 for a game, 2 for a gammon (the other has
 * borne none off), 3 for a backgammon (and has a checker on the bar or in this player's home).
 */
export function pointsWon(position: Position): number {
  if (position[OFF] < CHECKERS) return 0;
  if (position[OTHER_OFF] < 0) return 1;
  for (let point = OTHER_BAR; point <= HOME; point++) if (position[point] < 0) return 3;
  return 2;
}

/** A position of 15 checkers each. */
export const aPosition: OptionCheck = {
  expected: `a position (an Int8Array of ${POSITION_SIZE} numbers)`,
  accepts: (value) => value instanceof Int8Array && positionProblem(value) === undefined,
  explain: (value) => (value instanceof Int8Array ? positionProblem(value) : undefined),
};

/** Throws `RangeError` for what is no position: another length, other numbers of checkers. */
export function checkPosition(subject: string, position: Position): void {
  checkArguments(subject, { position }, { position: aPosition });
}

/** What keeps these numbers from being a position, undefined where nothing does. */
export function positionProblem(position: Position): string | undefined {
  if (position.length !== POSITION_SIZE) return `it has ${position.length} numbers`;
  for (const [place, wanted] of [
    [BAR, 1],
    [OFF, 1],
    [OTHER_BAR, -1],
    [OTHER_OFF, -1],
  ]) {
    if (position[place] * wanted < 0) return `number ${place} is ${position[place]}`;
  }
  let mine = 0;
  let others = 0;
  for (const checkers of position) {
    if (checkers > 0) mine += checkers;
    else others -= checkers;
  }
  if (mine === CHECKERS && others === CHECKERS) return undefined;
  return `it has ${mine} checkers of the one player and ${others} of the other, expected ${CHECKERS} each`;
}

/** A number on a die. */
export const aDie: OptionCheck = {
  expected: 'an integer from 1 to 6',
  accepts: (value) => typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 6,
};

/** Two dice, whichever is first. */
export type Dice = readonly [number, number];

/** Two numbers on dice. */
export const someDice: OptionCheck = {
  expected: 'two dice, such as [6, 5]',
  accepts: (value) => Array.isArray(value) && value.length === 2 && value.every(aDie.accepts),
};
