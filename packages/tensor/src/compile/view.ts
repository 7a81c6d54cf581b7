import type { Shape } from '../shape.ts';
import type { Tensor } from '../tensor.ts';

/** A way of reading a buffer: element `index` is at `offset + Σ index[d] · strides[d]` of what `base` computes. */
export interface View {
  readonly base: Tensor;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Row-major strides of a shape. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

/** Whether elements read in row-major order lie one after another. */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 1) continue;
    if (strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/** Strides that read `to` from elements laid out as `from` with `strides`; undefined when only a copy can. */
export function reshapeStrides(from: Shape, strides: readonly number[], to: Shape): number[] | undefined {
  // Axes of size 1 carry no information; the others are matched in groups with equal numbers of elements.
  const oldAxes = from.map((_, axis) => axis).filter((axis) => from[axis] !== 1);
  const newAxes = to.map((_, axis) => axis).filter((axis) => to[axis] !== 1);
  const result = new Array<number>(to.length).fill(0);
  let oldStart = 0;
  let newStart = 0;
  while (newStart < newAxes.length) {
    let oldEnd = oldStart + 1;
    let newEnd = newStart + 1;
    let oldSize = from[oldAxes[oldStart]];
    let newSize = to[newAxes[newStart]];
    while (oldSize !== newSize) {
      if (oldSize < newSize) oldSize *= from[oldAxes[oldEnd++]];
      else newSize *= to[newAxes[newEnd++]];
    }
    for (let i = oldStart; i + 1 < oldEnd; i++) {
      if (strides[oldAxes[i]] !== strides[oldAxes[i + 1]] * from[oldAxes[i + 1]]) return undefined;
    }
    let stride = strides[oldAxes[oldEnd - 1]];
    for (let i = newEnd - 1; i >= newStart; i--) {
      result[newAxes[i]] = stride;
      stride *= to[newAxes[i]];
    }
    oldStart = oldEnd;
    newStart = newEnd;
  }
  return result;
}
