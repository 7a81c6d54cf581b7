import { Random } from '@gradus/core';
import { pixelActions, pixelAsterix } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { playEpisodes } from '../support/play-episodes.ts';
import { playGame, type PlayedGame } from '../support/played-game.ts';

const [PLAYER, ENEMY, TRAIL, TREASURE] = [0, 1, 2, 3];
const { nothing, left, up, right, down, fire } = pixelActions;
const game = pixelAsterix({ stickyActionProbability: 0 });
type Variable = keyof typeof game.variables;

/** What is in a lane: its row, what, where, and its direction. */
type Thing = readonly [row: number, content: number, column: number, direction: number];

/** A game in which those things are in the lanes, all move in the next step, and nothing comes. */
function playWith(
  things: readonly Thing[],
  player: readonly [row: number, column: number],
  variables: Partial<Record<Variable, number>> = {},
): PlayedGame<Variable> {
  const lanes = (read: (thing: Thing) => number): number[] =>
    Array.from({ length: 8 }, (_, lane) => things.filter(([row]) => row === lane + 1).map(read)[0] ?? 0);
  return playGame(game, {
    playerRow: player[0],
    playerColumn: player[1],
    content: lanes(([, content]) => content),
    column: lanes(([, , column]) => column),
    direction: lanes(([, , , direction]) => direction),
    moveClock: 1,
    spawnClock: 1000,
    ...variables,
  });
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
    const play = playWith(things, [8, 8], { moveClock: 5 });
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
      for (let step = 0; step < 9; step++) play.step(nothing);
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
    expect([...columns].sort()).toEqual([0, 9]);
  });

  test('do not come where there is no empty lane', () => {
    const things = [1, 2, 3, 4, 5, 6, 7, 8].map((row): Thing => [row, TREASURE, 5, 1]);
    const play = playWith(things, [4, 9], { moveClock: 1000, spawnClock: 1 });
    play.step(nothing);
    expect(play.cells(TREASURE)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((row) => [row, 5]));
    const oneEmpty = playWith(things.slice(1), [4, 9], { moveClock: 1000, spawnClock: 1 });
    oneEmpty.step(nothing);
    const inFirst = [...oneEmpty.cells(ENEMY), ...oneEmpty.cells(TREASURE)].filter(([row]) => row === 1);
    expect(inFirst.length).toBe(1);
  });
});

describe('the player', () => {
  const still = { moveClock: 1000 };

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

  test('has a step to escape what comes in at its cell', () => {
    const lanes = [1, 2, 3, 5, 6, 7, 8].map((row): Thing => [row, ENEMY, 5, 1]);
    for (let seed = 0; seed < 20; seed++) {
      const play = playWith(lanes, [4, 0], { ...still, spawnClock: 1 });
      expect(play.step(nothing)).toEqual({ reward: 0, terminated: false });
      expect(play.step(down)).toEqual({ reward: 0, terminated: false });
    }
  });
});

test('every hundred steps all comes and moves more often, down to 3 steps and 1', () => {
  const play = playWith([], [5, 5], { spawnClock: 1e9 });
  const intervals = Array.from({ length: 10 }, () => {
    const before = [play.variable('spawnInterval')[0], play.variable('moveInterval')[0]];
    for (let step = 0; step < 100; step++) play.step(nothing);
    return before;
  });
  expect(intervals).toEqual([
    [10, 5],
    [9, 4],
    [8, 3],
    [7, 2],
    [6, 1],
    [5, 1],
    [4, 1],
    [3, 1],
    [3, 1],
    [3, 1],
  ]);
});

test('whatever is done: one player, one thing a lane, and an end or a reward only where it meets one', () => {
  const random = new Random(2);
  let rewards = 0;
  for (let episode = 0; episode < 300; episode++) {
    const play = playGame(game, {}, random);
    for (let steps = 0, ended = false; !ended && steps < 500; steps++) {
      const before = { treasure: play.cells(TREASURE), enemy: play.cells(ENEMY) };
      const { reward, terminated } = play.step(random.integer(6));
      const players = play.cells(PLAYER);
      expect(players.length).toBe(1);
      const rows = [...play.cells(ENEMY), ...play.cells(TREASURE)].map(([row]) => row);
      expect(new Set(rows).size).toBe(rows.length);
      for (const row of [...rows, players[0][0]]) expect(row >= 1 && row <= 8).toBe(true);
      expect(play.cells(TRAIL).length).toBeLessThanOrEqual(rows.length);
      const beside = ([row, column]: readonly number[]): boolean =>
        row === players[0][0] && Math.abs(column - players[0][1]) <= 1;
      if (reward !== 0) expect([reward, before.treasure.some(beside)]).toEqual([1, true]);
      if (terminated) expect(before.enemy.some(beside)).toBe(true);
      rewards += reward;
      ended = terminated;
    }
  }
  expect(rewards).toBeGreaterThan(50);
});

test.each([1, 2, 3])('random play returns about a half (seed %i)', (seed) => {
  const random = new Random(seed);
  const mean = playEpisodes('PixelAsterix-v0', 1000 * seed, () => random.integer(6)).mean;
  expect(mean).toBeGreaterThan(0.3);
  expect(mean).toBeLessThan(0.8);
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
  expect(playEpisodes('PixelAsterix-v0', seed, seekTreasure, 20).mean).toBeGreaterThan(10);
});
