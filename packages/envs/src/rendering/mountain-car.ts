import type { RenderContext, RenderFormat } from '@gradus/core';
import {
  colors,
  drawAt,
  drawBlock,
  drawDisc,
  drawFlag,
  drawLine,
  drawPicture,
  drawPolygon,
  type Point,
} from './shapes.ts';

/** Size and pace of both mountain cars' pictures: 30 steps a second, as in Gymnasium. */
export const mountainCarFormat: RenderFormat = { width: 600, height: 320, framesPerSecond: 30 };

/** What is in the picture; heights are sin 3x. */
export interface MountainCarScene {
  readonly position: number;
  readonly minPosition: number;
  readonly maxPosition: number;
  readonly goalPosition: number;
}

const WHEEL = 8;
const HILL = '#dcebd8';

/** Draws the valley, the flag at the goal, and the car as steep as the ground. */
export function renderMountainCar(context: RenderContext, scene: MountainCarScene): void {
  const { width, height } = mountainCarFormat;
  const scale = width / (scene.maxPosition - scene.minPosition);
  // A third of the way up and down, so that slopes look as steep as they feel.
  const onGround = (position: number): Point => [
    (position - scene.minPosition) * scale,
    height - 150 - 0.33 * scale * Math.sin(3 * position),
  ];
  const slope = Math.atan(0.33 * 3 * Math.cos(3 * scene.position));
  const ground = Array.from({ length: 101 }, (_, i) =>
    onGround(scene.minPosition + ((scene.maxPosition - scene.minPosition) * i) / 100),
  );
  drawPicture(context, mountainCarFormat, () => {
    drawPolygon(context, [...ground, [width, height], [0, height]], HILL);
    drawLine(context, ground, colors.green, 4);
    drawFlag(context, onGround(scene.goalPosition), 48, colors.red);
    drawAt(context, onGround(scene.position), -slope, () => {
      drawBlock(context, [-24, -WHEEL - 16], [48, 16], 6, colors.blue);
      drawBlock(context, [-13, -WHEEL - 28], [26, 16], 6, colors.blue);
      drawBlock(context, [-8, -WHEEL - 24], [16, 9], 3, colors.paper);
      for (const side of [-1, 1]) {
        drawDisc(context, [side * 14, -WHEEL], WHEEL, colors.ink);
        drawDisc(context, [side * 14, -WHEEL], WHEEL / 3, colors.paper);
      }
    });
  });
}
