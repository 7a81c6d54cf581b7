import type { RenderContext, RenderFormat } from '@gradus/core';
import { colors, drawAt, drawCircle, drawDisc, drawLine, drawPicture, type Point } from './shapes.ts';
import { drawAgent } from './tiles.ts';

/** Size and pace of a random walk's pictures. */
export const randomWalkFormat: RenderFormat = { width: 600, height: 110, framesPerSecond: 4 };

const MARGIN = 40;
const LINE = 55;
/** More states than this are not drawn one by one. */
const MOST_CIRCLES = 25;

/** Draws the states 0 … n + 1 in a row, the two ends filled, and the walker on `state`. */
export function renderRandomWalk(context: RenderContext, state: number, numStates: number): void {
  const { width } = randomWalkFormat;
  const spacing = (width - 2 * MARGIN) / (numStates + 1);
  const at = (position: number): Point => [MARGIN + spacing * position, LINE];
  const radius = Math.min(24, 0.36 * spacing);
  drawPicture(context, randomWalkFormat, () => {
    drawLine(context, [at(0), at(numStates + 1)], colors.shade, 4);
    if (numStates <= MOST_CIRCLES) {
      for (let position = 1; position <= numStates; position++) {
        drawDisc(context, at(position), radius, colors.paper);
        drawCircle(context, at(position), radius, colors.shade, 3);
      }
    }
    for (const end of [0, numStates + 1]) drawDisc(context, at(end), Math.max(radius, 9), colors.ink);
    drawAt(context, at(state), 0, () => drawAgent(context, Math.max(3.2 * radius, 48)));
  });
}
