import type { RenderContext, RenderFormat } from '@gradus/core';
import { colors, drawAt, drawFlag, drawLine, drawPicture, drawPolygon, type Point } from './shapes.ts';

/** Size and pace of the lander's pictures: a step is 0.02 s. */
export const lunarLanderFormat: RenderFormat = { width: 600, height: 400, framesPerSecond: 50 };

/** Where a body is, in metres (y up) and radians counter-clockwise. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly angle: number;
}

/** What is in the picture, in metres. */
export interface LunarLanderScene {
  /** Metres from side to side. */
  readonly width: number;
  /** Heights of the ground, from side to side. */
  readonly ground: readonly number[];
  readonly padHeight: number;
  /** Corners of the hull around its origin. */
  readonly hull: readonly { readonly x: number; readonly y: number }[];
  readonly leg: { readonly halfWidth: number; readonly halfHeight: number };
  readonly lander: Pose;
  readonly legs: readonly Pose[];
  /** Powers in the last step: of the main engine in [0, 1], of the left (below 0) or right side engine in [−1, 1]. */
  readonly engines: { readonly main: number; readonly side: number };
}

const NIGHT = '#1f2730';

/** Draws the moon, the flags beside the pad, and the lander with its flames. */
export function renderLunarLander(context: RenderContext, scene: LunarLanderScene): void {
  const { width, height } = lunarLanderFormat;
  const scale = width / scene.width;
  const toPoint = (x: number, y: number): Point => [x * scale, height - y * scale];
  const { ground, hull, leg, engines } = scene;
  const cornerX = (i: number): number => (scene.width * i) / (ground.length - 1);
  const middle = (ground.length - 1) / 2;
  const drawBody = ({ x, y, angle }: Pose, draw: () => void): void => drawAt(context, toPoint(x, y), -angle, draw);
  const shape = (corners: readonly (readonly [number, number])[]): Point[] =>
    corners.map(([x, y]) => [x * scale, -y * scale]);

  drawPicture(context, lunarLanderFormat, () => {
    drawPolygon(context, [toPoint(0, 2 * scene.width), [width, 0], [width, height], [0, height]], NIGHT);
    drawPolygon(context, [...ground.map((y, i) => toPoint(cornerX(i), y)), [width, height], [0, height]], colors.shade);
    for (const i of [middle - 1, middle + 1])
      drawFlag(context, toPoint(cornerX(i), scene.padHeight), 40, colors.yellow);
    drawBody(scene.lander, () => {
      if (engines.main > 0) {
        const flame = 0.5 + 0.8 * engines.main;
        drawPolygon(context, shape([[-0.25, -0.33], [0.25, -0.33], [0, -0.33 - flame]]), colors.orange); // prettier-ignore
      }
      if (engines.side !== 0) {
        // The left engine is on the left, and its flame goes further left.
        const side = Math.sign(engines.side);
        const tip = side * (0.55 + 0.6 * Math.abs(engines.side));
        drawPolygon(context, shape([[side * 0.5, 0.55], [side * 0.5, 0.3], [tip, 0.42]]), colors.orange); // prettier-ignore
      }
    });
    const { halfWidth, halfHeight } = leg;
    for (const pose of scene.legs) {
      drawBody(pose, () => {
        const down: Point[] = shape([[0, halfHeight], [0, -halfHeight]]); // prettier-ignore
        drawLine(context, down, colors.paper, 2 * halfWidth * scale);
      });
    }
    drawBody(scene.lander, () => {
      drawPolygon(context, shape(hull.map(({ x, y }) => [x, y] as const)), colors.blue);
    });
  });
}
