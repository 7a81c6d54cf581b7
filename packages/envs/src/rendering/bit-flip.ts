import type { RenderContext, RenderFormat } from '@gradus/core';
import { colors, drawBlock, drawPicture } from './shapes.ts';

const MARGIN = 20;
const ROW = 40;

/** Size and pace of the pictures of n bits. */
export function bitFlipFormat(bits: number): RenderFormat {
  return { width: Math.round(2 * MARGIN + bits * spacing(bits)), height: 2 * MARGIN + 2 * ROW, framesPerSecond: 4 };
}

function spacing(bits: number): number {
  return Math.min(40, 800 / bits);
}

/** Draws the bits that are wanted above those that there are: ones filled, zeros hollow; of the lower ones those that are wrong in orange. */
export function renderBitFlip(context: RenderContext, bits: ArrayLike<number>, goal: ArrayLike<number>): void {
  const step = spacing(bits.length);
  const size = 0.8 * step;
  drawPicture(context, bitFlipFormat(bits.length), () => {
    for (let k = 0; k < bits.length; k++) {
      const x = MARGIN + k * step + 0.1 * step;
      const draw = (row: number, bit: number, color: string): void => {
        const y = MARGIN + row * ROW + (ROW - size) / 2;
        drawBlock(context, [x, y], [size, size], size / 6, color);
        if (bit === 0)
          drawBlock(context, [x + size / 8, y + size / 8], [0.75 * size, 0.75 * size], size / 8, colors.paper);
      };
      draw(0, goal[k], colors.green);
      draw(1, bits[k], bits[k] === goal[k] ? colors.blue : colors.orange);
    }
  });
}
