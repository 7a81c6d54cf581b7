import { Random } from '@gradus/core';
import { minAtarActions, spaceInvaders } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { playEpisodes } from '../support/play-episodes.ts';
import { playGame, type PlayedGame } from '../support/played-game.ts';

const [CANNON, ALIEN, ALIEN_LEFT, ALIEN_RIGHT, BULLET, ALIEN_BULLET] = [0, 1, 2, 3, 4, 5];
const { nothing, left, up, right, down, fire } = minAtarActions;
const game = spaceInvaders({ stickyActionProbability: 0 });
type Name = keyof typeof game.variables;
/** So that what happens at an interval does not. */
const NEVER = -1e6;

/** A game with aliens in some cells, which neither move nor shoot unless the variables say so. */
function playWith(
  aliens: readonly (readonly [row: number, column: number])[],
  variables: Partial<Record<Name, number | number[]>> = {},
): PlayedGame<Name> {
  return playGame(game, {
    aliens: rowsOf(aliens),
    numAliens: aliens.length,
    marchCountdown: NEVER,
    shotCountdown: NEVER,
    ...variables,
  });
}

/** The variable that has aliens in some cells. */
function rowsOf(aliens: readonly (readonly [row: number, column: number])[]): number[] {
  return Array.from({ length: 10 }, (_, row) =>
    aliens.reduce((sum, [alienRow, column]) => sum + (alienRow === row ? 2 ** column : 0), 0),
  );
}

/** The rows and columns of a rectangle of cells. */
function cellsOf(rows: readonly number[], columns: readonly number[]): number[][] {
  return rows.flatMap((row) => columns.map((column) => [row, column]));
}

test('an episode begins with the cannon below 24 aliens that move to the left', () => {
  const play = playGame(game);
  const aliens = cellsOf([0, 1, 2, 3], [2, 3, 4, 5, 6, 7]);
  expect(play.cells(CANNON)).toEqual([[9, 5]]);
  expect(play.cells(ALIEN)).toEqual(aliens);
  expect(play.cells(ALIEN_LEFT)).toEqual(aliens);
  for (const channel of [ALIEN_RIGHT, BULLET, ALIEN_BULLET]) expect(play.cells(channel)).toEqual([]);
});

describe('the cannon', () => {
  test('moves by a cell and stays on the screen; what is no action of the game does nothing', () => {
    const play = playWith([[0, 0]], { cannon: 1 });
    const columnAfter = (action: number): number => {
      play.step(action);
      return play.cells(CANNON)[0][1];
    };
    expect([left, left, right, up, down, nothing, fire].map(columnAfter)).toEqual([0, 0, 1, 1, 1, 1, 1]);
    play.variable('cannon', [8]);
    expect([right, right].map(columnAfter)).toEqual([9, 9]);
  });

  test('shoots every five steps; bullets rise by a cell a step and leave at the top', () => {
    const play = playWith([[0, 0]], { cannon: 9 });
    const rows = Array.from({ length: 11 }, () => {
      play.step(fire);
      return play.cells(BULLET).map(([row]) => row);
    });
    expect(rows).toEqual([[8], [7], [6], [5], [4], [3, 8], [2, 7], [1, 6], [0, 5], [4], [3, 8]]);
  });

  test('shoots down the lowest alien above it, which takes the bullet', () => {
    const aliens = [
      [1, 5],
      [3, 5],
      [3, 6],
    ] as const;
    const play = playWith(aliens, { cannon: 5 });
    const rewards = [fire, 0, 0, 0, 0, 0, 0].map((action) => play.step(action).reward);
    // The bullet begins in row 9, and comes to row 3 with the sixth step.
    expect(rewards).toEqual([0, 0, 0, 0, 0, 1, 0]);
    expect(play.cells(ALIEN)).toEqual([
      [1, 5],
      [3, 6],
    ]);
    expect(play.cells(BULLET)).toEqual([]);
  });

  test('has its bullet where an alien moves to strike that alien, and miss one that moves away', () => {
    // In this step the bullet flies from (5, 6) to (4, 6), and the aliens one to the right.
    const aliens = [
      [1, 2],
      [4, 5],
      [4, 6],
    ] as const;
    const play = playWith(aliens, { marchCountdown: 0, direction: 1, bullets: [56, -1] });
    expect(play.step().reward).toBe(1);
    expect(play.cells(ALIEN)).toEqual([
      [1, 3],
      [4, 7],
    ]);
    expect(play.cells(BULLET)).toEqual([]);
  });

  test('may strike two aliens in a step', () => {
    const aliens = [
      [0, 0],
      [2, 4],
      [4, 8],
    ] as const;
    expect(playWith(aliens, { bullets: [34, 58] }).step().reward).toBe(2);
  });
});

