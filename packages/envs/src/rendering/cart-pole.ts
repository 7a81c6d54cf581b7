import type { RenderContext, RenderFormat } from '@gradus/core';
import { colors, drawAt, drawBlock, drawDisc, drawLine, drawPicture } from './shapes.ts';

/** Size and pace of CartPole's pictures: a step is 0.02 s. */
export const cartPoleFormat: RenderFormat = { width: 600, height: 300, framesPerSecond: 50 };

/** What is in the picture, in metres and radians. */
export interface CartPoleScene {
  readonly position: number;
  readonly angle: number;
  readonly maxPosition: number;
  readonly poleLength: number;
}

const PIXELS_PER_METRE = 110;
const GROUND = 240;
const CART = { width: 76, height: 40, wheel: 10 };

/** Draws the cart on its track, which ends where the episode does, and the pole. */
export function renderCartPole(context: RenderContext, scene: CartPoleScene): void {
  const { width } = cartPoleFormat;
  const toX = (position: number): number => width / 2 + PIXELS_PER_METRE * position;
  const [left, right] = [toX(-scene.maxPosition), toX(scene.maxPosition)];
  const axle = GROUND - CART.wheel;
  const top = axle - 4 - CART.height;
  drawPicture(context, cartPoleFormat, () => {
    drawLine(
      context,
      [
        [left, GROUND],
        [right, GROUND],
      ],
      colors.shade,
      4,
    );
    for (const end of [left, right])
      drawLine(
        context,
        [
          [end, GROUND - 9],
          [end, GROUND + 9],
        ],
        colors.shade,
        4,
      );
    drawLine(
      context,
      [
        [width / 2, GROUND + 8],
        [width / 2, GROUND + 14],
      ],
      colors.shade,
      4,
    );
    drawAt(context, [toX(scene.position), 0], 0, () => {
      for (const side of [-1, 1]) {
        drawDisc(context, [side * 0.3 * CART.width, axle], CART.wheel, colors.ink);
        drawDisc(context, [side * 0.3 * CART.width, axle], CART.wheel / 3, colors.paper);
      }
      drawBlock(context, [-CART.width / 2, top], [CART.width, CART.height], 8, colors.blue);
      drawAt(context, [0, top + 6], scene.angle, () => {
        drawLine(
          context,
          [
            [0, 0],
            [0, -PIXELS_PER_METRE * scene.poleLength],
          ],
          colors.orange,
          12,
        );
      });
      drawDisc(context, [0, top + 6], 5, colors.paper);
    });
  });
}
