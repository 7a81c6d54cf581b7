import { badCalls, type Examples } from '@gradus/bad-calls';
import { Random } from '@gradus/core';
import * as rules from '@gradus/envs/backgammon';
import { positionId, pubeval, randomPlayer, startPosition } from '@gradus/envs/backgammon';
import { expect, test } from 'vitest';

const players = () => [pubeval, randomPlayer(new Random(1))];
const moves = () => [{ from: 13, to: 7, isHit: false }];
const match = () => ({ players: ['a', 'b'], length: 3, games: [{ score: [0, 0], turns: [], winner: 0, points: 1 }] });

const examples: Examples = {
  legalPlays: () => [startPosition(), 6, 5],
  'LegalPlays.movesOf': null,
  LegalPlays: () => [],
  decodeMatch: () => [' 3 point match\n\n Game 1\n a : 0    b : 0\n'],
  encodeMatch: () => [match()],
  playText: () => [moves()],
  readPlay: () => [startPosition(), [6, 5], '24/13'],
  playGame: () => [players(), 0, new Random(1), () => undefined, 10_000],
  playGames: () => [...players(), { games: 1, seed: 1, maxPlies: 10_000 }],
  randomPlayer: () => [new Random(1)],
  pipCount: () => [startPosition()],
  positionFromId: () => [positionId(startPosition())],
  positionId: () => [startPosition()],
  positionText: () => [startPosition()],
  pubevalScore: () => [startPosition(), false],
};

test('bad arguments are refused in words', async () => {
  const { failures } = await badCalls(rules, examples, {
    sources: `${import.meta.dirname}/../../src/backgammon`,
    // Called at each play, thousands of times a second.
    internal: [/^(isRace|pointsWon|turnAround)$/, /\.(apply|find|choose)$/, /^backgammon\./],
  });
  expect(failures.slice(0, 20)).toEqual([]);
});
