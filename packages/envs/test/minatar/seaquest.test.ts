import { Random } from '@gradus/core';
import { minAtarActions, seaquest } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { FIELDS } from '../../src/minatar/seaquest-things.ts';
import { playEpisodes } from '../support/play-episodes.ts';
import { playGame, type PlayedGame } from '../support/played-game.ts';
import { scriptedRandom } from '../support/scripted-random.ts';

const [FRONT, BACK, BULLET, TRAIL, ENEMY_BULLET, FISH] = [0, 1, 2, 3, 4, 5];
const [SUBMARINE, OXYGEN_BAR, DIVER_BAR, DIVER] = [6, 7, 8, 9];
const { nothing, left, up, right, down, fire } = minAtarActions;
const game = seaquest({ stickyActionProbability: 0 });
type Name = keyof typeof game.variables;
/** So that nothing comes. */
const NEVER = 1e6;

interface Place {
  readonly row: number;
  readonly column: number;
  readonly direction: number;
  /** Steps to the next move, by default none. */
  readonly move?: number;
  /** Steps to the next shot, by default many. */
  readonly fire?: number;
}

type ListName = 'fish' | 'submarines' | 'divers' | 'bullets' | 'enemyBullets';
interface Scene extends Partial<Record<Exclude<Name, ListName>, number>>, Partial<Record<ListName, readonly Place[]>> {}

/** A game in which the player is under water in (4, 4), looks to the right, and meets nothing but what the scene has. */
function playScene(scene: Scene, options: Parameters<typeof seaquest>[0] = {}): PlayedGame<Name> {
  const lists: Partial<Record<Name, number[]>> = {};
  const numbers: Partial<Record<Name, number>> = {};
  for (const [name, value] of Object.entries(scene) as [Name, number | readonly Place[]][]) {
    if (typeof value === 'number') numbers[name] = value;
    else lists[name] = [value.length, ...value.flatMap(fieldsOf)];
  }
  const water = { row: 4, column: 4, direction: 1, isSurfaced: 0, spawnCountdown: NEVER, diverCountdown: NEVER };
  return playGame(seaquest({ stickyActionProbability: 0, ...options }), { ...water, ...numbers, ...lists });
}

function fieldsOf({ row, column, direction, move = 0, fire: shot = NEVER }: Place): number[] {
  return [row, column, direction, move, shot];
}

/** A bar's cells. */
const bar = (first: number, last: number): number[][] =>
  Array.from({ length: last - first + 1 }, (_, k) => [9, first + k]);

test('an episode begins at the surface of empty water, with all the oxygen', () => {
  const play = playGame(game);
  expect([play.cells(FRONT), play.cells(BACK)]).toEqual([[[0, 5]], [[0, 6]]]);
  expect(play.cells(OXYGEN_BAR)).toEqual(bar(0, 9));
  for (const channel of [BULLET, ENEMY_BULLET, FISH, SUBMARINE, DIVER, TRAIL, DIVER_BAR]) {
    expect(play.cells(channel)).toEqual([]);
  }
});

