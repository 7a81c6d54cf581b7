import type { Dynamics } from '@gradus/core';
import { colors } from '../rendering/shapes.ts';
import { SIDE, cellIndex, pixelActions, pixelGame, type PixelGameOptions } from './pixel-game.ts';

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
};

/**
 * Pixel Breakout, by the rules that Young and Tian (2019) describe; numbers that they leave open are this library's own.
 *
 * A paddle one cell wide moves on the bottom row, by a cell to the left or right; a ball breaks the bricks of rows 1–3, reward 1 each.
 * Once all are broken and the ball is below them, there are 30 new ones. The episode terminates when the ball reaches the bottom row.
 *
 * The ball goes along diagonals, a cell every step. It starts in row 3 at the left or right edge, heading down and inward.
 *
 * - Walls and the ceiling reflect it at the screen's edge, half a cell beyond the middle of the outermost cells: a step that would
 *   leave the screen goes along the edge instead.
 * - A brick in the cell ahead is broken and sends the ball back up or down. Where it cannot go there (ceiling, another brick), it goes
 *   on into the cell of the broken one.
 * - Falling from the row above the bottom one, the ball passes the corner where the cell below it and the cell ahead of it meet; a
 *   paddle in either sends it up. In the cell below it is hit on the far side, and the ball goes on to that side. In the cell ahead it is
 *   hit on the near side, and the ball goes straight up once, then to the side that it came from.
 *
 * Steps along an edge and off the paddle's near side change which of the two classes of diagonally connected cells the ball is in,
 * so every brick can be hit.
 *
 * Channels: paddle, ball, trail (where the ball was a step ago), brick. Actions: left (1), right (3); the others do nothing.
 * Random play returns about 0.5 an episode.
 */
export function pixelBreakout(
  options?: PixelGameOptions,
): Dynamics<keyof typeof variables | 'previousAction', Int32Array> {
  return pixelGame(
    {
      channels,
      variables,

      reset(state, i, random) {
        const fromLeft = random.integer(2) === 0;
        state.paddle[i] = PADDLE_START;
        state.ballRow[i] = state.trailRow[i] = BALL_START_ROW;
        state.ballColumn[i] = state.trailColumn[i] = fromLeft ? 0 : SIDE - 1;
        state.rowVelocity[i] = 1;
        state.columnVelocity[i] = fromLeft ? 1 : -1;
        state.bricks[i] = ALL_BRICKS;
      },

      step(state, i, action, outcome) {
        let paddle = state.paddle[i];
        if (action === pixelActions.left && paddle > 0) paddle--;
        if (action === pixelActions.right && paddle < SIDE - 1) paddle++;
        state.paddle[i] = paddle;

        const row = state.ballRow[i];
        const column = state.ballColumn[i];
        let rowVelocity = state.rowVelocity[i];
        let columnVelocity = state.columnVelocity[i];
        let nextRow = row + rowVelocity;
        let nextColumn = column + columnVelocity;
        if (nextRow < 0) {
          nextRow = row;
          rowVelocity = -rowVelocity;
        }
        if (nextColumn < 0 || nextColumn >= SIDE) {
          nextColumn = column;
          columnVelocity = -columnVelocity;
        }

        let bricks = state.bricks[i];
        const ahead = brickAt(nextRow, nextColumn);
        if ((bricks & ahead) !== 0) {
          bricks &= ~ahead;
          outcome.rewards[i] = 1;
          const back = row - rowVelocity;
          if (back >= 0 && (bricks & brickAt(back, nextColumn)) === 0) {
            nextRow = back;
            rowVelocity = -rowVelocity;
          }
        } else if (nextRow === BOTTOM) {
          if (paddle === column || paddle === nextColumn) {
            nextRow = row - 1;
            rowVelocity = -1;
            if (paddle !== column) {
              nextColumn = column;
              columnVelocity = -columnVelocity;
            }
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
        // Not before the ball has left their rows, so that no brick appears where it is.
        state.bricks[i] = bricks === 0 && nextRow > LAST_BRICK_ROW ? ALL_BRICKS : bricks;
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
