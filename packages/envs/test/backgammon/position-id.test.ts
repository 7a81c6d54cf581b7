import { readFileSync } from 'node:fs';
import { positionFromId, positionId, startPosition } from '@gradus/envs/backgammon';
import { expect, test } from 'vitest';
import { randomPositions } from './support/random-positions.ts';

test('the first position has the id that GNU Backgammon’s manual gives', () => {
  expect(positionId(startPosition())).toBe('4HPwATDgc/ABMA');
  expect(positionFromId('4HPwATDgc/ABMA')).toEqual(startPosition());
});

test('ids lead to positions and back', () => {
  for (const { position } of randomPositions(1000, 2)) expect(positionFromId(positionId(position))).toEqual(position);
  const golden = JSON.parse(readFileSync(`${import.meta.dirname}/../fixtures/backgammon-gnubg.json`, 'utf8')) as {
    readonly cases: readonly [id: string][];
  };
  for (const [id] of golden.cases) expect(positionId(positionFromId(id))).toBe(id);
});

test('what is no id is refused in words', () => {
  expect(() => positionFromId('4HPwATDgc/ABM')).toThrow('expected id to be 14 digits of base 64');
  expect(() => positionFromId('4HPwATDgc/ABM!')).toThrow('expected id to be 14 digits of base 64');
  expect(() => positionFromId('//////////////')).toThrow(/where a player has \d+ checkers/);
  expect(() => positionFromId('AACA/z//fwAAAA')).toThrow('where both players are on point 1');
});