describe('the player', () => {
  test('moves by a cell, its back behind it, turns even at the wall, and stays in rows 0–8', () => {
    const play = playScene({ row: 7, column: 1, direction: -1 });
    const after = (action: number): string => {
      play.step(action);
      return JSON.stringify([...play.cells(FRONT), ...play.cells(BACK)]);
    };
    expect([left, left, down, down, right, nothing, up].map(after)).toEqual([
      '[[7,0],[7,1]]',
      '[[7,0],[7,1]]',
      '[[8,0],[8,1]]',
      '[[8,0],[8,1]]',
      '[[8,1],[8,0]]',
      '[[8,1],[8,0]]',
      '[[7,1],[7,0]]',
    ]);
    play.variable('column', [8]);
    expect([right, right].map(after)).toEqual(['[[7,9],[7,8]]', '[[7,9],[7,8]]']);
  });

  test('shoots every five steps; bullets fly by a cell a step and leave at the side', () => {
    const play = playScene({ row: 3, column: 7, direction: -1 });
    const seen = Array.from({ length: 9 }, () => {
      play.step(fire);
      return play.cells(BULLET).map(([row, column]) => 10 * row + column);
    });
    expect(seen).toEqual([[36], [35], [34], [33], [32], [31, 36], [30, 35], [34], [33]]);
  });

  test.each([
    ['fish', FISH],
    ['submarines', SUBMARINE],
  ] as const)('strikes %s for a reward of 1, one with a bullet', (kind, channel) => {
    const enemy = { row: 4, column: 7, direction: 1, move: 99 };
    const play = playScene({ [kind]: [enemy, enemy] });
    // The bullet comes to columns 5, 6 and 7.
    expect([fire, nothing, nothing].map((action) => play.step(action))).toEqual(
      [0, 0, 1].map((reward) => ({ reward, terminated: false })),
    );
    expect([play.cells(BULLET), play.cells(channel).length, play.variable(kind)[0]]).toEqual([[], 1, 1]);
  });

  test('strikes a fish before a submarine, and nothing in its own cell', () => {
    const both = { row: 4, column: 6, direction: 1, move: 99 };
    const play = playScene({ fish: [both], submarines: [both], bullets: [{ row: 4, column: 5, direction: 1 }] });
    expect(play.step().reward).toBe(1);
    expect([play.cells(FISH), play.cells(SUBMARINE)]).toEqual([[], [[4, 6]]]);
    const inCell = playScene({ fish: [{ ...both, column: 4 }] });
    expect(inCell.step(fire)).toEqual({ reward: 0, terminated: true });
  });

  test('strikes an enemy that moves to where the bullet is', () => {
    const fish = [{ row: 4, column: 7, direction: -1 }];
    const play = playScene({ fish, bullets: [{ row: 4, column: 5, direction: 1 }] });
    expect(play.step()).toEqual({ reward: 1, terminated: false });
    expect([play.cells(FISH), play.cells(BULLET)]).toEqual([[], []]);
  });
});

describe('enemies and divers', () => {
  test.each([5, 4, 3, 2])('enemies with move interval %i move a step later than that, divers every 6', (interval) => {
    const thing = { row: 2, column: 0, direction: 1, move: interval };
    const play = playScene({
      moveInterval: interval,
      oxygen: NEVER,
      fish: [thing],
      submarines: [{ ...thing, row: 3 }],
      divers: [{ row: 6, column: 9, direction: -1, move: 5 }],
    });
    for (let step = 1; step <= 36; step++) {
      play.step();
      const column = Math.floor(step / (interval + 1));
      expect([play.cells(FISH), play.cells(SUBMARINE)]).toEqual(column > 9 ? [[], []] : [[[2, column]], [[3, column]]]);
      expect(play.cells(DIVER)).toEqual([[6, 9 - Math.floor(step / 6)]]);
    }
  });

  test('have a trail behind them, and none where that would be outside; bullets have none', () => {
    const play = playScene({
      fish: [{ row: 2, column: 0, direction: 1 }],
      submarines: [{ row: 3, column: 9, direction: 1, move: 9 }],
      divers: [{ row: 6, column: 9, direction: -1 }],
      bullets: [{ row: 7, column: 4, direction: 1 }],
      enemyBullets: [{ row: 8, column: 4, direction: 1 }],
    });
    expect(play.cells(TRAIL)).toEqual([[3, 8]]);
    play.step();
    expect(play.cells(TRAIL)).toEqual([
      [2, 0],
      [3, 8],
      [6, 9],
    ]);
  });

  test('leave the board on the other side', () => {
    const fish = [{ row: 2, column: 9, direction: 1 }];
    const play = playScene({ fish, submarines: fish, divers: [{ row: 6, column: 0, direction: -1 }] });
    play.step();
    for (const channel of [FISH, SUBMARINE, DIVER, TRAIL]) expect(play.cells(channel)).toEqual([]);
  });

  test('submarines shoot every eleven steps, fish never', () => {
    const still = { row: 7, column: 3, direction: -1, move: NEVER };
    const play = playScene({ submarines: [{ ...still, fire: 10 }], fish: [{ ...still, row: 8 }] });
    const shots = Array.from({ length: 33 }, (_, k) => k + 1).filter(() => {
      play.step();
      return play.cells(ENEMY_BULLET).some(([row, column]) => row === 7 && column === 2);
    });
    expect(shots).toEqual([11, 22, 33]);
    expect(play.cells(ENEMY_BULLET).some(([row]) => row === 8)).toBe(false);
  });

  test('a submarine that a bullet takes in the step of its shot shoots still', () => {
    const submarines = [{ row: 4, column: 8, direction: -1, fire: 0 }];
    const play = playScene({ submarines, bullets: [{ row: 4, column: 6, direction: 1 }] });
    expect(play.step()).toEqual({ reward: 1, terminated: false });
    expect([play.cells(SUBMARINE), play.cells(ENEMY_BULLET)]).toEqual([[], [[4, 6]]]);
  });
});

