import { definePrimitive } from '../primitive.ts';
import { checkShape, sameShape, shapeText, sizeOf, type Shape } from '../shape.ts';
import { currentTrace, type Tensor, type TensorLike } from '../tensor.ts';
import { anyValue, checkArguments, valueText } from '../check-options.ts';
import { zerosOf } from '../dtype.ts';
import { asTensor, constant } from './constant.ts';
import { cast } from './cast.ts';
import { equal } from './map.ts';
import { OP_COPY, OP_GATHER, OP_SCATTER_ADD, OP_SLICE_AT, OP_UPDATE_AT } from './opcodes.ts';
import { expandDims, reshape, resolveAxis } from './shape.ts';
import { full } from './broadcast.ts';

function intIndex(operation: string, index: TensorLike): Tensor {
  const tensor = asTensor(index, 'int32', operation);
  if (tensor.dtype !== 'int32') throw new TypeError(`${operation}: expected an int32 index, got ${tensor.dtype}`);
  return tensor;
}

/**
 * Rows of a table by number: table [rows, …width], index […n] → […n, …width]. `run` throws a RangeError for an index outside.
 */
export function embedding(table: TensorLike, index: TensorLike): Tensor {
  const rows = asTensor(table, 'float32', 'embedding');
  const numbers = intIndex('embedding', index);
  if (rows.shape.length === 0) throw new RangeError('embedding: expected a table with at least one axis, got a scalar');
  return currentTrace().node('gatherRows', [rows, numbers], [...numbers.shape, ...rows.shape.slice(1)], rows.dtype);
}

definePrimitive('gatherRows', {
  kind: 'kernel',
  gradient: (node, gradient) => [scatterAdd(gradient, node.inputs[1], node.inputs[0].shape), undefined],
  lower: (node, emit) => {
    const [table, index] = node.inputs;
    const width = sizeOf(table.shape.slice(1));
    emit(OP_GATHER, table.shape[0], width, sizeOf(index.shape), 0, table, index, node);
  },
});

/**
 * Zeros of `shape`, to whose rows `index` the rows of `updates` are added, in order: the transpose of {@link embedding}.
 * updates […n, …width], index […n], shape [rows, …width].
 */
export function scatterAdd(updates: TensorLike, index: TensorLike, shape: Shape): Tensor {
  const rows = cast(updates, 'float32', 'scatterAdd');
  const numbers = intIndex('scatterAdd', index);
  checkShape('scatterAdd', shape);
  if (shape.length === 0) throw new RangeError('scatterAdd: expected a result with at least one axis, got a scalar');
  if (rows.shape.join() !== [...numbers.shape, ...shape.slice(1)].join()) {
    throw new RangeError(
      `scatterAdd: updates ${shapeText(rows.shape)} do not fit index ${shapeText(numbers.shape)} and result ${shapeText(shape)}`,
    );
  }
  return currentTrace().node('scatterAdd', [rows, numbers], [...shape], 'float32');
}

definePrimitive('scatterAdd', {
  kind: 'kernel',
  gradient: (node, gradient) => [embedding(gradient, node.inputs[1]), undefined],
  lower: (node, emit) => {
    const [updates, index] = node.inputs;
    emit(OP_SCATTER_ADD, node.shape[0], sizeOf(node.shape.slice(1)), sizeOf(index.shape), 0, updates, index, node);
  },
});

/**
 * One element of each row along the last axis: x […n, k], index […n] → […n], such as Q(s, a) from Q(s, ·).
 * `run` throws a RangeError for an index outside [0, k).
 */
export function gather(x: TensorLike, index: TensorLike): Tensor {
  const tensor = asTensor(x, 'float32', 'gather');
  const numbers = intIndex('gather', index);
  if (tensor.shape.length === 0 || !sameShape(tensor.shape.slice(0, -1), numbers.shape)) {
    throw new RangeError(
      `gather: index ${shapeText(numbers.shape)} does not name one element of each row of ${shapeText(tensor.shape)}`,
    );
  }
  return currentTrace().node('gatherEach', [tensor, numbers], numbers.shape, tensor.dtype);
}

/** Zeros […n, k] but for one element of each row, updates […n]: the transpose of {@link gather}. */
function scatterEach(updates: Tensor, index: Tensor, shape: Shape): Tensor {
  return currentTrace().node('scatterEach', [updates, index], shape, 'float32');
}

definePrimitive('gatherEach', {
  kind: 'kernel',
  gradient: (node, gradient) => [scatterEach(gradient, node.inputs[1], node.inputs[0].shape), undefined],
  lower: (node, emit) => {
    const [x, index] = node.inputs;
    const width = x.shape[x.shape.length - 1];
    emit(OP_GATHER, width, 1, sizeOf(index.shape), width, x, index, node);
  },
});

definePrimitive('scatterEach', {
  kind: 'kernel',
  gradient: (node, gradient) => [gather(gradient, node.inputs[1]), undefined],
  lower: (node, emit) => {
    const [updates, index] = node.inputs;
    const width = node.shape[node.shape.length - 1];
    emit(OP_SCATTER_ADD, width, 1, sizeOf(index.shape), width, updates, index, node);
  },
});

