import type { RenderContext, RenderFormat } from '@gradus/core';
import { colors, drawCircle, drawDisc, drawLine, drawPicture, type Point } from './shapes.ts';

/** Size and pace of the planar reacher's pictures. */
export const planarReacherFormat: RenderFormat = { width: 400, height: 400, framesPerSecond: 20 };

/** What is in the picture, with y up and the arm's foot at (0, 0). */
export interface PlanarReacherScene {
  readonly joint: Point;
  readonly tip: Point;
  readonly goal: Point;
  readonly tolerance: number;
}

const UNIT = 180;
const LEAST_GOAL = 4;

/** Draws the disc that the tip can reach, the goal as large as the tolerance, and the arm. */
export function renderPlanarReacher(context: RenderContext, { joint, tip, goal, tolerance }: PlanarReacherScene): void {
  const { width, height } = planarReacherFormat;
  const at = ([x, y]: Point): Point => [width / 2 + UNIT * x, height / 2 - UNIT * y];
  drawPicture(context, planarReacherFormat, () => {
    drawCircle(context, at([0, 0]), UNIT, colors.faint, 3);
    drawDisc(context, at(goal), Math.max(LEAST_GOAL, UNIT * tolerance), colors.green);
    drawLine(context, [at([0, 0]), at(joint)], colors.blue, 12);
    drawLine(context, [at(joint), at(tip)], colors.orange, 10);
    for (const point of [at([0, 0]), at(joint)]) {
      drawDisc(context, point, 8, colors.ink);
      drawDisc(context, point, 3, colors.paper);
    }
    drawDisc(context, at(tip), 4, colors.ink);
  });
}
