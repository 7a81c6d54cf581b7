import { Random } from '@gradus/core';
import { pixelActions, pixelSeaquest } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { playEpisodes } from '../support/play-episodes.ts';
import { playGame, type PlayedGame } from '../support/played-game.ts';

const [FRONT, BACK, BULLET, ENEMY_BULLET, FISH, ENEMY_SUBMARINE] = [0, 1, 2, 3, 4, 5];
const [DIVER, TRAIL, DIVER_GAUGE, OXYGEN_GAUGE] = [6, 7, 8, 9];
const { nothing, left, up, right, down, fire } = pixelActions;
const game = pixelSeaquest({ stickyActionProbability: 0 });
type Name = keyof typeof game.variables;
type Place = Readonly<Record<'row' | 'column' | 'direction', number>>;
/** So that what happens at an interval does not. */
const NEVER = -1e6;

interface Scene extends Partial<Record<Name, number>> {
  readonly fish?: Place;
  readonly enemySubmarine?: Place;
  readonly enemyBullet?: Place;
  readonly diver?: Place;
}

/** A game into which nothing comes but what the scene has. Enemies and divers move for the first time after three steps. */
function playScene({ fish, enemySubmarine, enemyBullet, diver, ...variables }: Scene): PlayedGame<Name> {
  const play = playGame(game, { enemyClock: NEVER, diverClock: NEVER, ...variables });
  const set = (name: Name, row: number, value: number): void => {
    const values = play.variable(name);
    values[row - 1] = value;
    play.variable(name, values);
  };
  /** Adds the lane of a row to a mask. */
  const add = (name: Name, row: number): unknown => play.variable(name, [play.variable(name)[0] | (1 << (row - 1))]);
  for (const enemy of [fish, enemySubmarine]) {
    if (!enemy) continue;
    add('enemies', enemy.row);
    set('enemyColumn', enemy.row, enemy.column);
    set('enemyDirection', enemy.row, enemy.direction);
    set('enemyShoots', enemy.row, enemy === fish ? 0 : 1);
    set('enemyMoveClock', enemy.row, 2);
  }
  if (enemyBullet) {
    add('enemyBullets', enemyBullet.row);
    set('enemyBulletColumn', enemyBullet.row, enemyBullet.column);
    set('enemyBulletDirection', enemyBullet.row, enemyBullet.direction);
  }
  if (diver) {
    add('divers', diver.row);
    set('diverColumn', diver.row, diver.column);
    set('diverDirection', diver.row, diver.direction);
    set('diverMoveClock', diver.row, 2);
  }
  return play;
}

test('an episode begins in the middle of empty water, with all the oxygen', () => {
  const play = playGame(game);
  expect([play.cells(BACK), play.cells(FRONT)]).toEqual([[[4, 4]], [[4, 5]]]);
  expect(play.cells(OXYGEN_GAUGE)).toEqual(Array.from({ length: 10 }, (_, column) => [9, column]));
  for (const channel of [BULLET, ENEMY_BULLET, FISH, ENEMY_SUBMARINE, DIVER, TRAIL, DIVER_GAUGE]) {
    expect(play.cells(channel)).toEqual([]);
  }
});

