import type { Dynamics } from '@gradus/core';
import { colors } from '../rendering/shapes.ts';
import { SIDE, cellIndex, isOnBoard, minAtarActions, minAtarGame, type MinAtarOptions } from './minatar-game.ts';

/** The channels, in their order. */
const channels = { paddle: colors.blue, ball: colors.ink, trail: colors.shade, brick: colors.orange };
const CHANNELS = 4;
const PADDLE = 0;
const BALL = 1;
const TRAIL = 2;
const BRICK = 3;

const BOTTOM = SIDE - 1;
/** The paddle's column at the start of an episode. */
const PADDLE_START = 4;
/** The ball's row at the start of an episode. */
const BALL_START_ROW = 3;
/** Bricks lie in rows 1–3. Brick 10 · (row − 1) + column is that bit of `bricks`. */
const LAST_BRICK_ROW = 3;
const ALL_BRICKS = 2 ** (LAST_BRICK_ROW * SIDE) - 1;

const variables = {
  /** The paddle's column. */
  paddle: 1,
  ballRow: 1,
  ballColumn: 1,
  /** −1 (up, left) or 1 (down, right), before what the next step meets. */
  rowVelocity: 1,
  columnVelocity: 1,
  /** Where the ball was a step ago. */
  trailRow: 1,
  trailColumn: 1,
  /** A bit for each brick that is there. */
  bricks: 1,
  /** 1 if there was a brick in the cell ahead of the ball in the step before, broken or not. */
  struck: 1,
};

/**
 * MinAtar's Breakout (Young and Tian, 2019).
 *
 * A paddle one cell wide moves on the bottom row, by a cell to the left or right; a ball breaks the bricks of rows 1–3, reward 1 each.
 * The game ends when the ball reaches the bottom row beside the paddle; if all bricks are broken when it comes there, there are 30 new ones.
 *
 * The ball goes along diagonals, a cell every step. It starts in row 3 at the left or right edge, heading down and inward.
 *
 * - A wall turns it round sideways: it goes straight up or down once. So does the ceiling: it goes sideways once.
 * - A brick in the cell ahead is broken, and the ball turns round and stays in its row for a step; unless there was one in the step before,
 *   too: then it flies into this one, which stays.
 * - From the row above the paddle's it goes back up and on sideways if the paddle is below it, and back where it came from if the paddle is in
 *   the cell ahead of it.
 *
 * Channels: paddle, ball, trail (where the ball was a step ago), brick. Minimal actions: nothing, left, right.
 * Random play returns about 0.52 an episode.
 */
export function breakout(options?: MinAtarOptions): Dynamics<keyof typeof variables | 'previousAction', Int32Array> {
  return minAtarGame(
    {
      name: 'breakout',
      channels,
      actions: ['nothing', 'left', 'right'],
      variables,

      reset(state, i, random) {
        const fromLeft = random.integer(2) === 0;
        state.paddle[i] = PADDLE_START;
        state.ballRow[i] = state.trailRow[i] = BALL_START_ROW;
        state.ballColumn[i] = state.trailColumn[i] = fromLeft ? 0 : SIDE - 1;
        state.rowVelocity[i] = 1;
        state.columnVelocity[i] = fromLeft ? 1 : -1;
        state.bricks[i] = ALL_BRICKS;
        state.struck[i] = 0;
      },

      step(state, i, action, outcome) {
        let paddle = state.paddle[i];
        if (action === minAtarActions.left && paddle > 0) paddle--;
        if (action === minAtarActions.right && paddle < SIDE - 1) paddle++;
        state.paddle[i] = paddle;

        const row = state.ballRow[i];
        const column = state.ballColumn[i];
        let rowVelocity = state.rowVelocity[i];
        let columnVelocity = state.columnVelocity[i];
        let nextRow = row + rowVelocity;
        let nextColumn = column + columnVelocity;
        if (!isOnBoard(nextColumn)) {
          nextColumn = column;
          columnVelocity = -columnVelocity;
        }

        let bricks = state.bricks[i];
        const ahead = bricks & brickAt(nextRow, nextColumn);
        if (nextRow < 0) {
          nextRow = 0;
          rowVelocity = -rowVelocity;
        } else if (ahead !== 0) {
          if (state.struck[i] === 0) {
            outcome.rewards[i] = 1;
            bricks &= ~ahead;
            rowVelocity = -rowVelocity;
            nextRow = row;
          }
        } else if (nextRow === BOTTOM) {
          if (bricks === 0) bricks = ALL_BRICKS;
          if (paddle === column || paddle === nextColumn) {
            nextRow = row;
            rowVelocity = -rowVelocity;
            if (paddle !== column) columnVelocity = -columnVelocity;
          } else {
            outcome.terminated[i] = 1;
          }
        }

        state.trailRow[i] = row;
        state.trailColumn[i] = column;
        state.ballRow[i] = nextRow;
        state.ballColumn[i] = nextColumn;
        state.rowVelocity[i] = rowVelocity;
        state.columnVelocity[i] = columnVelocity;
        state.bricks[i] = bricks;
        state.struck[i] = ahead === 0 ? 0 : 1;
      },

      draw(state, i, observations, offset) {
        observations[offset + cellIndex(BOTTOM, state.paddle[i], CHANNELS) + PADDLE] = 1;
        observations[offset + cellIndex(state.ballRow[i], state.ballColumn[i], CHANNELS) + BALL] = 1;
        observations[offset + cellIndex(state.trailRow[i], state.trailColumn[i], CHANNELS) + TRAIL] = 1;
        let k = offset + cellIndex(1, 0, CHANNELS) + BRICK;
        for (let bricks = state.bricks[i] | 0; bricks !== 0; bricks >>= 1) {
          observations[k] = bricks & 1;
          k += CHANNELS;
        }
      },
    },
    options,
  );
}

/** The bit of the brick that may be in a cell; 0 for rows without bricks. */
function brickAt(row: number, column: number): number {
  return row >= 1 && row <= LAST_BRICK_ROW ? 1 << ((row - 1) * SIDE + column) : 0;
}
