import type { RenderContext, RenderFormat } from '@gradus/core';
import { colors, drawDisc, drawLine, drawPicture, type Point } from './shapes.ts';

/** Size of MuJoCo's pictures. Their pace is that of the environment. */
export const mujocoFormat: Omit<RenderFormat, 'framesPerSecond'> = { width: 480, height: 320 };

/** What is in the picture: of each shape its kind, size, and where it is, as MuJoCo has them. */
export interface MujocoScene {
  /** From the side, or from above. */
  readonly view: 'side' | 'top';
  /** `mjtGeom`. */
  readonly types: ArrayLike<number>;
  /** Three numbers each: radius, and half the length of a capsule. */
  readonly sizes: ArrayLike<number>;
  /** x, y, z each. */
  readonly positions: ArrayLike<number>;
  /** Nine numbers each: the axes of a shape as columns. */
  readonly rotations: ArrayLike<number>;
}

const SPHERE = 2;
const CAPSULE = 3;
/** Metres of the picture's width. */
const WIDTH = { side: 6, top: 6 };
const bodyColors = [colors.blue, colors.orange, colors.green, colors.yellow];

/** Draws the ground, marked at every metre, and the shapes, which the picture follows; those of less than a centimetre as dots. */
export function renderMujoco(context: RenderContext, scene: MujocoScene): void {
  const { width, height } = mujocoFormat;
  const { types, sizes, positions, rotations, view } = scene;
  const shapes = Array.from({ length: types.length }, (_, i) => i).filter(
    (i) => types[i] === SPHERE || types[i] === CAPSULE,
  );
  const reach = Math.max(...shapes.map((i) => sizes[3 * i]));
  // An arm of 20 cm is drawn as large as an ant.
  const scale = (reach < 0.02 ? 9 : 1) * (width / WIDTH[view]);
  const second = view === 'side' ? 2 : 1;
  const middle = shapes.reduce((sum, i) => sum + positions[3 * i], 0) / shapes.length;
  const middleUp = view === 'top' ? shapes.reduce((sum, i) => sum + positions[3 * i + 1], 0) / shapes.length : 1;
  const toPoint = (x: number, y: number): Point => [
    width / 2 + (x - middle) * scale,
    (view === 'side' ? 0.6 : 0.5) * height - (y - middleUp) * scale,
  ];
  drawPicture(context, { width, height }, () => {
    for (let metre = Math.floor(middle) - 4; metre <= middle + 4; metre++) {
      const [x, y] = toPoint(metre, 0);
      const mark: Point[] = view === 'side' ? [[x, y], [x, y + 12]] : [[x, 0], [x, height]]; // prettier-ignore
      drawLine(context, mark, colors.faint, 2);
    }
    if (view === 'side') {
      const ground = toPoint(0, 0)[1];
      drawLine(context, [[0, ground], [width, ground]], colors.shade, 3); // prettier-ignore
    }
    shapes.forEach((i, index) => {
      const [x, y] = [positions[3 * i], positions[3 * i + second]];
      const color = bodyColors[index % bodyColors.length];
      const radius = sizes[3 * i];
      if (types[i] === SPHERE) {
        drawDisc(context, toPoint(x, y), radius * scale, color);
        return;
      }
      const half = sizes[3 * i + 1];
      const [dx, dy] = [rotations[9 * i + 2] * half, rotations[9 * i + 3 * second + 2] * half];
      drawLine(context, [toPoint(x - dx, y - dy), toPoint(x + dx, y + dy)], color, 2 * radius * scale);
    });
  });
}
