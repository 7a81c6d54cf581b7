import { Random } from '@gradus/core';
import { breakout, minAtarActions } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { playEpisodes } from '../support/play-episodes.ts';
import { playGame, type PlayedGame } from '../support/played-game.ts';

const [PADDLE, BALL, TRAIL, BRICK] = [0, 1, 2, 3];
const { nothing, left, right } = minAtarActions;
const game = breakout({ stickyActionProbability: 0 });

type Variable = keyof typeof game.variables;
type Ball = Readonly<Partial<Record<'row' | 'column' | 'down' | 'toRight', number>>>;

const brick = (row: number, column: number): number => 1 << (10 * (row - 1) + column);
/** A brick out of the way, without which there would be thirty new ones. */
const FAR = brick(3, 9);

/** A game whose ball is at (row, column) and moves by (down, toRight). */
function playWith(
  { row = 5, column = 4, down = 1, toRight = 1 }: Ball,
  { paddle = 4, bricks = FAR }: { paddle?: number; bricks?: number } = {},
): PlayedGame<Variable> {
  const ball = { ballRow: row, trailRow: row, ballColumn: column, trailColumn: column };
  return playGame(game, { ...ball, rowVelocity: down, columnVelocity: toRight, paddle, bricks });
}

/** Where the ball is after each of `steps` steps. */
function path(play: PlayedGame<Variable>, steps: number): number[][] {
  return Array.from({ length: steps }, () => {
    play.step(nothing);
    return play.cells(BALL)[0];
  });
}

test('an episode begins with three rows of bricks, the paddle in the middle, and the ball at an edge of row 3', () => {
  const starts = Array.from({ length: 40 }, (_, seed) => {
    const play = playGame(game, {}, new Random(seed));
    expect(play.cells(PADDLE)).toEqual([[9, 4]]);
    expect(play.cells(TRAIL)).toEqual(play.cells(BALL));
    expect(play.cells(BRICK)).toEqual(
      [1, 2, 3].flatMap((row) => Array.from({ length: 10 }, (_, column) => [row, column])),
    );
    return JSON.stringify([play.cells(BALL)[0], ...path(play, 2)]);
  });
  expect(new Set(starts)).toEqual(new Set(['[[3,0],[4,1],[5,2]]', '[[3,9],[4,8],[5,7]]']));
});

describe('the paddle', () => {
  test.each([
    ['left', [3, 2, 1, 0, 0]],
    ['right', [5, 6, 7, 8, 9, 9]],
    ['nothing', [4]],
    ['up', [4]],
    ['down', [4]],
    ['fire', [4]],
  ] as const)('%s', (action, columns) => {
    const play = playWith({});
    const seen = columns.map(() => {
      play.variable('ballRow', [5]);
      play.step(minAtarActions[action]);
      return play.cells(PADDLE);
    });
    expect(seen).toEqual(columns.map((column) => [[9, column]]));
  });
});

describe('the ball', () => {
  test('goes along a diagonal, its trail behind it', () => {
    const play = playWith({ row: 5, column: 2 });
    play.step(nothing);
    expect([play.cells(BALL), play.cells(TRAIL)]).toEqual([[[6, 3]], [[5, 2]]]);
  });

  test.each([
    ['the left wall', { row: 7, column: 1, down: -1, toRight: -1 }, '[[6,0],[5,0],[4,1]]'],
    ['the right wall', { row: 4, column: 8, down: 1, toRight: 1 }, '[[5,9],[6,9],[7,8]]'],
    ['the ceiling', { row: 0, column: 4, down: -1, toRight: 1 }, '[[0,5],[1,6],[2,7]]'],
    ['the ceiling, coming from below', { row: 1, column: 4, down: -1, toRight: 1 }, '[[0,5],[0,6],[1,7]]'],
    ['a corner of the board', { row: 1, column: 8, down: -1, toRight: 1 }, '[[0,9],[0,9],[1,8]]'],
  ])('is reflected by %s', (_, ball, expected) => {
    expect(JSON.stringify(path(playWith(ball), 3))).toBe(expected);
  });

  test.each([
    ['below it: goes on to the right', { column: 4, toRight: 1 }, 4, '[[8,5],[7,6]]'],
    ['below it: goes on to the left', { column: 4, toRight: -1 }, 4, '[[8,3],[7,2]]'],
    ['ahead of it: goes back to the left', { column: 4, toRight: 1 }, 5, '[[8,5],[7,4]]'],
    ['ahead of it: goes back to the right', { column: 4, toRight: -1 }, 3, '[[8,3],[7,4]]'],
    ['below it at the wall', { column: 9, toRight: 1 }, 9, '[[8,9],[7,8]]'],
    ['ahead of it where it comes from the wall', { column: 0, toRight: 1 }, 1, '[[8,1],[7,0]]'],
  ])('meets a paddle %s', (_, ball, paddle, expected) => {
    expect(JSON.stringify(path(playWith({ row: 8, ...ball }, { paddle }), 2))).toBe(expected);
  });

  test.each([
    ['behind it', { column: 4, toRight: 1 }, 3],
    ['two cells ahead', { column: 4, toRight: 1 }, 6],
    ['beside it at the wall', { column: 9, toRight: 1 }, 8],
  ])('passes a paddle %s, which ends the episode', (_, ball, paddle) => {
    const play = playWith({ row: 8, ...ball }, { paddle });
    expect(play.step(nothing)).toEqual({ reward: 0, terminated: true });
    expect(play.cells(BALL)[0][0]).toBe(9);
  });

  test('comes when the paddle has moved', () => {
    const play = playWith({ row: 8, column: 4, toRight: 1 }, { paddle: 6 });
    expect(play.step(left)).toEqual({ reward: 0, terminated: false });
    expect(play.cells(BALL)).toEqual([[8, 5]]);
  });
});