describe('the aliens', () => {
  test('move sideways until one is at the edge, then turn round and move down instead', () => {
    const aliens = [
      [0, 4],
      [2, 7],
    ] as const;
    const play = playWith(aliens, { marchCountdown: 0, direction: 1 });
    const seen = Array.from({ length: 24 }, () => {
      play.step();
      return play.cells(ALIEN);
    }).filter((_, step) => step % 2 === 0);
    const expected = [
      [0, 5],
      [0, 6],
      [1, 6],
      [1, 5],
      [1, 4],
      [1, 3],
      [1, 2],
      [1, 1],
      [1, 0],
      [2, 0],
      [2, 1],
      [2, 2],
    ].map(([row, column]) => [
      [row, column],
      [row + 2, column + 3],
    ]);
    expect(seen).toEqual(expected);
  });

  test('show in a channel of its own which way they move', () => {
    const play = playWith([[0, 2]], { direction: -1 });
    expect([play.cells(ALIEN_LEFT), play.cells(ALIEN_RIGHT)]).toEqual([[[0, 2]], []]);
    play.variable('direction', [1]);
    expect([play.cells(ALIEN_LEFT), play.cells(ALIEN_RIGHT)]).toEqual([[], [[0, 2]]]);
  });

  test.each([
    { count: 24, marchLimit: 12, interval: 12 },
    { count: 12, marchLimit: 12, interval: 12 },
    { count: 11, marchLimit: 12, interval: 11 },
    { count: 2, marchLimit: 12, interval: 2 },
    { count: 1, marchLimit: 12, interval: 1 },
    { count: 24, marchLimit: 6, interval: 6 },
    { count: 3, marchLimit: 6, interval: 3 },
  ])('$count of them, at a limit of $marchLimit, move every $interval steps', ({ count, marchLimit, interval }) => {
    const aliens = cellsOf([0, 1, 2, 3], [2, 3, 4, 5, 6, 7]).slice(0, count) as [number, number][];
    const play = playWith(aliens, { marchLimit, marchCountdown: 0 });
    const moved: number[] = [];
    for (let step = 1, before = play.cells(ALIEN); step <= 36; step++) {
      play.step();
      const now = play.cells(ALIEN);
      if (JSON.stringify(now) !== JSON.stringify(before)) moved.push(step);
      before = now;
    }
    expect(moved).toEqual(Array.from({ length: Math.ceil(36 / interval) }, (_, k) => interval * k + 1));
  });

  test('move for the first time in step 13 and shoot in step 11', () => {
    const play = playGame(game);
    const first = { move: 0, shot: 0 };
    for (let step = 1; step <= 20; step++) {
      play.step();
      if (first.move === 0 && play.cells(ALIEN)[0][1] === 1) first.move = step;
      if (first.shot === 0 && play.cells(ALIEN_BULLET).length > 0) first.shot = step;
    }
    expect(first).toEqual({ move: 13, shot: 11 });
  });

  test.each([
    [7, [3, 8]],
    [6, [2, 5]],
    [4, [2, 5]],
    [3, [0, 2]],
    [0, [0, 2]],
    [9, [3, 8]],
  ])('shoot: the lowest of the column nearest to a cannon in column %i', (cannon, cell) => {
    const places = [
      [0, 2],
      [0, 5],
      [2, 5],
      [3, 8],
    ] as const;
    const play = playWith(places, { cannon, shotCountdown: 0 });
    play.step();
    expect(play.cells(ALIEN_BULLET)).toEqual([cell]);
    for (let step = 0; step < 9; step++) play.step();
    expect(play.cells(ALIEN_BULLET)).not.toContainEqual(cell);
    if (cannon !== cell[1]) {
      play.step();
      expect(play.cells(ALIEN_BULLET)).toEqual([cell]);
    }
  });

  test('shoot from the left one of two columns as near to the cannon', () => {
    const places = [
      [3, 4],
      [3, 6],
    ] as const;
    const play = playWith(places, { cannon: 5, shotCountdown: 0 });
    play.step();
    expect(play.cells(ALIEN_BULLET)).toEqual([[3, 4]]);
  });
});

describe('an episode ends', () => {
  test('when a bullet comes to where the cannon is', () => {
    const play = playWith([[0, 0]], { cannon: 4, alienBullet: 64 });
    expect(Array.from({ length: 3 }, () => play.step().terminated)).toEqual([false, false, true]);
    expect(play.cells(ALIEN_BULLET)).toEqual([[9, 4]]);
  });

  test('not when the cannon has moved out of the way, nor when it comes to a bullet that leaves', () => {
    const play = playWith([[0, 0]], { cannon: 4, alienBullet: 84 });
    expect(play.step(left).terminated).toBe(false);
    expect(play.cells(ALIEN_BULLET)).toEqual([[9, 4]]);
    expect(play.step(right).terminated).toBe(false);
    expect([play.cells(ALIEN_BULLET), play.cells(CANNON)]).toEqual([[], [[9, 4]]]);
  });

  test('when an alien comes to the cell of the cannon, not to its row', () => {
    const aliens = [
      [0, 0],
      [8, 4],
    ] as const;
    for (const cannon of [4, 5]) {
      const play = playWith(aliens, { cannon, marchCountdown: 0 });
      expect(play.step().terminated).toBe(cannon === 4);
      expect(play.cells(ALIEN)).toEqual([
        [1, 0],
        [9, 4],
      ]);
    }
    expect(playWith([[9, 4]], { cannon: 5 }).step(left).terminated).toBe(true);
  });

  test('when aliens of the bottom row are to move down: they are at the top then', () => {
    const aliens = [
      [2, 3],
      [9, 0],
    ] as const;
    const play = playWith(aliens, { marchCountdown: 0 });
    expect(play.step().terminated).toBe(true);
    expect(play.cells(ALIEN)).toEqual([
      [0, 0],
      [3, 3],
    ]);
  });
});