describe('the submarine', () => {
  test('moves by a cell, its front ahead, and stays on the screen', () => {
    const play = playScene({ row: 7, column: 1 });
    const after = (action: number): string => {
      play.step(action);
      return JSON.stringify([...play.cells(FRONT), ...play.cells(BACK)]);
    };
    expect([left, left, down, down, right, nothing, up].map(after)).toEqual([
      '[[7,0],[7,1]]',
      '[[7,0],[7,1]]',
      '[[8,0],[8,1]]',
      '[[8,0],[8,1]]',
      '[[8,2],[8,1]]',
      '[[8,2],[8,1]]',
      '[[7,2],[7,1]]',
    ]);
    play.variable('column', [7]);
    expect([right, right].map(after)).toEqual(['[[7,9],[7,8]]', '[[7,9],[7,8]]']);
  });

  test('shoots every five steps, from its front; bullets fly by a cell a step and leave at the side', () => {
    const toTheLeft = playScene({ row: 3, column: 7, facing: -1 });
    const seen = Array.from({ length: 9 }, () => {
      toTheLeft.step(fire);
      return toTheLeft.cells(BULLET).map(([row, column]) => 10 * row + column);
    });
    expect(seen).toEqual([[36], [35], [34], [33], [32], [31, 36], [30, 35], [34], [33]]);
    const toTheRight = playScene({ row: 3, column: 7, facing: 1 });
    toTheRight.step(fire);
    expect(toTheRight.cells(BULLET)).toEqual([[3, 9]]);
    toTheRight.step(left);
    expect([toTheRight.cells(BULLET), toTheRight.variable('bulletDirection')[0]]).toEqual([[], 1]);
  });

  test.each(['fish', 'enemySubmarine'] as const)('strikes a %s for a reward of 1', (kind) => {
    const play = playScene({ [kind]: { row: 4, column: 8, direction: 1 } });
    // The bullet comes to columns 6, 7 and 8; the enemy would move in the same step, but later.
    expect([fire, nothing, nothing].map((action) => play.step(action))).toEqual(
      [0, 0, 1].map((reward) => ({ reward, terminated: false })),
    );
    for (const channel of [BULLET, FISH, ENEMY_SUBMARINE, TRAIL]) expect(play.cells(channel)).toEqual([]);
  });

  test('strikes an enemy that moves to where the bullet is', () => {
    const play = playScene({ fish: { row: 4, column: 9, direction: -1 } });
    expect([fire, nothing, nothing].map((action) => play.step(action).reward)).toEqual([0, 0, 1]);
  });

  test('strikes nothing from the surface', () => {
    const play = playScene({ row: 0, fish: { row: 1, column: 8, direction: 1 } });
    expect([fire, nothing, nothing, nothing].map((action) => play.step(action).reward)).toEqual([0, 0, 0, 0]);
  });
});

describe('enemies and divers', () => {
  test('have a trail behind them, and none where that would be outside', () => {
    const play = playScene({ fish: { row: 2, column: 0, direction: 1 }, diver: { row: 6, column: 9, direction: -1 } });
    expect([play.cells(FISH), play.cells(DIVER), play.cells(TRAIL)]).toEqual([[[2, 0]], [[6, 9]], []]);
    for (let step = 0; step < 3; step++) play.step();
    const trails = [
      [2, 0],
      [6, 9],
    ];
    expect([play.cells(FISH), play.cells(DIVER), play.cells(TRAIL)]).toEqual([[[2, 1]], [[6, 8]], trails]);
  });

  test.each([
    { surfacings: 0, interval: 5 },
    { surfacings: 1, interval: 5 },
    { surfacings: 2, interval: 4 },
    { surfacings: 6, interval: 2 },
    { surfacings: 60, interval: 2 },
  ])('enemies move every $interval steps after $surfacings surfacings, divers every 5', ({ surfacings, interval }) => {
    const fish = { row: 2, column: 0, direction: 1 };
    const play = playScene({ surfacings, fish, diver: { row: 6, column: 9, direction: -1 } });
    play.variable('enemyMoveClock', [0, 0]);
    play.variable('diverMoveClock', [0, 0, 0, 0, 0, 0]);
    for (let step = 1; step <= 15; step++) {
      play.step();
      expect(play.cells(FISH)).toEqual([[2, Math.floor(step / interval)]]);
      expect(play.cells(DIVER)).toEqual([[6, 9 - Math.floor(step / 5)]]);
    }
  });

  test('leave the screen on the other side', () => {
    const play = playScene({ fish: { row: 2, column: 9, direction: 1 }, diver: { row: 6, column: 0, direction: -1 } });
    for (let step = 0; step < 3; step++) play.step();
    for (const channel of [FISH, DIVER, TRAIL]) expect(play.cells(channel)).toEqual([]);
  });

  test('submarines shoot every ten steps', () => {
    const play = playScene({ surfacings: NEVER, enemySubmarine: { row: 7, column: 3, direction: -1 } });
    const seen = Array.from({ length: 20 }, () => {
      play.step();
      return play.cells(ENEMY_BULLET).map(([row, column]) => 10 * row + column);
    });
    const none = new Array<number[]>(9).fill([]);
    expect(seen.slice(0, 13)).toEqual([...none, [73], [72], [71], [70]]);
    expect(seen.slice(13)).toEqual([...none.slice(0, 6), [73]]);
  });

  test('fish do not shoot', () => {
    const play = playScene({ surfacings: NEVER, fish: { row: 7, column: 3, direction: -1 } });
    for (let step = 0; step < 30; step++) {
      play.step();
      expect(play.cells(ENEMY_BULLET)).toEqual([]);
    }
  });
});

