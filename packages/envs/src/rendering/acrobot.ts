import type { RenderContext, RenderFormat } from '@gradus/core';
import { colors, drawDisc, drawLine, drawPicture, type Point } from './shapes.ts';

/** Size and pace of Acrobot's pictures: 15 steps a second, as in Gymnasium; a step is 0.2 s. */
export const acrobotFormat: RenderFormat = { width: 400, height: 400, framesPerSecond: 15 };

/** What is in the picture: the first link's angle from hanging, the second one's from the first, in radians. */
export interface AcrobotScene {
  readonly angle1: number;
  readonly angle2: number;
}

const LINK = 88;

/** Draws both links, the hinge, and the line to reach, one link's length above it. */
export function renderAcrobot(context: RenderContext, { angle1, angle2 }: AcrobotScene): void {
  const { width, height } = acrobotFormat;
  const hinge: Point = [width / 2, height / 2];
  const joint = linkEnd(hinge, angle1);
  const tip = linkEnd(joint, angle1 + angle2);
  drawPicture(context, acrobotFormat, () => {
    const goal = hinge[1] - LINK;
    drawLine(
      context,
      [
        [30, goal],
        [width - 30, goal],
      ],
      colors.green,
      3,
    );
    drawLine(context, [hinge, joint], colors.blue, 18);
    drawLine(context, [joint, tip], colors.orange, 18);
    for (const point of [hinge, joint]) {
      drawDisc(context, point, 12, colors.ink);
      drawDisc(context, point, 5, colors.paper);
    }
  });
}

function linkEnd([x, y]: Point, angle: number): Point {
  return [x + LINK * Math.sin(angle), y + LINK * Math.cos(angle)];
}
