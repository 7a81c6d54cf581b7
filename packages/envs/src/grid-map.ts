import { checkArguments, naturalNumber, positiveInteger, type Outcome } from '@gradus/core';

/** A square of a grid, counted from the top left. */
export interface GridPosition {
  readonly row: number;
  readonly column: number;
}

/** The square that state `row · columns + column` stands for. Throws `RangeError` for numbers that are none of a grid. */
export function gridPosition(state: number, columns: number): GridPosition {
  checkArguments('gridPosition', { state, columns }, { state: naturalNumber, columns: positiveInteger });
  return { row: Math.floor(state / columns), column: state % columns };
}

/** The state after a step by (rows, columns) from `state` in a grid of that size: at the edge one stays on it. */
export function gridNeighbor(
  state: number,
  [rowStep, columnStep]: readonly [number, number],
  rows: number,
  columns: number,
): number {
  const { row, column } = gridPosition(state, columns);
  const newRow = Math.min(Math.max(row + rowStep, 0), rows - 1);
  const newColumn = Math.min(Math.max(column + columnStep, 0), columns - 1);
  return newRow * columns + newColumn;
}

/**
 * What becomes of direction `action` (of four, numbered as one turns round) on slippery ground: it succeeds with probability
 * `successRate`, and turns to each side with `sideRate`. `follow` says where a direction leads.
 */
export function slipperyOutcomes(
  action: number,
  successRate: number,
  sideRate: number,
  follow: (direction: number) => Omit<Outcome, 'probability'>,
): Outcome[] {
  return [
    { probability: sideRate, ...follow((action + 3) % 4) },
    { probability: successRate, ...follow(action) },
    { probability: sideRate, ...follow((action + 1) % 4) },
  ];
}
