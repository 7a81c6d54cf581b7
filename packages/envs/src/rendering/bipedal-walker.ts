import type { RenderContext, RenderFormat } from '@gradus/core';
import type { Pose } from './lunar-lander.ts';
import { colors, drawAt, drawFlag, drawLine, drawPicture, drawPolygon, type Point } from './shapes.ts';

/** Size and pace of the walker's pictures: a step is 0.02 s. */
export const bipedalWalkerFormat: RenderFormat = { width: 600, height: 400, framesPerSecond: 50 };

interface Corner {
  readonly x: number;
  readonly y: number;
}

/** What is in the picture, in metres. */
export interface BipedalWalkerScene {
  /** Metres from side to side of the picture. */
  readonly width: number;
  /** From one height to the next, and to the goal. */
  readonly step: number;
  readonly goal: number;
  readonly terrain: {
    readonly heights: readonly number[];
    readonly obstacles: readonly (readonly Corner[])[];
    readonly clouds: readonly (readonly Corner[])[];
  };
  readonly hull: { readonly corners: readonly Corner[]; readonly pose: Pose };
  /** The parts of the legs, the farther leg first. */
  readonly legs: readonly { readonly pose: Pose; readonly width: number; readonly height: number }[];
  /** Ends of the rays, from the hull's origin. */
  readonly rays: readonly Corner[];
}

const SKY = '#dfe9f1';
const GRASS = '#dcebd8';

/** Draws the part of the path around the walker, its rays, and the walker. */
export function renderBipedalWalker(context: RenderContext, scene: BipedalWalkerScene): void {
  const { width, height } = bipedalWalkerFormat;
  const { hull, terrain } = scene;
  const scale = width / scene.width;
  const left = hull.pose.x - scene.width / 5;
  const toPoint = ({ x, y }: Corner): Point => [(x - left) * scale, height - y * scale];
  const around = (corners: readonly Corner[]): Point[] => corners.map(({ x, y }) => [x * scale, -y * scale]);
  const isNear = (x: number): boolean => x > left - 10 && x < left + scene.width + 10;

  drawPicture(context, bipedalWalkerFormat, () => {
    context.fillStyle = SKY;
    context.fillRect(0, 0, width, height);
    // Clouds are far away and pass at half the pace.
    for (const cloud of terrain.clouds) {
      drawPolygon(context, cloud.map(({ x, y }) => toPoint({ x: x + left / 2, y })), colors.white); // prettier-ignore
    }
    const ground = terrain.heights.map((y, i) => ({ x: i * scene.step, y })).filter(({ x }) => isNear(x));
    const line = ground.map(toPoint);
    drawPolygon(context, [...line, [line[line.length - 1][0], height], [line[0][0], height]], GRASS);
    drawLine(context, line, colors.green, 4);
    for (const corners of terrain.obstacles) {
      if (isNear(corners[0].x)) drawPolygon(context, corners.map(toPoint), colors.shade);
    }
    for (const x of [0, scene.goal]) {
      if (isNear(x)) drawFlag(context, toPoint({ x, y: terrain.heights[Math.round(x / scene.step)] }), 48, colors.red);
    }
    const { x, y } = hull.pose;
    for (const ray of scene.rays) {
      drawLine(context, [toPoint(hull.pose), toPoint({ x: x + ray.x, y: y + ray.y })], colors.faint, 1);
    }
    scene.legs.forEach(({ pose, width: wide, height: long }, i) => {
      drawAt(context, toPoint(pose), -pose.angle, () => {
        const bone = around([
          { x: 0, y: (long - wide) / 2 },
          { x: 0, y: (wide - long) / 2 },
        ]);
        drawLine(context, bone, i < 2 ? colors.ink : colors.orange, wide * scale);
      });
    });
    drawAt(context, toPoint(hull.pose), -hull.pose.angle, () =>
      drawPolygon(context, around(hull.corners), colors.blue),
    );
  });
}
