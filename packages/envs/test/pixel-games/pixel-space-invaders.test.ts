import { Random } from '@gradus/core';
import { pixelActions, pixelSpaceInvaders } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { ALL_ALIENS, alienBit } from '../../src/pixel-games/alien-formation.ts';
import { playEpisodes } from '../support/play-episodes.ts';
import { playGame, type PlayedGame } from '../support/played-game.ts';

const [CANNON, ALIEN, ALIEN_LEFT, ALIEN_RIGHT, BULLET, ALIEN_BULLET] = [0, 1, 2, 3, 4, 5];
const { nothing, left, up, right, down, fire } = pixelActions;
const game = pixelSpaceInvaders({ stickyActionProbability: 0 });
type Name = keyof typeof game.variables;
/** So that what happens at an interval does not. */
const NEVER = -1e6;

/** A game with some of the aliens, which neither move nor shoot unless the variables say so. */
function playWith(
  aliens: readonly (readonly [row: number, column: number])[],
  variables: Partial<Record<Name, number | number[]>> = {},
): PlayedGame<Name> {
  const mask = aliens.reduce((sum, place) => sum + alienBit(...place), 0);
  return playGame(game, { aliens: mask, marchClock: NEVER, shotClock: NEVER, ...variables });
}

/** The rows and columns of a rectangle of cells. */
function cellsOf(rows: readonly number[], columns: readonly number[]): number[][] {
  return rows.flatMap((row) => columns.map((column) => [row, column]));
}

test('an episode begins with the cannon below 24 aliens that move to the right', () => {
  const play = playGame(game);
  const aliens = cellsOf([0, 1, 2, 3], [2, 3, 4, 5, 6, 7]);
  expect(play.cells(CANNON)).toEqual([[9, 5]]);
  expect(play.cells(ALIEN)).toEqual(aliens);
  expect(play.cells(ALIEN_RIGHT)).toEqual(aliens);
  for (const channel of [ALIEN_LEFT, BULLET, ALIEN_BULLET]) expect(play.cells(channel)).toEqual([]);
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
    const play = playWith(
      [
        [1, 3],
        [3, 3],
        [3, 4],
      ],
      { cannon: 5 },
    );
    const rewards = [fire, 0, 0, 0, 0, 0, 0].map((action) => play.step(action).reward);
    // The bullet begins in row 9, and comes to row 3 with the sixth step.
    expect(rewards).toEqual([0, 0, 0, 0, 0, 1, 0]);
    expect(play.cells(ALIEN)).toEqual([
      [1, 5],
      [3, 6],
    ]);
    expect(play.cells(BULLET)).toEqual([]);
  });

  test('has its bullet where an alien moves to strike that alien', () => {
    // In this step the bullet flies from (5, 6) to (4, 6), and the alien moves from (4, 5) there.
    const play = playWith(
      [
        [3, 3],
        [0, 0],
      ],
      { formationRow: 1, marchClock: 100, bullets: [56, -1] },
    );
    expect(play.step().reward).toBe(1);
    expect(play.cells(ALIEN)).toEqual([[1, 3]]);
    expect(play.cells(BULLET)).toEqual([]);
  });
});

