import { EnvError, Random } from '@gradus/core';
import {
  backgammon,
  isRace,
  pipCount,
  playGame,
  playGames,
  pointsWon,
  positionFromId,
  positionText,
  pubeval,
  pubevalScore,
  randomPlayer,
  rolls,
  startPosition,
  turnAround,
  type GameResult,
} from '@gradus/envs/backgammon';
import { expect, test } from 'vitest';
import { afterstates, randomPositions } from './support/random-positions.ts';

test('the same seed gives the same games, and two games in turn have the same dice', async () => {
  const play = async () => {
    const dice: string[] = [];
    const options = { games: 4, seed: 5 };
    const onGame = ({ turns }: GameResult): void => {
      const first = turns.slice(0, 5).map((turn) => turn.dice.join('-'));
      dice.push(first.join(' '));
    };
    const result = await playGames(pubeval, randomPlayer(new Random(1)), { ...options, onGame });
    return { result, dice };
  };
  const games = await play();
  expect(await play()).toEqual(games);
  expect(games.dice[1]).toBe(games.dice[0]);
  expect(games.dice[3]).toBe(games.dice[2]);
  expect(games.dice[2]).not.toBe(games.dice[0]);
});

test('the linear evaluator beats random play, and games are counted', async () => {
  const result = await playGames(pubeval, randomPlayer(new Random(1)), { games: 200, seed: 1 });
  const { won, lost, winRate, pointsPerGame, standardError } = result;
  const counts = [...won, ...lost];
  expect(counts.reduce((sum, n) => sum + n, 0)).toBe(200);
  expect(winRate).toBeGreaterThan(0.95);
  const points = counts.flatMap((n, i) => Array.from({ length: n }, () => (i < 3 ? i + 1 : 2 - i)));
  const mean = points.reduce((sum, x) => sum + x, 0) / 200;
  expect(pointsPerGame).toBeCloseTo(mean, 12);
  expect(standardError).toBeCloseTo(Math.sqrt(points.reduce((sum, x) => sum + (x - mean) ** 2, 0)) / 200, 12);
});

test('the linear evaluator’s score is worked out by hand', () => {
  const race = new Int8Array(28);
  race[1] = 2;
  race[24] = -15;
  race[26] = 13;
  // Two on the last point, its third weight; fifteen of the other's are nothing.
  expect(pubevalScore(race, true)).toBeCloseTo(-7.26713 + 3.4204 * (13 / 15), 6);
  race[1] = 0;
  race[26] = 15;
  expect(pubevalScore(race, true)).toBe(Infinity);
});

test('what was won depends on where the loser’s checkers are', () => {
  const won = new Int8Array(28);
  won[26] = 15;
  won[27] = -1;
  won[20] = -14;
  expect(pointsWon(won)).toBe(1);
  won[27] = 0;
  won[20] = -15;
  expect(pointsWon(won)).toBe(2);
  won[20] = -14;
  won[6] = -1;
  expect(pointsWon(won)).toBe(3);
  won[6] = 0;
  won[0] = -1;
  expect(pointsWon(won)).toBe(3);
  expect(pointsWon(startPosition())).toBe(0);
});

test('a race begins where checkers have passed each other', () => {
  expect(isRace(startPosition())).toBe(false);
  expect(pipCount(startPosition())).toBe(167);
  for (const { position } of randomPositions(2000, 4)) {
    const mine = position.findLastIndex((n, i) => i <= 25 && n > 0);
    const others = position.findIndex((n, i) => i <= 25 && n < 0);
    expect(isRace(position)).toBe(others === -1 || mine < others);
  }
});

test('for self-play: rolls, afterstates and inputs', () => {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, x) => total + x, 0);
  expect(sum(backgammon.rollProbabilities)).toBeCloseTo(1, 12);
  expect(sum(backgammon.openingProbabilities)).toBeCloseTo(1, 12);
  const found = new Int8Array(backgammon.mostAfterstates * backgammon.positionSize);
  for (const { position, dice } of randomPositions(300, 5)) {
    const roll = rolls.findIndex(([a, b]) => (a === dice[0] && b === dice[1]) || (a === dice[1] && b === dice[0]));
    const count = backgammon.findAfterstates(position, roll, found);
    const rows = Array.from({ length: count }, (_, k) => found.slice(28 * k, 28 * (k + 1)).join());
    const expected = afterstates({ position, dice });
    expect(rows).toEqual(expected.length === 0 ? [position.join()] : expected);
  }
  const inputs = new Float32Array(200).fill(9);
  backgammon.writeInputs(startPosition(), inputs, 2);
  // Point 24 has two of one's own, point 1 two of the other's, point 6 five.
  expect([...inputs.slice(2 + 23 * 8, 2 + 24 * 8)]).toEqual([1, 1, 0, 0, 0, 0, 0, 0]);
  expect([...inputs.slice(2, 2 + 8)]).toEqual([0, 0, 0, 0, 1, 1, 0, 0]);
  expect([...inputs.slice(2 + 5 * 8, 2 + 6 * 8)]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  expect([...inputs.slice(194)]).toEqual([0, 0, 0, 0, 9, 9]);
});

test('both players see the same board', () => {
  const position = positionFromId('Cz9DgQKnYGDgRg');
  const turned = position.slice();
  turnAround(position, turned);
  const back = position.slice();
  turnAround(turned, back);
  expect(back).toEqual(position);
  expect(positionText(startPosition())).toBe(`\
+13-14-15-16-17-18-------19-20-21-22-23-24-+
| X           O    |   |  O              X | O: 0 off, 167 pips
| X           O    |   |  O              X |
| X           O    |   |  O                |
| X                |   |  O                |
| X                |   |  O                |
|                  |BAR|                   |
| O                |   |  X                |
| O                |   |  X                |
| O           X    |   |  X                |
| O           X    |   |  X              O |
| O           X    |   |  X              O | X: 0 off, 167 pips
+12-11-10--9--8--7--------6--5--4--3--2--1-+`);
  expect(positionText(position)).toContain('| O        X       | X |  O  O  X  X     X | X: 0 off, 190 pips');
});

test('a player who answers with no play ends the game in words', async () => {
  const wrong = { choose: () => 1.5 };
  await expect(playGame([wrong, wrong], 0, new Random(1))).rejects.toThrow(
    /^player 0: expected one of \d+ plays, counted from 0, got 1.5/,
  );
});

test('a game that does not end is cut off with an error', async () => {
  const { turns } = await playGame([pubeval, pubeval], 0, new Random(2));
  const again = await playGame([pubeval, pubeval], 0, new Random(2), undefined, turns.length);
  expect(again.turns).toEqual(turns);
  const message = (plies: number) => new EnvError(`playGame: a game was not over after ${plies} plies`);
  await expect(playGame([pubeval, pubeval], 0, new Random(2), undefined, 10)).rejects.toThrow(message(10));
  await expect(playGame([pubeval, pubeval], 0, new Random(2), undefined, turns.length - 1)).rejects.toThrow(
    message(turns.length - 1),
  );
  await expect(playGames(pubeval, pubeval, { games: 2, seed: 1, maxPlies: 12 })).rejects.toThrow(message(12));
});
