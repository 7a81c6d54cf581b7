import type { RenderContext, RenderFormat } from '@gradus/core';
import { gridPosition, type GridPosition } from '../grid-map.ts';
import { drawTile, gridFormat } from './grid-world.ts';
import { colors, drawBlock, drawDisc, drawLine, drawPicture, type Point } from './shapes.ts';
import { flagMark, plainTile, type Tile } from './tiles.ts';

const GRID = { rows: 5, columns: 5 };

/** Size and pace of Taxi's pictures. */
export const taxiFormat: RenderFormat = gridFormat(GRID);

/** What is in the picture. */
export interface TaxiScene {
  /** The city, as in `taxiMap`. */
  readonly map: readonly string[];
  readonly locations: readonly GridPosition[];
  readonly taxi: GridPosition;
  /** Index of a location, or their number in the taxi. */
  readonly passenger: number;
  /** Index of a location. */
  readonly destination: number;
}

/** Red, green, yellow and blue, light enough to stand on. */
const locationColors = ['#f0b9b1', '#b9dcc0', '#f6e1a8', '#b9cfe6'];

/** Draws the city with its walls and four places, the flag where the passenger wants to go, the passenger and the taxi. */
export function renderTaxi(context: RenderContext, scene: TaxiScene): void {
  const { map, locations, taxi, passenger, destination } = scene;
  const draw = (position: GridPosition, tile: Tile): void => drawTile(context, GRID, position, tile);
  drawPicture(context, taxiFormat, () => {
    for (let square = 0; square < GRID.rows * GRID.columns; square++) {
      draw(gridPosition(square, GRID.columns), plainTile(colors.faint));
    }
    locations.forEach((location, i) => draw(location, plainTile(locationColors[i])));
    map.forEach((line, row) => {
      for (let column = 0; column < GRID.columns - 1; column++) {
        if (line[2 * column + 1] === '|') draw({ row, column }, wall);
      }
    });
    draw(locations[destination], flagMark);
    const isInside = passenger === locations.length;
    if (!isInside) draw(locations[passenger], person);
    draw(taxi, isInside ? fullTaxi : emptyTaxi);
  });
}

/** A wall along the right side. */
const wall: Tile = (context, size) => {
  const x = size / 2 + 1;
  drawLine(
    context,
    [
      [x, -size / 2],
      [x, size / 2],
    ],
    colors.ink,
    size / 14,
  );
};

const person: Tile = (context, size) => {
  drawPerson(context, [0.24 * size, 0.1 * size], 1.25 * size);
};

const emptyTaxi: Tile = (context, size) => {
  drawCar(context, size, colors.white);
};

const fullTaxi: Tile = (context, size) => {
  drawCar(context, size, '#cfe0ef');
  drawDisc(context, [0, -0.1 * size], 0.07 * size, colors.ink);
};

function drawPerson(context: RenderContext, [x, y]: Point, size: number): void {
  drawDisc(context, [x, y - 0.15 * size], 0.09 * size, colors.ink);
  drawBlock(context, [x - 0.09 * size, y - 0.04 * size], [0.18 * size, 0.28 * size], 0.09 * size, colors.ink);
}

function drawCar(context: RenderContext, size: number, glass: string): void {
  drawBlock(context, [-0.24 * size, -0.22 * size], [0.48 * size, 0.3 * size], 0.1 * size, colors.yellow);
  drawBlock(context, [-0.18 * size, -0.17 * size], [0.36 * size, 0.16 * size], 0.05 * size, glass);
  drawBlock(context, [-0.38 * size, -0.02 * size], [0.76 * size, 0.2 * size], 0.08 * size, colors.yellow);
  for (let i = -2; i < 2; i++) {
    drawBlock(context, [(i * 0.12 + 0.03) * size, 0.05 * size], [0.06 * size, 0.06 * size], 0, colors.ink);
  }
  for (const side of [-1, 1]) {
    drawDisc(context, [side * 0.2 * size, 0.18 * size], 0.09 * size, colors.ink);
    drawDisc(context, [side * 0.2 * size, 0.18 * size], 0.035 * size, colors.paper);
  }
}
