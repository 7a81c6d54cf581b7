import { sizeOf, type Shape } from '../../src/index.ts';

/** Values of a tensor in row-major order, in double precision. */
export type Values = Float64Array;

/** Every index of a shape in row-major order. */
export function indicesOf(shape: Shape): number[][] {
  return Array.from({ length: sizeOf(shape) }, (_, flat) => indexAt(flat, shape));
}

function indexAt(flat: number, shape: Shape): number[] {
  const index = new Array<number>(shape.length);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = flat % shape[axis];
    flat = Math.floor(flat / shape[axis]);
  }
  return index;
}

/** Position of an index in row-major order. */
export function positionOf(index: readonly number[], shape: Shape): number {
  return index.reduce((position, i, axis) => position * shape[axis] + i, 0);
}