describe('a brick', () => {
  test('ahead is broken for a reward of 1, and the ball turns round in its row', () => {
    const play = playWith({ row: 4, column: 4, down: -1 }, { bricks: brick(3, 5) | brick(3, 4) });
    expect(play.step(nothing)).toEqual({ reward: 1, terminated: false });
    expect(play.cells(BRICK)).toEqual([[3, 4]]);
    expect([play.cells(BALL), ...path(play, 1)]).toEqual([[[4, 5]], [5, 6]]);
  });

  test('at the wall is hit straight above', () => {
    const play = playWith({ row: 4, column: 0, down: -1, toRight: -1 }, { bricks: brick(3, 0) | FAR });
    expect(play.step(nothing).reward).toBe(1);
    expect([play.cells(BALL), ...path(play, 1)]).toEqual([[[4, 0]], [5, 1]]);
  });

  test('is hit from above as well', () => {
    const play = playWith({ row: 1, column: 3, toRight: -1 }, { bricks: brick(2, 2) | FAR });
    expect(play.step(nothing).reward).toBe(1);
    expect([play.cells(BALL), ...path(play, 2)]).toEqual([[[1, 2]], [0, 1], [0, 0]]);
  });

  test('in the step after one was met stays, and the ball flies into it', () => {
    const bricks = brick(3, 5) | brick(2, 6) | brick(3, 7) | FAR;
    const play = playWith({ row: 2, column: 4, down: 1 }, { bricks });
    // The ball breaks one below, flies into the next above and through all that follow without a free cell.
    expect(play.step(nothing)).toEqual({ reward: 1, terminated: false });
    expect(play.cells(BALL)).toEqual([[2, 5]]);
    play.variable('bricks', [bricks | brick(1, 6) | brick(1, 5)]);
    expect(play.step(nothing)).toEqual({ reward: 0, terminated: false });
    expect([play.cells(BALL), play.variable('struck')]).toEqual([[[1, 6]], [1]]);
    expect(play.cells(BRICK)).toContainEqual([1, 6]);
    play.step(nothing);
    expect([play.cells(BALL), play.variable('struck')]).toEqual([[[0, 7]], [0]]);
  });

  test('that was the last is followed by thirty new ones when the ball comes to the bottom, missed or not', () => {
    const last = playWith({ row: 4, column: 4, down: -1 }, { bricks: brick(3, 5) });
    expect(last.step(nothing).reward).toBe(1);
    expect(last.cells(BRICK)).toEqual([]);
    for (const [paddle, terminated] of [
      [4, false],
      [0, true],
    ] as const) {
      const bottom = playWith({ row: 7 }, { bricks: 0, paddle: paddle === 4 ? 5 : 0 });
      expect(bottom.step(nothing)).toEqual({ reward: 0, terminated: false });
      expect(bottom.cells(BRICK)).toEqual([]);
      expect(bottom.step(nothing)).toEqual({ reward: 0, terminated });
      expect(bottom.cells(BRICK).length).toBe(30);
    }
  });
});

/** Goes to where the ball will come down, as far as walls decide. */
function awaitBall(observations: Float32Array, start: number): number {
  const find = (channel: number): [row: number, column: number] => {
    let cell = 0;
    while (observations[start + 4 * cell + channel] === 0) cell++;
    return [Math.floor(cell / 10), cell % 10];
  };
  const [, paddle] = find(PADDLE);
  const [row, column] = find(BALL);
  const [trailRow, trailColumn] = find(TRAIL);
  let velocity = column - trailColumn || (column === 0 ? 1 : -1);
  let landing = column;
  // Rising, it will turn around below the bricks.
  for (let steps = row < trailRow ? row : 8 - row; steps > 0; steps--) {
    if (landing + velocity >= 0 && landing + velocity <= 9) landing += velocity;
    else velocity = -velocity;
  }
  return landing < paddle ? left : landing > paddle ? right : nothing;
}

test('whatever is done: one ball and one paddle, a reward for each brick, an end with the ball in the bottom row', () => {
  const random = new Random(4);
  let refills = 0;
  for (let episode = 0; episode < 60; episode++) {
    const play = playGame(game, {}, random);
    let bricks = play.cells(BRICK).length;
    for (let steps = 0, terminated = false; !terminated && steps < 500; steps++) {
      const [before] = play.cells(BALL);
      // Sometimes anything, or else rallies may go in circles.
      const rally = awaitBall(play.observation(), 0);
      const result = play.step(random.nextFloat() < 0.05 ? random.integer(6) : rally);
      terminated = result.terminated;
      const cells = play.cells(BRICK);
      const [ball, ...others] = play.cells(BALL);
      expect(others).toEqual([]);
      expect(play.cells(PADDLE).length).toBe(1);
      expect(play.cells(TRAIL)).toEqual([before]);
      expect(Math.max(Math.abs(ball[0] - before[0]), Math.abs(ball[1] - before[1]))).toBeLessThanOrEqual(1);
      expect(terminated).toBe(ball[0] === 9);
      const refilled = cells.length > bricks;
      if (refilled) refills++;
      expect(cells.length).toBe(refilled ? 30 : bricks - result.reward);
      expect([0, 1]).toContain(result.reward);
      bricks = cells.length;
    }
  }
  expect(refills).toBeGreaterThan(0);
});

test.each([1, 2, 3])('going to where the ball comes down breaks more than ten (seed %i)', (seed) => {
  expect(playEpisodes('MinAtar/Breakout-v0', seed, awaitBall).mean).toBeGreaterThan(10);
});
