import { Random, type RandomSource } from '@gradus/core';
import { asterix, minAtarActions } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { playEpisodes } from '../support/play-episodes.ts';
import { playGame, type PlayedGame } from '../support/played-game.ts';
import { scriptedRandom } from '../support/scripted-random.ts';

const [PLAYER, ENEMY, TRAIL, TREASURE] = [0, 1, 2, 3];
const { nothing, left, up, right, down, fire } = minAtarActions;
const game = asterix({ stickyActionProbability: 0 });
type Variable = keyof typeof game.variables;

/** What is in a lane: its row, what, where, and its direction. */
type Thing = readonly [row: number, content: number, column: number, direction: number];

/** A game in which those things are in the lanes, all move in the next step, and nothing comes. */
function playWith(
  things: readonly Thing[],
  player: readonly [row: number, column: number],
  variables: Partial<Record<Variable, number>> = {},
  random?: RandomSource,
): PlayedGame<Variable> {
  const lanes = (read: (thing: Thing) => number): number[] =>
    Array.from({ length: 8 }, (_, lane) => things.filter(([row]) => row === lane + 1).map(read)[0] ?? 0);
  const all = {
    playerRow: player[0],
    playerColumn: player[1],
    content: lanes(([, content]) => content),
    column: lanes(([, , column]) => column),
    direction: lanes(([, , , direction]) => direction),
    moveCountdown: 0,
    spawnCountdown: 1000,
    ...variables,
  };
  return playGame(game, all, random);
}

test('an episode begins with empty lanes and the player in the middle', () => {
  const play = playGame(game);
  expect([PLAYER, ENEMY, TRAIL, TREASURE].map((channel) => play.cells(channel))).toEqual([[[5, 5]], [], [], []]);
});

test('the player goes a cell in four directions, and stays in rows 1–8', () => {
  const walk = (start: readonly [number, number], actions: readonly number[]): number[][] => {
    const play = playWith([], start);
    return actions.map((action) => {
      play.step(action);
      return play.cells(PLAYER)[0];
    });
  };
  expect(walk([5, 5], [left, up, right, down, nothing, fire])).toEqual([
    [5, 4],
    [4, 4],
    [4, 5],
    [5, 5],
    [5, 5],
    [5, 5],
  ]);
  expect(walk([2, 1], [up, up, left, left])).toEqual([
    [1, 1],
    [1, 1],
    [1, 0],
    [1, 0],
  ]);
  expect(walk([7, 8], [down, down, right, right])).toEqual([
    [8, 8],
    [8, 8],
    [8, 9],
    [8, 9],
  ]);
});