/** 0, 1, …, n − 1 as int32. */
export function range(n: number): Tensor {
  checkShape('range', [n]);
  const data = zerosOf('int32', n, `range of ${n}`);
  for (let i = 0; i < n; i++) data[i] = i;
  return constant([n], data, 'int32');
}

/** index […n] → […n, depth]: 1 at the index, else 0; all 0 for an index outside. */
export function oneHot(index: TensorLike, depth: number): Tensor {
  const numbers = intIndex('oneHot', index);
  checkShape('oneHot', [...numbers.shape, depth]);
  return cast(equal(expandDims(numbers, -1), range(depth)), 'float32');
}

/** [outer, size, inner] of a tensor around one axis. */
function around(shape: Shape, axis: number): [outer: number, size: number, inner: number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis], sizeOf(shape.slice(axis + 1))];
}

/**
 * `size` elements along `axis` (default 0) that begin at an index known only when the program runs (an int32 scalar).
 * `run` throws a RangeError when they are not all inside.
 */
export function sliceAt(
  x: TensorLike,
  index: TensorLike,
  options: { readonly size: number; readonly axis?: number },
): Tensor {
  checkArguments('sliceAt', options, { size: anyValue, axis: anyValue });
  const tensor = asTensor(x, 'float32', 'sliceAt');
  const axis = resolveAxis('sliceAt', options.axis ?? 0, tensor.shape.length);
  if (!Number.isSafeInteger(options.size) || options.size < 1 || options.size > tensor.shape[axis]) {
    throw new RangeError(
      `sliceAt: size ${valueText(options.size)} is not between 1 and the ${tensor.shape[axis]} of axis ${axis}`,
    );
  }
  const start = scalarIndex('sliceAt', index);
  const shape = tensor.shape.map((extent, i) => (i === axis ? options.size : extent));
  return currentTrace().node('sliceAt', [tensor, start], shape, tensor.dtype, { axis });
}

function scalarIndex(operation: string, index: TensorLike): Tensor {
  const tensor = intIndex(operation, index);
  if (sizeOf(tensor.shape) === 1) return reshape(tensor, []);
  throw new RangeError(`${operation}: expected one index, got shape ${shapeText(tensor.shape)}`);
}

definePrimitive('sliceAt', {
  kind: 'kernel',
  gradient: (node, gradient) => {
    const axis = node.attributes.axis as number;
    return [updateAt(full(node.inputs[0].shape, 0), gradient, node.inputs[1], { axis }), undefined];
  },
  lower: (node, emit) => {
    const [x, index] = node.inputs;
    const axis = node.attributes.axis as number;
    const [outer, size, inner] = around(x.shape, axis);
    emit(OP_SLICE_AT, outer, size, node.shape[axis], inner, index, x, node);
  },
});

/**
 * `x` with the block of `axis` (default 0) that begins at `index` (an int32 scalar known when the program runs)
 * replaced by `update`. In place where `x` is a variable that is assigned the result: writing one row of a cache costs one row.
 * `run` throws a RangeError when the block is not inside.
 */
export function updateAt(
  x: TensorLike,
  update: TensorLike,
  index: TensorLike,
  options: { readonly axis?: number } = {},
): Tensor {
  checkArguments('updateAt', options, { axis: anyValue });
  const tensor = asTensor(x, 'float32', 'updateAt');
  const block = cast(update, tensor.dtype, 'updateAt');
  const axis = resolveAxis('updateAt', options.axis ?? 0, tensor.shape.length);
  const fits =
    block.shape.length === tensor.shape.length &&
    block.shape.every((extent, i) => (i === axis ? extent <= tensor.shape[i] : extent === tensor.shape[i]));
  if (!fits) {
    throw new RangeError(
      `updateAt: ${shapeText(block.shape)} is not a block of ${shapeText(tensor.shape)} along axis ${axis}`,
    );
  }
  const start = scalarIndex('updateAt', index);
  return currentTrace().node('updateAt', [tensor, block, start], tensor.shape, tensor.dtype, { axis });
}

definePrimitive('updateAt', {
  kind: 'kernel',
  inPlace: true,
  gradient: (node, gradient) => {
    const [, update, index] = node.inputs;
    const axis = node.attributes.axis as number;
    const size = update.shape[axis];
    return [
      updateAt(gradient, full(update.shape, 0), index, { axis }),
      sliceAt(gradient, index, { axis, size }),
      undefined,
    ];
  },
  lower: (node, emit) => {
    const [x, update, index] = node.inputs;
    const axis = node.attributes.axis as number;
    const [outer, size, inner] = around(node.shape, axis);
    // Nothing is copied when the compiler gave both the same memory.
    emit(OP_COPY, 1, sizeOf(node.shape), x, 1, node, 1);
    emit(OP_UPDATE_AT, outer, size, update.shape[axis], inner, index, update, node);
  },
});
