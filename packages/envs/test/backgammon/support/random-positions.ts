import { Random } from '@gradus/core';
import { LegalPlays, pointsWon, startPosition, turnAround, type Dice, type Position } from '@gradus/envs/backgammon';

/** A position for the player who has rolled. */
export interface Rolled {
  readonly position: Position;
  readonly dice: Dice;
}

/** Positions of games that are played at random, each with a roll. */
export function randomPositions(count: number, seed: number): Rolled[] {
  const random = new Random(seed);
  const plays = new LegalPlays();
  const found: Rolled[] = [];
  let position = startPosition();
  while (found.length < count) {
    const dice: Dice = [random.integer(6) + 1, random.integer(6) + 1];
    found.push({ position, dice });
    const after = position.slice();
    if (plays.find(position, ...dice) > 0) plays.apply(position, random.integer(plays.count), after);
    const next = after.slice();
    turnAround(after, next);
    position = pointsWon(after) > 0 ? startPosition() : next;
  }
  return found;
}

/** The positions that all legal plays lead to. */
export function afterstates({ position, dice }: Rolled): string[] {
  const plays = new LegalPlays();
  const after = position.slice();
  return Array.from({ length: plays.find(position, ...dice) }, (_, index) => {
    plays.apply(position, index, after);
    return after.join();
  });
}
