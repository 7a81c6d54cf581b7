import type { RenderContext, RenderFormat } from '@gradus/core';
import { colors, drawAt, drawCircle, drawDisc, drawLine, drawPicture, drawPolygon } from './shapes.ts';

/** Size and pace of the pendulum's pictures: a step is 0.05 s. */
export const pendulumFormat: RenderFormat = { width: 400, height: 400, framesPerSecond: 20 };

const ROD = 130;

/** Draws the pendulum at `angle`, in radians counter-clockwise from upright, and a mark where it should be. */
export function renderPendulum(context: RenderContext, angle: number): void {
  const { width, height } = pendulumFormat;
  drawPicture(context, pendulumFormat, () => {
    drawAt(context, [width / 2, height / 2], 0, () => {
      drawCircle(context, [0, 0], ROD, colors.faint, 3);
      drawPolygon(
        context,
        [
          [0, -ROD - 22],
          [-9, -ROD - 38],
          [9, -ROD - 38],
        ],
        colors.green,
      );
      drawAt(context, [0, 0], -angle, () => {
        drawLine(
          context,
          [
            [0, 0],
            [0, -ROD],
          ],
          colors.blue,
          14,
        );
        drawDisc(context, [0, -ROD], 22, colors.orange);
      });
      drawDisc(context, [0, 0], 12, colors.ink);
      drawDisc(context, [0, 0], 5, colors.paper);
    });
  });
}