describe('divers', () => {
  test('are taken on board by the front, and counted in the bar from the right', () => {
    const divers = [
      { row: 4, column: 4, direction: 1, move: 3 },
      { row: 4, column: 5, direction: -1 },
    ];
    const play = playScene({ divers, aboard: 1 });
    expect(play.step()).toEqual({ reward: 0, terminated: false });
    expect([play.cells(DIVER), play.cells(DIVER_BAR)]).toEqual([[], bar(6, 8)]);
    const atBack = playScene({ divers: [{ row: 4, column: 3, direction: 1, move: 9 }] });
    atBack.step();
    expect(atBack.cells(DIVER)).toEqual([[4, 3]]);
  });

  test('swim on when there are six on board', () => {
    const play = playScene({ divers: [{ row: 4, column: 5, direction: -1 }], aboard: 6 });
    play.step();
    expect([play.cells(DIVER), play.variable('aboard')]).toEqual([[[4, 4]], [6]]);
  });
});

describe('oxygen', () => {
  test('is a cell less every twenty steps under water, and the end after 200', () => {
    const play = playScene({});
    for (let step = 1; step <= 200; step++) {
      expect(play.step().terminated).toBe(false);
      expect(play.cells(OXYGEN_BAR)).toEqual(bar(0, 9 - Math.ceil(step / 20)));
    }
    expect([play.step().terminated, play.cells(OXYGEN_BAR)]).toEqual([true, []]);
  });

  test.each([
    { aboard: 1, after: 0, reward: 0 },
    { aboard: 5, after: 4, reward: 0 },
    { aboard: 6, after: -1, reward: 6 },
    { aboard: -1, after: -2, reward: 0 },
  ])('is filled up at the surface: $aboard on board, then $after, reward $reward', ({ aboard, after, reward }) => {
    const play = playScene({ row: 1, oxygen: 139, aboard });
    expect(play.step(up)).toEqual({ reward, terminated: false });
    expect([play.variable('oxygen'), play.variable('aboard')]).toEqual([[200], [after]]);
    // And not again by staying there.
    expect([play.step(up), play.variable('aboard')]).toEqual([{ reward: 0, terminated: false }, [after]]);
  });

  test('is filled up, and yet the end comes, in the step that finds it gone', () => {
    const play = playScene({ row: 1, oxygen: 0, aboard: 2 });
    expect(play.step(up)).toEqual({ reward: 0, terminated: true });
    expect([play.variable('oxygen'), play.variable('aboard')]).toEqual([[200], [1]]);
  });
});

test.each([true, false])('each surfacing makes enemies more, and every other one faster: %s', (ramps) => {
  const play = playScene({ row: 0, aboard: -1 }, { difficultyRamping: ramps });
  const seen = Array.from({ length: 21 }, () => {
    const before = [play.variable('spawnInterval')[0], play.variable('moveInterval')[0]];
    play.variable('isSurfaced', [0]);
    play.step();
    return before;
  });
  const growing = Array.from({ length: 21 }, (_, k) => [Math.max(20 - k, 1), Math.max(5 - Math.floor(k / 2), 2)]);
  expect(seen).toEqual(ramps ? growing : growing.map(() => [20, 5]));
});

describe('an episode ends', () => {
  test('at the surface with no diver', () => {
    const play = playScene({ row: 1, oxygen: 100 });
    expect(play.step(up)).toEqual({ reward: 0, terminated: true });
    expect([play.variable('oxygen'), play.variable('isSurfaced')]).toEqual([[100], [0]]);
  });

  test.each(['fish', 'submarines', 'enemyBullets'] as const)(
    'when one of the %s comes to the front, or it to them',
    (kind) => {
      const beside = { row: 4, column: 5, direction: -1 };
      expect(playScene({ [kind]: [beside] }).step().terminated).toBe(true);
      expect(playScene({ [kind]: [{ ...beside, direction: 1, move: 9 }] }).step(right).terminated).toBe(true);
      // Nor to the back, nor when the player goes away.
      expect(playScene({ [kind]: [{ ...beside, column: 2, direction: 1 }] }).step().terminated).toBe(false);
      expect(playScene({ [kind]: [beside] }).step(up).terminated).toBe(false);
    },
  );
});

