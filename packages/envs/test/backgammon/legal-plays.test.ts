import { readFileSync } from 'node:fs';
import {
  LegalPlays,
  legalPlays,
  playText,
  positionFromId,
  startPosition,
  type Position,
} from '@gradus/envs/backgammon';
import { expect, test } from 'vitest';
import { naiveAfterstates } from './support/naive-plays.ts';
import { afterstates, randomPositions } from './support/random-positions.ts';

/** A position with these checkers of the player to roll, and of the other; the rest are borne off. */
function positionOf(mine: Record<number, number>, others: Record<number, number>): Position {
  const position = new Int8Array(28);
  for (const [point, checkers] of Object.entries(mine)) position[Number(point)] = checkers;
  for (const [point, checkers] of Object.entries(others)) position[Number(point)] = -checkers;
  position[26] = 15 - Object.values(mine).reduce((sum, n) => sum + n, 0);
  position[27] = Object.values(others).reduce((sum, n) => sum + n, 0) - 15;
  return position;
}

const texts = (position: Position, die: number, otherDie: number): string[] =>
  legalPlays(position, die, otherDie).map(playText).sort();

test('counts are those of GNU Backgammon on 150 positions', () => {
  const golden = JSON.parse(readFileSync(`${import.meta.dirname}/../fixtures/backgammon-gnubg.json`, 'utf8')) as {
    readonly cases: readonly [id: string, die: number, otherDie: number, count: number][];
  };
  expect(golden.cases.length).toBe(150);
  const plays = new LegalPlays();
  const counts = golden.cases.map(([id, die, otherDie]) => plays.find(positionFromId(id), die, otherDie));
  expect(counts).toEqual(golden.cases.map(([, , , count]) => count));
});

test('plays lead to the positions that trying all moves leads to, each once', () => {
  for (const { position, dice } of randomPositions(5000, 1)) {
    const found = afterstates({ position, dice });
    expect(new Set(found).size).toBe(found.length);
    expect(new Set(found)).toEqual(naiveAfterstates(position, ...dice));
  }
});

test('both dice are played where that is possible', () => {
  // 10/9 would leave no 6: 10/4 is first, and then the other checker goes.
  expect(texts(positionOf({ 10: 1, 2: 1 }, { 3: 2, 5: 13 }), 6, 1)).toEqual(['10/4 2/1']);
});

test('where only one die can be played, it is the larger one', () => {
  expect(texts(positionOf({ 20: 1 }, { 13: 15 }), 6, 1)).toEqual(['20/14']);
  expect(texts(positionOf({ 20: 1 }, { 13: 2, 14: 13 }), 6, 1)).toEqual(['20/19']);
});

test('from the bar first, or nothing at all', () => {
  expect(texts(positionOf({ 25: 1, 6: 14 }, { 22: 2, 21: 2, 1: 11 }), 3, 4)).toEqual([]);
  expect(texts(positionOf({ 25: 1, 6: 1 }, { 22: 2, 1: 1 }), 3, 4)).toEqual(['bar/21 21/18', 'bar/21 6/3']);
});

test('a checker that hits on the way is another play than one that does not', () => {
  const position = positionOf({ 24: 1 }, { 22: 1, 1: 14 });
  expect(texts(position, 2, 3)).toEqual(['24/21 21/19', '24/22* 22/19']);
});

test('checkers are borne off from the point of the die, or from the highest where all are below', () => {
  expect(texts(positionOf({ 5: 1, 3: 1 }, { 24: 15 }), 6, 3)).toEqual(['5/2 3/off', '5/off 3/off']);
  expect(texts(positionOf({ 6: 1, 3: 1 }, { 24: 15 }), 5, 4)).toEqual(['6/1 3/off', '6/2 3/off']);
  expect(texts(positionOf({ 2: 5 }, { 24: 15 }), 6, 6)).toEqual(['2/off(4)']);
});

test('moves say what is hit', () => {
  expect(legalPlays(positionOf({ 6: 2 }, { 5: 1, 24: 14 }), 1, 1)).toContainEqual([
    { from: 6, to: 5, isHit: true },
    { from: 6, to: 5, isHit: false },
    { from: 5, to: 4, isHit: false },
    { from: 5, to: 4, isHit: false },
  ]);
});

test('what is no position, die or play is refused in words', () => {
  const crowded = startPosition();
  crowded[24] = 3;
  expect(() => legalPlays(crowded, 1, 2)).toThrow(
    'it has 16 checkers of the one player and 15 of the other, expected 15 each',
  );
  expect(() => legalPlays(startPosition(), 7, 2)).toThrow('expected die to be an integer from 1 to 6, got 7');
  expect(() => new LegalPlays().movesOf(startPosition(), 0)).toThrow('expected index to be one of 0 plays');
});