describe('divers', () => {
  test.each([
    ['the front', { row: 4, column: 6, direction: -1 }],
    ['the back', { row: 4, column: 3, direction: 1 }],
  ])('are picked up by %s, and counted in the gauge from the right', (_, diver) => {
    const play = playScene({ diver, aboard: 1 });
    for (let step = 0; step < 3; step++) {
      expect([play.cells(DIVER).length, play.cells(DIVER_GAUGE)]).toEqual([1, [[9, 9]]]);
      expect(play.step()).toEqual({ reward: 0, terminated: false });
    }
    const gauge = [
      [9, 8],
      [9, 9],
    ];
    expect([play.cells(DIVER), play.cells(DIVER_GAUGE)]).toEqual([[], gauge]);
  });

  test('swim on when there are six on board', () => {
    const play = playScene({ diver: { row: 4, column: 6, direction: -1 }, aboard: 6 });
    for (let step = 0; step < 3; step++) play.step();
    expect([play.cells(DIVER), play.variable('aboard')]).toEqual([[[4, 5]], [6]]);
  });
});

describe('oxygen', () => {
  test('is a cell less every twenty steps, and the end when there is none', () => {
    const play = playScene({});
    for (let step = 1; step < 200; step++) {
      expect(play.step().terminated).toBe(false);
      expect(play.cells(OXYGEN_GAUGE).length).toBe(10 - Math.floor(step / 20));
    }
    expect([play.step().terminated, play.cells(OXYGEN_GAUGE)]).toEqual([true, []]);
  });

  test('is filled up at the surface, even with the last breath, for one of few divers', () => {
    const play = playScene({ row: 1, oxygen: 1, aboard: 5 });
    expect(play.step(up)).toEqual({ reward: 0, terminated: false });
    expect(['oxygen', 'aboard', 'surfacings'].map((name) => play.variable(name as Name))).toEqual([[200], [4], [1]]);
  });

  test('is filled up for the last diver', () => {
    const play = playScene({ row: 1, oxygen: 20, aboard: 1 });
    expect(play.step(up)).toEqual({ reward: 0, terminated: false });
    expect(['oxygen', 'aboard'].map((name) => play.variable(name as Name))).toEqual([[200], [0]]);
  });

  test.each([
    [200, 10],
    [181, 10],
    [180, 9],
    [1, 1],
  ])('of %i steps is a reward of %i for six divers, who all leave', (oxygen, reward) => {
    const play = playScene({ row: 1, oxygen, aboard: 6 });
    expect(play.step(up)).toEqual({ reward, terminated: false });
    expect(['oxygen', 'aboard'].map((name) => play.variable(name as Name))).toEqual([[200], [0]]);
  });

  test('is not filled up by staying at the surface', () => {
    const play = playScene({ row: 1, aboard: 3 });
    for (const action of [up, up, nothing, up]) play.step(action);
    expect(['oxygen', 'aboard'].map((name) => play.variable(name as Name))).toEqual([[197], [2]]);
  });
});

describe('an episode ends', () => {
  test('at the surface without divers', () => {
    expect(playScene({ row: 1 }).step(up)).toEqual({ reward: 0, terminated: true });
  });

  test.each([
    ['fish', 6, -1],
    ['fish', 3, 1],
    ['enemySubmarine', 6, -1],
    ['enemySubmarine', 3, 1],
  ] as const)('when a %s from column %i comes into a cell of the submarine', (kind, column, direction) => {
    const play = playScene({ [kind]: { row: 4, column, direction } });
    expect([1, 2, 3].map(() => play.step().terminated)).toEqual([false, false, true]);
  });

  test.each([
    [7, -1],
    [2, 1],
  ])("when an enemy's bullet from column %i does", (column, direction) => {
    const play = playScene({ enemyBullet: { row: 4, column, direction } });
    expect([1, 2].map(() => play.step().terminated)).toEqual([false, true]);
  });

  test('when the submarine moves to where an enemy is, but not where it is no more', () => {
    const fish = { row: 3, column: 5, direction: 1 };
    expect(playScene({ fish }).step(up).terminated).toBe(true);
    const leaving = playScene({ fish });
    leaving.variable('enemyMoveClock', [0, 0, 4]);
    expect(leaving.step(up).terminated).toBe(false);
  });
});