describe('the aliens', () => {
  test('move sideways until one is at the edge, then down, and turn round', () => {
    const play = playWith(
      [
        [0, 0],
        [2, 5],
      ],
      { marchClock: 0 },
    );
    const seen = Array.from({ length: 24 }, () => {
      play.step();
      return play.cells(ALIEN);
    }).filter((_, step) => step % 2 === 1);
    const expected = [
      [0, 3],
      [0, 4],
      [1, 4],
      [1, 3],
      [1, 2],
      [1, 1],
      [1, 0],
      [2, 0],
      [2, 1],
      [2, 2],
      [2, 3],
      [2, 4],
    ].map(([row, column]) => [
      [row, column],
      [row + 2, column + 5],
    ]);
    expect(seen).toEqual(expected);
  });

  test('go as far to a side as those that are left have room', () => {
    const play = playWith(
      [
        [1, 2],
        [2, 3],
      ],
      { direction: -1, marchClock: 0 },
    );
    const columns = Array.from({ length: 10 }, () => {
      play.step();
      return play.cells(ALIEN)[0];
    });
    expect(columns[9]).toEqual([2, 0]);
    expect(columns[7]).toEqual([1, 0]);
  });

  test('show in a channel of its own which way they move', () => {
    const play = playWith([[0, 0]], { direction: -1 });
    expect([play.cells(ALIEN_LEFT), play.cells(ALIEN_RIGHT)]).toEqual([[[0, 2]], []]);
    play.variable('direction', [1]);
    expect([play.cells(ALIEN_LEFT), play.cells(ALIEN_RIGHT)]).toEqual([[], [[0, 2]]]);
  });

  test.each([
    { left: 24, wave: 0, interval: 12 },
    { left: 12, wave: 0, interval: 12 },
    { left: 11, wave: 0, interval: 11 },
    { left: 2, wave: 0, interval: 2 },
    { left: 1, wave: 0, interval: 1 },
    { left: 24, wave: 1, interval: 11 },
    { left: 24, wave: 6, interval: 6 },
    { left: 24, wave: 60, interval: 6 },
    { left: 3, wave: 60, interval: 3 },
  ])('$left of them, in wave $wave, move every $interval steps', ({ left: count, wave, interval }) => {
    const play = playGame(game, { aliens: 2 ** count - 1, wave, shotClock: NEVER });
    const moved: number[] = [];
    for (let step = 1, before = play.cells(ALIEN); step <= 36; step++) {
      play.step();
      const now = play.cells(ALIEN);
      if (JSON.stringify(now) !== JSON.stringify(before)) moved.push(step);
      before = now;
    }
    expect(moved).toEqual(Array.from({ length: 36 / interval }, (_, k) => interval * (k + 1)));
  });

  test.each([
    [5, [2, 5]],
    [4, [2, 5]],
    [3, [0, 2]],
    [0, [0, 2]],
    [9, [3, 7]],
    // As near to one as to the other.
    [6, [2, 5]],
  ])('shoot every ten steps: the lowest of the column nearest to a cannon in column %i', (cannon, cell) => {
    const places = [
      [0, 0],
      [0, 3],
      [2, 3],
      [3, 5],
    ] as const;
    const play = playWith(places, { cannon, shotClock: 0 });
    for (let step = 1; step < 10; step++) {
      play.step();
      expect(play.cells(ALIEN_BULLET)).toEqual([]);
    }
    play.step();
    expect(play.cells(ALIEN_BULLET)).toEqual([cell]);
  });
});

describe('an episode ends', () => {
  test('when a bullet comes to where the cannon is', () => {
    const play = playWith([[0, 0]], { cannon: 4, alienBullets: [64] });
    expect(Array.from({ length: 3 }, () => play.step().terminated)).toEqual([false, false, true]);
    expect(play.cells(ALIEN_BULLET)).toEqual([[9, 4]]);
  });

  test('not when the cannon has moved out of the way, nor when it comes to a bullet that leaves', () => {
    const play = playWith([[0, 0]], { cannon: 4, alienBullets: [84] });
    expect(play.step(left).terminated).toBe(false);
    expect(play.cells(ALIEN_BULLET)).toEqual([[9, 4]]);
    expect(play.step(right).terminated).toBe(false);
    expect([play.cells(ALIEN_BULLET), play.cells(CANNON)]).toEqual([[], [[9, 4]]]);
  });

  test('when an alien comes to the row of the cannon', () => {
    const play = playWith(
      [
        [0, 0],
        [2, 5],
      ],
      { formationRow: 6, formationColumn: 4, marchClock: 0 },
    );
    expect([play.step().terminated, play.step().terminated]).toEqual([false, true]);
    expect(play.cells(ALIEN)).toEqual([
      [7, 4],
      [9, 9],
    ]);
  });
});

test('the next wave begins at the top when the last alien is shot, while bullets fly on', () => {
  const play = playWith([[3, 5]], { cannon: 0, formationRow: 3, formationColumn: 4, direction: -1, bullets: [79, 71] });
  play.variable('alienBullets', [48]);
  expect(play.step()).toEqual({ reward: 1, terminated: false });
  expect(play.cells(ALIEN)).toEqual(cellsOf([0, 1, 2, 3], [2, 3, 4, 5, 6, 7]));
  expect(play.cells(ALIEN_RIGHT)).toHaveLength(24);
  expect([play.cells(BULLET), play.cells(ALIEN_BULLET)]).toEqual([[[6, 1]], [[5, 8]]]);
  expect([play.variable('wave'), play.variable('aliens')]).toEqual([[1], [ALL_ALIENS]]);
});

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
      const isHit = bullets.some(([row, column]) => row === 9 && column === cannon[1]);
      expect(terminated).toBe(isHit || aliens.some(([row]) => row === 9));
    }
  }
  expect(waves).toBeGreaterThan(5);
});

test.each([1, 2, 3])('random play shoots about three aliens an episode (seed %i)', (seed) => {
  const random = new Random(seed);
  const mean = playEpisodes('PixelSpaceInvaders-v0', 1000 * seed, () => random.integer(6)).mean;
  expect(mean).toBeGreaterThan(2);
  expect(mean).toBeLessThan(4);
});

test.each([1, 2, 3])('dodging bullets and shooting at the nearest alien clears a wave and more (seed %i)', (seed) => {
  expect(playEpisodes('PixelSpaceInvaders-v0', seed, dodgeAndShoot, 50).mean).toBeGreaterThan(30);
});
