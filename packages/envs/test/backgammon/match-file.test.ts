import { Random } from '@gradus/core';
import { decodeMatch, encodeMatch, playGame, pubeval, randomPlayer, type Match } from '@gradus/envs/backgammon';
import { expect, test } from 'vitest';

/** As GNU Backgammon 1.07.001 wrote it. */
const fromGnubg = `; [EventDate "2026.12.01"]

 5 point match

 Game 1
 gnubg : 0                      root : 0
  1)                             21: 13/11 24/23 
  2) 52: 13/8 24/22              63: 8/5 11/5 
  3) 53: 8/3 6/3                 62: 13/7 7/5 
  4) 42: 8/4 6/4                 41: 13/9 9/8 
  5) 31: 22/21 24/21              Doubles => 2
  6)  Drops                       Wins 1 point 

 Game 2
 gnubg : 0                      root : 1
  1)                             54: 13/8 24/20 
  2) 66: 24/18 24/18 13/7 13/7   31: 24/23 23/20 
`;

test('reads what GNU Backgammon writes', () => {
  const { players, length, games } = decodeMatch(fromGnubg);
  expect(players).toEqual(['gnubg', 'root']);
  expect(length).toBe(5);
  expect(games.map(({ score, winner, points }) => ({ score, winner, points }))).toEqual([
    { score: [0, 0], winner: 1, points: 1 },
    { score: [0, 1], winner: undefined, points: undefined },
  ]);
  expect(games[0].turns.slice(0, 2)).toEqual([
    {
      player: 1,
      dice: [2, 1],
      moves: [
        { from: 13, to: 11, isHit: false },
        { from: 24, to: 23, isHit: false },
      ],
    },
    {
      player: 0,
      dice: [5, 2],
      moves: [
        { from: 13, to: 8, isHit: false },
        { from: 24, to: 22, isHit: false },
      ],
    },
  ]);
  expect(games[0].turns.slice(-2)).toEqual([
    { player: 1, cube: 'doubles', value: 2 },
    { player: 0, cube: 'drops' },
  ]);
});

test('matches are written and read again', async () => {
  const games: Match['games'][number][] = [];
  const score: [number, number] = [0, 0];
  for (let i = 0; i < 10; i++) {
    const game = await playGame([pubeval, randomPlayer(new Random(i))], i % 2, new Random(i));
    games.push({ score: [...score], ...game });
    score[game.winner] += game.points;
  }
  const match: Match = { players: ['Ann B.', 'Bob'], length: 0, games };
  expect(decodeMatch(encodeMatch(match))).toEqual(match);
  expect(decodeMatch(encodeMatch(decodeMatch(fromGnubg)))).toEqual(decodeMatch(fromGnubg));
});

test('what is no match file is refused in words, with the line', () => {
  expect(() => decodeMatch('hello')).toThrow("expected a line '… point match', got none");
  expect(() => decodeMatch(' 5 point match\n')).toThrow("expected a game that begins with 'name : score', got none");
  expect(() => decodeMatch(fromGnubg.replace('13/8 24/22', '13/8 24/23'))).toThrow(
    /^decodeMatch: line 8: .*'13\/8 24\/23' is no legal play of 5-2; one that is: /,
  );
  expect(() => decodeMatch(fromGnubg.replace('13/8 24/22', '          '))).toThrow(
    'line 8: expected a play of 5-2, such as',
  );
});