describe('what comes', () => {
  test.each([
    { surfacings: 0, interval: 20 },
    { surfacings: 7, interval: 13 },
    { surfacings: 15, interval: 5 },
    { surfacings: 50, interval: 5 },
  ])('is an enemy every $interval steps after $surfacings surfacings', ({ surfacings, interval }) => {
    const play = playGame(game, { surfacings, row: 0, diverClock: NEVER });
    for (let step = 1; step <= interval + 1; step++) {
      play.step();
      expect(play.cells(FISH).length + play.cells(ENEMY_SUBMARINE).length).toBe(step < interval ? 0 : 1);
    }
  });

  test('is a diver every thirty steps', () => {
    const play = playGame(game, { row: 0, enemyClock: NEVER });
    for (let step = 1; step <= 59; step++) {
      play.step();
      expect(play.cells(DIVER).length).toBe(step < 30 ? 0 : 1);
    }
  });

  test('is in all rows alike, from both sides alike, fish twice as often as submarines', () => {
    const counts = new Map<string, number>();
    const random = new Random(3);
    const count = (key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
    for (let i = 0; i < 4800; i++) {
      const play = playGame(game, { row: 0, enemyClock: 19, diverClock: 29 }, random);
      play.step();
      const [submarines, divers] = [play.cells(ENEMY_SUBMARINE), play.cells(DIVER)];
      const [[row, column]] = submarines.length > 0 ? submarines : play.cells(FISH);
      for (const key of [`row ${row}`, `column ${column}`, `submarine ${submarines.length}`]) count(key);
      count(`diver's row ${divers[0][0]}`);
      count(`diver's column ${divers[0][1]}`);
    }
    // Within five standard deviations of a binomial count.
    const expectShare = (key: string, share: number): void => {
      const tolerance = 5 * Math.sqrt(4800 * share * (1 - share));
      expect(Math.abs((counts.get(key) ?? 0) - 4800 * share)).toBeLessThan(tolerance);
    };
    for (let row = 1; row <= 8; row++) [`row ${row}`, `diver's row ${row}`].forEach((key) => expectShare(key, 1 / 8));
    for (const column of [0, 9])
      [`column ${column}`, `diver's column ${column}`].forEach((key) => expectShare(key, 1 / 2));
    expectShare('submarine 1', 1 / 3);
  });

  test.each([
    [0, 9],
    [3, 9],
    [5, 0],
    [8, 0],
  ])('is an enemy from the other side in the row of a submarine in column %i', (column, expected) => {
    const random = new Random(1);
    for (let i = 0; i < 300; i++) {
      const play = playGame(game, { row: 5, column, enemyClock: 19, diverClock: NEVER }, random);
      play.step();
      const inRow = [...play.cells(FISH), ...play.cells(ENEMY_SUBMARINE)].filter(([row]) => row === 5);
      for (const [, enemyColumn] of inRow) expect(enemyColumn).toBe(expected);
    }
  });

  test('goes to rows that are free, and does not come when there is none', () => {
    const random = new Random(1);
    const play = playGame(game, { row: 0, diverClock: NEVER }, random);
    // So that they stay where they are.
    play.variable('surfacings', [NEVER]);
    for (let enemies = 1; enemies <= 10; enemies++) {
      play.variable('enemyClock', [-NEVER + 19]);
      play.step();
      expect(new Set([...play.cells(FISH), ...play.cells(ENEMY_SUBMARINE)].map(([row]) => row)).size).toBe(
        Math.min(enemies, 8),
      );
    }
  });
});

/** Keeps away from enemies and bullets, shoots enemies from afar, picks up divers, and gets oxygen when it is low and divers are on board. */
function hunt(observations: Float32Array, start: number): number {
  const is = (row: number, column: number, channel: number): boolean =>
    observations[start + 10 * (10 * row + column) + channel] === 1;
  const find = (channel: number): [row: number, column: number] => {
    let cell = 0;
    while (observations[start + 10 * cell + channel] === 0) cell++;
    return [Math.floor(cell / 10), cell % 10];
  };
  const [row, front] = find(FRONT);
  const [, back] = find(BACK);
  const facing = front - back;
  /** Columns from the submarine to the nearest in a row that is in one of the channels; 99 without any. */
  const distance = (inRow: number, channels: readonly number[]): number => {
    let nearest = 99;
    for (let column = 0; column < 10; column++) {
      if (!channels.some((channel) => is(inRow, column, channel))) continue;
      const away = Math.min(Math.abs(column - front), Math.abs(column - back));
      if (away < Math.abs(nearest)) nearest = column > Math.min(front, back) ? away : -away;
    }
    return nearest;
  };
  const dangers = [FISH, ENEMY_SUBMARINE, ENEMY_BULLET];
  const safe = (inRow: number): boolean => inRow >= 1 && inRow <= 8 && Math.abs(distance(inRow, dangers)) > 2;
  const canSurface = is(9, 9, DIVER_GAUGE);
  if (canSurface && (!is(9, 4, OXYGEN_GAUGE) || is(9, 4, DIVER_GAUGE)) && (row === 1 || safe(row - 1))) return up;
  if (row === 0) return safe(1) ? down : nothing;
  if (!safe(row)) {
    const enemy = distance(row, dangers);
    if (Math.sign(enemy) === facing && Math.abs(distance(row, [ENEMY_BULLET])) > 2 && Math.abs(enemy) > 1) return fire;
    if (safe(row - 1)) return up;
    if (safe(row + 1)) return down;
    return fire;
  }
  const enemy = distance(row, [FISH, ENEMY_SUBMARINE]);
  if (enemy !== 99) return Math.sign(enemy) === facing ? fire : enemy < 0 ? left : right;
  const diver = distance(row, [DIVER]);
  if (diver !== 99) return diver < 0 ? left : right;
  for (let away = 1; away < 8; away++) {
    for (const other of [row - away, row + away]) {
      if (other < 1 || other > 8 || distance(other, [FISH, ENEMY_SUBMARINE, DIVER]) === 99) continue;
      if (other < row && safe(row - 1)) return up;
      if (other > row && safe(row + 1)) return down;
    }
  }
  return nothing;
}

test('whatever is done: one submarine, and nothing in a row twice', () => {
  const random = new Random(4);
  let surfacings = 0;
  for (let episode = 0; episode < 4; episode++) {
    const play = playGame(game, {}, random);
    for (let terminated = false; !terminated;) {
      const planned = hunt(play.observation(), 0);
      const result = play.step(random.nextFloat() < 0.05 ? random.integer(6) : planned);
      terminated = result.terminated;
      const [[frontRow, front]] = play.cells(FRONT);
      const [[backRow, back]] = play.cells(BACK);
      expect([play.cells(FRONT).length, play.cells(BACK).length, Math.abs(front - back), frontRow]).toEqual([
        1,
        1,
        1,
        backRow,
      ]);
      expect(play.cells(BULLET).length).toBeLessThanOrEqual(2);
      for (const channels of [[FISH, ENEMY_SUBMARINE], [ENEMY_BULLET], [DIVER]]) {
        const rows = channels.flatMap((channel) => play.cells(channel).map(([row]) => row));
        expect(new Set(rows).size).toBe(rows.length);
        expect(rows.every((row) => row >= 1 && row <= 8)).toBe(true);
      }
    }
    surfacings += play.variable('surfacings')[0];
  }
  expect(surfacings).toBeGreaterThan(0);
});

test.each([1, 2, 3])('random play strikes an enemy in some episodes (seed %i)', (seed) => {
  const random = new Random(seed);
  const mean = playEpisodes('PixelSeaquest-v0', 1000 * seed, () => random.integer(6), 500).mean;
  expect(mean).toBeGreaterThan(0.1);
  expect(mean).toBeLessThan(0.4);
});

test.each([1, 2, 3])('a simple hunt strikes many (seed %i)', (seed) => {
  expect(playEpisodes('PixelSeaquest-v0', seed, hunt, 50).mean).toBeGreaterThan(15);
});