test.each([
  [12, true, 11],
  [6, true, 6],
  [12, false, 12],
])(
  'the next wave begins when the last alien is shot, all else going on (limit %i, growing %s)',
  (before, ramps, after) => {
    const variables = { cannon: 0, direction: 1, bullets: [79, 71], alienBullet: 48, marchLimit: before };
    const play = playGame(spaceInvaders({ stickyActionProbability: 0, difficultyRamping: ramps }), {
      ...{ aliens: rowsOf([[6, 9]]), numAliens: 1, marchCountdown: 7, shotCountdown: 5 },
      ...variables,
    });
    expect(play.step()).toEqual({ reward: 1, terminated: false });
    expect(play.cells(ALIEN)).toEqual(cellsOf([0, 1, 2, 3], [2, 3, 4, 5, 6, 7]));
    expect(play.cells(ALIEN_RIGHT)).toHaveLength(24);
    expect([play.cells(BULLET), play.cells(ALIEN_BULLET)]).toEqual([[[6, 1]], [[5, 8]]]);
    const names = ['marchLimit', 'marchCountdown', 'shotCountdown', 'numAliens'] as const;
    expect(names.map((name) => play.variable(name)[0])).toEqual([after, 6, 4, 24]);
  },
);

/** Leaves the column of a bullet that comes near, else goes below the nearest alien and shoots. */
function dodgeAndShoot(observations: Float32Array, start: number): number {
  const columnsOf = (channel: number, firstRow: number, lastRow: number): number[] => {
    const columns: number[] = [];
    for (let cell = 10 * firstRow; cell < 10 * (lastRow + 1); cell++) {
      if (observations[start + 6 * cell + channel] === 1) columns.push(cell % 10);
    }
    return columns;
  };
  const [cannon] = columnsOf(CANNON, 9, 9);
  const danger = columnsOf(ALIEN_BULLET, 7, 8);
  if (danger.includes(cannon)) return cannon > 0 ? left : right;
  const distances = columnsOf(ALIEN, 0, 8).map((column) => column - cannon);
  const [nearest] = distances.sort((a, b) => Math.abs(a) - Math.abs(b));
  if (nearest === 0 || danger.includes(cannon + Math.sign(nearest))) return fire;
  return nearest < 0 ? left : right;
}

test('whatever is done: a reward for each alien that is gone, and one direction for all that are left', () => {
  const random = new Random(4);
  let waves = 0;
  for (let episode = 0; episode < 10; episode++) {
    const play = playGame(game, {}, random);
    let before = 24;
    for (let terminated = false; !terminated;) {
      const planned = dodgeAndShoot(play.observation(), 0);
      const result = play.step(random.nextFloat() < 0.1 ? random.integer(6) : planned);
      terminated = result.terminated;
      const aliens = play.cells(ALIEN);
      const now = aliens.length;
      const isNew = now > before;
      if (isNew) waves++;
      expect(result.reward).toBe(isNew ? before : before - now);
      expect(isNew ? now : 24).toBe(24);
      before = now;
      expect(play.variable('direction')[0] < 0 ? play.cells(ALIEN_LEFT) : play.cells(ALIEN_RIGHT)).toEqual(aliens);
      expect(play.cells(ALIEN_LEFT).length + play.cells(ALIEN_RIGHT).length).toBe(now);
      const [cannon, ...others] = play.cells(CANNON);
      expect([cannon[0], others]).toEqual([9, []]);
      expect(play.cells(BULLET).length).toBeLessThanOrEqual(2);
      const bullets = play.cells(ALIEN_BULLET);
      expect(bullets.length).toBeLessThanOrEqual(1);
      const isHit = [...bullets, ...aliens].some(([row, column]) => row === 9 && column === cannon[1]);
      if (isHit) expect(terminated).toBe(true);
      // Or else an alien was in the cannon's cell, or in the bottom row, and has moved on.
      else if (terminated) expect(aliens.some(([row]) => row === 9 || row === 0)).toBe(true);
    }
  }
  expect(waves).toBeGreaterThan(0);
});

test.each([1, 2, 3])(
  'dodging bullets and shooting at the nearest alien scores five times as much as random play (seed %i)',
  (seed) => {
    expect(playEpisodes('MinAtar/SpaceInvaders-v0', seed, dodgeAndShoot, 50).mean).toBeGreaterThan(15);
  },
);
