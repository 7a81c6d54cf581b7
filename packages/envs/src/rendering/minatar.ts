import type { RenderContext, RenderFormat } from '@gradus/core';
import { drawBlock, drawPicture } from './shapes.ts';

/** Rows, and columns, of MinAtar. */
const SIDE = 10;
const MARGIN = 16;
const CELL = 36;
const GAP = 2;

/** Size and pace of MinAtar's pictures. */
export const minAtarFormat: RenderFormat = {
  width: SIDE * CELL + 2 * MARGIN,
  height: SIDE * CELL + 2 * MARGIN,
  framesPerSecond: 10,
};

const EMPTY = '#efece3';

/**
 * Draws an observation of MinAtar, [10 × 10 × channels] of zeros and ones, a square for each cell. `colors`: one for each
 * channel; where several are 1, the first of them is seen.
 */
export function renderMinAtar(context: RenderContext, observation: Float32Array, colors: readonly string[]): void {
  drawPicture(context, minAtarFormat, () => {
    for (let cell = 0; cell < SIDE * SIDE; cell++) {
      const start = cell * colors.length;
      const channel = observation.subarray(start, start + colors.length).indexOf(1);
      const x = MARGIN + CELL * (cell % SIDE);
      const y = MARGIN + CELL * Math.floor(cell / SIDE);
      const size = CELL - GAP;
      drawBlock(context, [x + GAP / 2, y + GAP / 2], [size, size], 3, channel < 0 ? EMPTY : colors[channel]);
    }
  });
}
