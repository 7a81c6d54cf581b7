import type { RenderContext } from '@gradus/core';
import { colors, drawBlock, drawCircle, drawDisc, drawFlag, drawLine, drawPolygon } from './shapes.ts';

/** Draws one square of a grid, `size` wide, around the origin. */
export type Tile = (context: RenderContext, size: number) => void;

/** A plain square. */
export function plainTile(color: string): Tile {
  return (context, size) => drawBlock(context, [-size / 2, -size / 2], [size, size], size / 12, color);
}

/** Draws the one tile, then the other. */
function onTop(below: Tile, above: Tile): Tile {
  return (context, size) => {
    below(context, size);
    above(context, size);
  };
}

/** Ice with light on it. */
const iceTile: Tile = onTop(plainTile('#d8eaf4'), (context, size) => {
  const glint = (x: number, y: number, length: number): void => {
    drawLine(
      context,
      [
        [x * size, y * size],
        [(x + length) * size, (y - length) * size],
      ],
      '#f3f9fc',
      size / 24,
    );
  };
  glint(-0.36, 0.02, 0.3);
  glint(-0.3, 0.16, 0.16);
  glint(0.12, 0.36, 0.22);
});

/** Grass. */
const grassTile: Tile = plainTile('#e0ecd6');

/** A hole in the ice. */
const holeTile: Tile = onTop(iceTile, (context, size) => {
  drawDisc(context, [0, 0], 0.36 * size, '#b4d0e0');
  drawDisc(context, [0, 0.02 * size], 0.32 * size, '#2f506e');
});

/** A flag to go to. */
export const flagMark: Tile = (context, size) => {
  context.beginPath();
  context.ellipse(-0.1 * size, 0.32 * size, 0.2 * size, 0.06 * size, 0, 0, 2 * Math.PI);
  context.fillStyle = 'rgba(51, 64, 77, 0.18)';
  context.fill();
  drawFlag(context, [-0.1 * size, 0.32 * size], 0.66 * size, colors.red);
};

/** The circle to begin on. */
const startMark: Tile = (context, size) => drawCircle(context, [0, 0], 0.38 * size, colors.shade, size / 24);

/** A rock face to fall down. */
const cliffTile: Tile = onTop(plainTile('#5b6470'), (context, size) => {
  for (const x of [-0.3, 0, 0.3]) {
    drawLine(
      context,
      [
        [x * size, -0.4 * size],
        [(x - 0.07) * size, 0],
        [(x + 0.03) * size, 0.36 * size],
      ],
      '#7a838f',
      size / 20,
    );
  }
  drawBlock(context, [-size / 2, -size / 2], [size, size / 8], size / 16, '#8fae7e');
});

/** A chest of gold. */
const treasureMark: Tile = (context, size) => {
  drawBlock(context, [-0.32 * size, -0.24 * size], [0.64 * size, 0.5 * size], 0.1 * size, '#9a6536');
  drawBlock(context, [-0.32 * size, -0.04 * size], [0.64 * size, 0.07 * size], 0, colors.yellow);
  drawDisc(context, [0, 0], 0.09 * size, colors.yellow);
};

/** A skull. */
const skullMark: Tile = (context, size) => {
  drawDisc(context, [0, -0.06 * size], 0.28 * size, colors.ink);
  drawBlock(context, [-0.16 * size, 0.08 * size], [0.32 * size, 0.24 * size], 0.06 * size, colors.ink);
  for (const side of [-1, 1]) drawDisc(context, [side * 0.11 * size, -0.05 * size], 0.075 * size, colors.paper);
  drawPolygon(
    context,
    [
      [0, 0.05 * size],
      [-0.04 * size, 0.13 * size],
      [0.04 * size, 0.13 * size],
    ],
    colors.paper,
  );
};

/** The one who acts. */
export const drawAgent: Tile = (context, size) => {
  drawDisc(context, [0, 0], 0.29 * size, colors.white);
  drawDisc(context, [0, 0], 0.26 * size, colors.orange);
  for (const side of [-1, 1]) {
    drawDisc(context, [side * 0.09 * size, -0.05 * size], 0.055 * size, colors.white);
    drawDisc(context, [side * 0.09 * size, -0.045 * size], 0.027 * size, colors.ink);
  }
};

/** FrozenLake's squares by their letters. */
export const frozenLakeTiles: Readonly<Record<string, Tile>> = {
  S: onTop(iceTile, startMark),
  F: iceTile,
  H: holeTile,
  G: onTop(iceTile, flagMark),
};

/** CliffWalking's squares by their letters. */
export const cliffWalkingTiles: Readonly<Record<string, Tile>> = {
  S: onTop(grassTile, startMark),
  '.': grassTile,
  C: cliffTile,
  G: onTop(grassTile, flagMark),
};

/** The lecture grid's squares by their letters. */
export const lectureGridTiles: Readonly<Record<string, Tile>> = {
  '.': plainTile(colors.faint),
  G: onTop(plainTile('#d5e8d9'), flagMark),
};

/** The aliased grid's squares by their letters. */
export const aliasedGridTiles: Readonly<Record<string, Tile>> = {
  '.': plainTile(colors.faint),
  S: onTop(plainTile('#f3d5d1'), skullMark),
  T: onTop(plainTile('#d5e8d9'), treasureMark),
  '#': () => undefined,
};
