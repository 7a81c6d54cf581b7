import type { Dynamics, RenderContext, RenderFormat } from '@gradus/core';
import { gridPosition, type GridPosition } from '../grid-map.ts';
import { drawAgent, type Tile } from './tiles.ts';
import { drawAt, drawPicture } from './shapes.ts';

const MARGIN = 16;
const GAP = 2;

/** How many squares a grid has. */
export interface GridSize {
  readonly rows: number;
  readonly columns: number;
}

/** Size and pace of a grid's pictures: 4 steps a second, as in Gymnasium. */
export function gridFormat(grid: GridSize): RenderFormat {
  const size = tileSize(grid);
  return { width: grid.columns * size + 2 * MARGIN, height: grid.rows * size + 2 * MARGIN, framesPerSecond: 4 };
}

/** Draws a tile on a square of a grid. */
export function drawTile(context: RenderContext, grid: GridSize, { row, column }: GridPosition, tile: Tile): void {
  const size = tileSize(grid);
  drawAt(context, [MARGIN + (column + 0.5) * size, MARGIN + (row + 0.5) * size], 0, () => tile(context, size - GAP));
}

/**
 * The pictures of dynamics whose variable `state` says on which square of `map` the agent is: the rows of the map with a tile for each
 * of its letters. `squares`: the square, row · columns + column, of each state; by default its own number.
 */
export function gridRendering(
  map: readonly string[],
  tiles: Readonly<Record<string, Tile>>,
  squares?: readonly number[],
): Required<Pick<Dynamics<'state'>, 'renderFormat' | 'render'>> {
  const grid = { rows: map.length, columns: map[0].length };
  const renderFormat = gridFormat(grid);
  return {
    renderFormat,
    render({ state }, index, context) {
      const square = squares ? squares[state[index]] : state[index];
      drawPicture(context, renderFormat, () => {
        Array.from(map.join(''), (letter, i) => {
          drawTile(context, grid, gridPosition(i, grid.columns), tiles[letter]);
        });
        drawTile(context, grid, gridPosition(square, grid.columns), drawAgent);
      });
    },
  };
}

function tileSize({ rows, columns }: GridSize): number {
  return Math.min(96, Math.floor(576 / Math.max(rows, columns)));
}