describe('enemies and treasures', () => {
  test('move a cell every five steps at first, with a trail behind them, and leave at the edge', () => {
    const things: Thing[] = [
      [2, ENEMY, 3, 1],
      [4, TREASURE, 1, -1],
    ];
    const play = playWith(things, [8, 8], { moveCountdown: 4 });
    const seen = Array.from({ length: 11 }, () => {
      play.step(nothing);
      return JSON.stringify([ENEMY, TREASURE, TRAIL].map((channel) => play.cells(channel)));
    });
    expect(seen.slice(0, 4)).toEqual(new Array(4).fill('[[[2,3]],[[4,1]],[[2,2],[4,2]]]'));
    expect(seen.slice(4, 9)).toEqual(new Array(5).fill('[[[2,4]],[[4,0]],[[2,3],[4,1]]]'));
    expect(seen.slice(9)).toEqual(new Array(2).fill('[[[2,5]],[],[[2,4]]]'));
  });

  test('have no trail where they come in', () => {
    const play = playWith(
      [
        [2, ENEMY, 0, 1],
        [3, TREASURE, 9, -1],
      ],
      [8, 8],
    );
    expect(play.cells(TRAIL)).toEqual([]);
  });

  test('come every ten steps at first, into empty lanes, a third of them treasure, from both sides', () => {
    const random = new Random(1);
    const counts = { [ENEMY]: 0, [TREASURE]: 0 };
    const rows = new Set<number>();
    const columns = new Set<number>();
    for (let episode = 0; episode < 900; episode++) {
      const play = playGame(game, { playerColumn: 5 }, random);
      for (let step = 0; step < 10; step++) play.step(nothing);
      expect([...play.cells(ENEMY), ...play.cells(TREASURE)]).toEqual([]);
      play.step(nothing);
      const [[row, column], ...others] = [...play.cells(ENEMY), ...play.cells(TREASURE)];
      expect(others).toEqual([]);
      counts[play.cells(ENEMY).length > 0 ? ENEMY : TREASURE]++;
      rows.add(row);
      columns.add(column);
    }
    // 300 ± 4 · 14 of 900.
    expect(counts[TREASURE]).toBeGreaterThan(244);
    expect(counts[TREASURE]).toBeLessThan(356);
    expect([...rows].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    // They come in at the edge, and move in the same step.
    expect([...columns].sort()).toEqual([1, 8]);
  });

  test('do not come where there is no empty lane', () => {
    const things = [1, 2, 3, 4, 5, 6, 7, 8].map((row): Thing => [row, TREASURE, 5, 1]);
    const play = playWith(things, [4, 9], { moveCountdown: 1000, spawnCountdown: 0 });
    play.step(nothing);
    expect(play.cells(TREASURE)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((row) => [row, 5]));
    const oneEmpty = playWith(things.slice(1), [4, 9], { moveCountdown: 1000, spawnCountdown: 0 });
    oneEmpty.step(nothing);
    const inFirst = [...oneEmpty.cells(ENEMY), ...oneEmpty.cells(TREASURE)].filter(([row]) => row === 1);
    expect(inFirst.length).toBe(1);
  });
});

describe('the player', () => {
  const still = { moveCountdown: 1000 };

  test('picks up a treasure for a reward of 1, once', () => {
    const play = playWith([[4, TREASURE, 6, 1]], [4, 5], still);
    expect(play.step(right)).toEqual({ reward: 1, terminated: false });
    expect(play.cells(TREASURE)).toEqual([]);
    expect(play.step(nothing)).toEqual({ reward: 0, terminated: false });
  });

  test('is brought one that moves into its cell', () => {
    const play = playWith([[4, TREASURE, 6, -1]], [4, 5]);
    expect(play.step(nothing)).toEqual({ reward: 1, terminated: false });
  });

  test.each([
    ['goes to its cell', [4, ENEMY, 6, 1], right, still],
    ['comes from another lane', [3, ENEMY, 5, 1], up, still],
    ['waits for it', [4, ENEMY, 6, -1], nothing, {}],
    ['would change places with it', [4, ENEMY, 6, -1], right, {}],
  ] as const)('that meets an enemy loses: %s', (_, thing, action, variables) => {
    expect(playWith([thing], [4, 5], variables).step(action)).toEqual({ reward: 0, terminated: true });
  });

  test('can go out of the way', () => {
    const play = playWith([[4, ENEMY, 6, -1]], [4, 5]);
    expect(play.step(up)).toEqual({ reward: 0, terminated: false });
    expect([play.cells(PLAYER), play.cells(ENEMY)]).toEqual([[[3, 5]], [[4, 5]]]);
  });

  test.each([
    ['an enemy', 0.34, { reward: 0, terminated: true }],
    ['a treasure', 0.33, { reward: 1, terminated: false }],
  ])('meets what comes in at its cell in the same step, unless it goes away: %s', (_, draw, met) => {
    const lanes = [1, 2, 3, 5, 6, 7, 8].map((row): Thing => [row, ENEMY, 5, 1]);
    const play = (): PlayedGame<Variable> =>
      playWith(lanes, [4, 0], { ...still, spawnCountdown: 0 }, scriptedRandom({ floats: [0.9, 0.4, draw] }));
    expect(playWith(lanes, [4, 0], still).step(nothing)).toEqual({ reward: 0, terminated: false });
    expect(play().step(nothing)).toEqual(met);
    expect(play().step(right)).toEqual({ reward: 0, terminated: false });
  });
});

test.each([true, false])(
  'every 102 steps all comes, and every other time moves, more often, down to 1: %s',
  (ramps) => {
    const play = playGame(asterix({ difficultyRamping: ramps }), { spawnCountdown: 1e9 });
    const intervals = Array.from({ length: 11 }, () => {
      const before = [play.variable('spawnInterval')[0], play.variable('moveInterval')[0]];
      for (let step = 0; step < 102; step++) play.step(nothing);
      return before;
    });
    const growing = [
      [10, 5],
      [9, 5],
      [8, 4],
      [7, 4],
      [6, 3],
      [5, 3],
      [4, 2],
      [3, 2],
      [2, 1],
      [1, 1],
      [1, 1],
    ];
    expect(intervals).toEqual(ramps ? growing : growing.map(() => [10, 5]));
  },
);

test('whatever is done: one player, one thing a lane, and an end or a reward only where it meets one', () => {
  const random = new Random(2);
  let rewards = 0;
  for (let episode = 0; episode < 300; episode++) {
    const play = playGame(game, {}, random);
    for (let steps = 0, ended = false; !ended && steps < 500; steps++) {
      const before = play.cells(TREASURE);
      const { reward, terminated } = play.step(random.integer(6));
      const players = play.cells(PLAYER);
      expect(players.length).toBe(1);
      const rows = [...play.cells(ENEMY), ...play.cells(TREASURE)].map(([row]) => row);
      expect(new Set(rows).size).toBe(rows.length);
      for (const row of [...rows, players[0][0]]) expect(row >= 1 && row <= 8).toBe(true);
      expect(play.cells(TRAIL).length).toBeLessThanOrEqual(rows.length);
      const beside = ([row, column]: readonly number[]): boolean =>
        row === players[0][0] && Math.abs(column - players[0][1]) <= 1;
      // One that comes in at the edge may be met in the same step.
      const atEdge = Math.min(players[0][1], 9 - players[0][1]) <= 1;
      if (reward !== 0) expect([reward, before.some(beside) || atEdge]).toEqual([1, true]);
      if (terminated) expect([...play.cells(ENEMY), ...(atEdge ? players : [])].some(beside)).toBe(true);
      rewards += reward;
      ended = terminated;
    }
  }
  expect(rewards).toBeGreaterThan(50);
});

/** Goes to the nearest treasure, but never within two cells of an enemy in its lane as long as there is another way. */
function seekTreasure(observations: Float32Array, start: number): number {
  const find = (channel: number): number[][] => {
    const cells = [];
    for (let cell = 0; cell < 100; cell++) {
      if (observations[start + 4 * cell + channel] === 1) cells.push([Math.floor(cell / 10), cell % 10]);
    }
    return cells;
  };
  const [[row, column]] = find(PLAYER);
  const enemies = find(ENEMY);
  const treasures = find(TREASURE);
  const cost = ([rows, columns]: readonly number[]): number => {
    const r = Math.min(Math.max(row + rows, 1), 8);
    const c = Math.min(Math.max(column + columns, 0), 9);
    const isDanger = enemies.some(([enemyRow, enemyColumn]) => enemyRow === r && Math.abs(enemyColumn - c) <= 2);
    const distances = treasures.map(
      ([treasureRow, treasureColumn]) => Math.abs(treasureRow - r) + Math.abs(treasureColumn - c),
    );
    return Math.min(...distances, 100) + (isDanger ? 1000 : 0);
  };
  const costs = [
    [0, 0],
    [0, -1],
    [-1, 0],
    [0, 1],
    [1, 0],
  ].map(cost);
  return costs.indexOf(Math.min(...costs));
}

test.each([1, 2, 3])('going for treasure and out of the way of enemies picks up more than ten (seed %i)', (seed) => {
  expect(playEpisodes('MinAtar/Asterix-v0', seed, seekTreasure, 20).mean).toBeGreaterThan(10);
});