describe('what comes', () => {
  const draws = { left: 0.4, right: 0.6, submarine: 0.3, fish: 0.4 };

  test('is an enemy in step 21, and then each spawn interval; a diver in step 31, and then each 30', () => {
    const play = playGame(seaquest({ stickyActionProbability: 0 }), {}, new Random(1));
    const counts = { enemies: [] as number[], divers: [] as number[] };
    for (let step = 1, enemies = 0, divers = 0; step <= 64; step++) {
      play.step();
      const now = play.variable('fish')[0] + play.variable('submarines')[0];
      if (now > enemies) counts.enemies.push(step);
      if (play.variable('divers')[0] > divers) counts.divers.push(step);
      [enemies, divers] = [now, play.variable('divers')[0]];
    }
    expect(counts).toEqual({ enemies: [21, 41, 61], divers: [31, 61] });
  });

  test.each([
    ['fish', draws.left, draws.fish, FISH, 0],
    ['a submarine', draws.right, draws.submarine, SUBMARINE, 9],
  ] as const)('may be %s, which comes to a row where none heads the other way', (_, side, kind, channel, column) => {
    for (const [direction, comes] of [
      [column === 0 ? 1 : -1, true],
      [column === 0 ? -1 : 1, false],
    ] as const) {
      const lists = { fish: [1, 6, 5, direction, 99, NEVER], submarines: [0] };
      const random = Object.assign(scriptedRandom({ floats: [0.9, side, kind] }), { integer: () => 5 });
      const play = playGame(game, { row: 1, isSurfaced: 0, spawnCountdown: 0, ...lists }, random);
      play.step();
      expect(play.cells(channel).some((cell) => cell[0] === 6 && cell[1] === column)).toBe(comes);
    }
  });

  test.each([
    ['submarines', draws.submarine, 8],
    ['fish', draws.fish, 0],
  ] as const)('is at worst what there is room for: %s', (name, kind, shots) => {
    // Nobody is in the way: the player stays at the surface. One comes in each step, from the left.
    let made = 0;
    const random = Object.assign(new Random(0), {
      nextFloat: () => [0.9, draws.left, kind][made++ % 3],
      integer: () => Math.floor(made / 3) % 8,
    });
    const worst = { spawnInterval: 1, spawnCountdown: 0, moveInterval: 2, diverCountdown: NEVER };
    const play = playGame(game, worst, random);
    const most = { [name]: 0, enemyBullets: 0 };
    for (let step = 0; step < 100; step++) {
      play.step();
      for (const list of [name, 'enemyBullets'] as const) most[list] = Math.max(most[list], play.variable(list)[0]);
    }
    // In a step one more has come before the first is gone.
    const room = (game.variables[name] - 1) / FIELDS;
    expect(most).toEqual({ [name]: room - 1, enemyBullets: shots });
    expect((game.variables.enemyBullets - 1) / FIELDS).toBeGreaterThan(shots + 5);
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
  const dangers = [FISH, SUBMARINE, ENEMY_BULLET];
  const safe = (inRow: number): boolean => inRow >= 1 && inRow <= 8 && Math.abs(distance(inRow, dangers)) > 2;
  const canSurface = is(9, 8, DIVER_BAR);
  if (canSurface && (!is(9, 4, OXYGEN_BAR) || is(9, 3, DIVER_BAR)) && (row === 1 || safe(row - 1))) return up;
  if (row === 0) return safe(1) ? down : nothing;
  if (!safe(row)) {
    const enemy = distance(row, dangers);
    if (Math.sign(enemy) === facing && Math.abs(distance(row, [ENEMY_BULLET])) > 2 && Math.abs(enemy) > 1) return fire;
    if (safe(row - 1)) return up;
    if (safe(row + 1)) return down;
    return fire;
  }
  const enemy = distance(row, [FISH, SUBMARINE]);
  if (enemy !== 99) return Math.sign(enemy) === facing ? fire : enemy < 0 ? left : right;
  const diver = distance(row, [DIVER]);
  if (diver !== 99) return diver < 0 ? left : right;
  for (let away = 1; away < 8; away++) {
    for (const other of [row - away, row + away]) {
      if (other < 1 || other > 8 || distance(other, [FISH, SUBMARINE, DIVER]) === 99) continue;
      if (other < row && safe(row - 1)) return up;
      if (other > row && safe(row + 1)) return down;
    }
  }
  return nothing;
}

test.each([1, 2, 3])('a simple hunt strikes many (seed %i)', (seed) => {
  expect(playEpisodes('MinAtar/Seaquest-v0', seed, hunt, 50).mean).toBeGreaterThan(3);
});
