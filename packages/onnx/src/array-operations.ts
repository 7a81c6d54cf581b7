import { scalarValue, type Tensor } from '@gradus/tensor';
import { convolution, windowsOfImage } from './windows.ts';
import type { Extent } from './row-graph.ts';
import type { Translate, Translator } from './translator.ts';

const broadcast: Translate = (node, to) => {
  const source = node.inputs[0];
  const given = to.graph.shape(source);
  const missing = node.shape.length - given.length;
  // Where the source has the size already, 1 stands for it.
  const target = to.graph.shape(node).map((size, i) => (same(size, given[i - missing]) ? 1 : size));
  return to.apply('Expand', [to.value(source), to.extents(target)]);
};

function same(a: Extent, b: Extent | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const slice: Translate = (node, to) => {
  const [whole, size, begin] = [to.graph.shape(node.inputs[0]), to.graph.shape(node), to.graph.list(node, 'begin')];
  const axes = node.shape.map((_, i) => i).filter((i) => !same(whole[i], size[i]));
  const ends = axes.map((i) => sum(begin[i], size[i]));
  const starts = axes.map((i) => begin[i]);
  return to.apply('Slice', [to.value(node.inputs[0]), to.extents(starts), to.extents(ends), to.model.integers(axes)]);
};

function sum(a: Extent, b: Extent): Extent {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (a === 0) return b;
  if (b === 0) return a;
  if (typeof a !== 'number' && typeof b !== 'number') return { rows: a.rows + b.rows };
  throw new RangeError('toOnnx: expected blocks that begin and end at multiples of the number of rows');
}

const pad: Translate = (node, to) => {
  const amounts = node.attributes.amounts as readonly (readonly [number, number])[];
  const ends = [0, 1].flatMap((end) => amounts.map((amount) => amount[end]));
  const x = to.value(node.inputs[0]);
  const zero = (dtype: 'float32' | 'int32'): string => to.model.scalar(0, dtype);
  if (node.dtype !== 'bool') return to.apply('Pad', [x, to.model.integers(ends), zero(node.dtype)]);
  return to.cast(to.apply('Pad', [to.cast(x, 'int32'), to.model.integers(ends), zero('int32')]), 'bool');
};

const matmul: Translate = (node, to) =>
  convolution(node, to) ??
  to.apply(
    'MatMul',
    node.inputs.map((input) => to.value(input)),
  );

/** Axes that a node reduces. */
function axesOf({ attributes }: Tensor): number[] {
  const { start, end } = attributes as { start: number; end: number };
  return Array.from({ length: end - start }, (_, i) => start + i);
}

const extremum =
  (type: string): Translate =>
  (node, to) => {
    const attributes = { axes: axesOf(node), keepdims: 0 };
    const x = to.value(node.inputs[0]);
    if (node.dtype !== 'bool') return to.apply(type, [x], attributes);
    return to.cast(to.apply(type, [to.cast(x, 'int32')], attributes), 'bool');
  };

const argmax: Translate = (node, to) => {
  const [axis] = axesOf(node);
  return to.cast(to.apply('ArgMax', [to.value(node.inputs[0])], { axis, keepdims: 0 }), 'int32');
};

/** Scores that are not seen count for nothing: their exponential is 0. Where none is seen, that leaves no number. */
const attention: Translate = (node, to) => {
  const [q, k] = node.inputs;
  const [queries, keys, values, mask] = node.inputs.map((input) => to.value(input));
  const [time, positions, size] = [q.shape.at(-2) ?? 1, k.shape.at(-2) ?? 1, q.shape.at(-1) ?? 1];
  const scale = to.model.scalar(1 / Math.sqrt(size));
  const transposed = to.apply('Transpose', [keys], { perm: k.shape.map((_, i, { length }) => swapped(i, length)) });
  const scores = to.apply('Mul', [to.apply('MatMul', [queries, transposed]), scale]);
  const seen = mask === undefined ? [] : [to.apply('Unsqueeze', [mask, to.model.integers([-2])])];
  if (node.attributes.causal === true) {
    const before = Int32Array.from({ length: time * positions }, (_, i) =>
      Number(i % positions <= Math.floor(i / positions) + positions - time),
    );
    seen.push(to.model.tensor('upToDiagonal', 'bool', [time, positions], before));
  }
  const isSeen = seen.length < 2 ? seen[0] : to.apply('And', seen);
  const softmax = (x: string): string => to.apply('Softmax', [x], { axis: -1 });
  let weights = isSeen ? softmax(to.apply('Where', [isSeen, scores, to.model.scalar(-Infinity)])) : softmax(scores);
  if (mask !== undefined) weights = to.apply('Where', [isSeen, weights, to.model.scalar(0)]);
  const perm = node.shape.map((_, i, { length }) => (i === 0 || i === length - 1 ? i : i === 1 ? length - 2 : i - 1));
  return to.apply('Transpose', [to.apply('MatMul', [weights, values])], {
    perm: node.shape.length === 2 ? [0, 1] : perm,
  });
};

/** An axis of a matrix once its rows are its columns. */
function swapped(axis: number, rank: number): number {
  return axis < rank - 2 ? axis : 2 * rank - 3 - axis;
}

/** The indices of ONNX may count from the end, and are out of range elsewhere than here. */
const gatherEach: Translate = (node, to) => {
  const [x, index] = node.inputs.map((input) => to.value(input));
  const last = to.model.integers([-1]);
  const column = to.apply('GatherElements', [x, to.apply('Unsqueeze', [index, last])], { axis: -1 });
  return to.apply('Squeeze', [column, last]);
};

const scatterAdd: Translate = (node, to) => {
  const [updates, index] = node.inputs.map((input) => to.value(input));
  const zeros = to.apply('Expand', [to.model.scalar(0), to.extents(to.graph.shape(node))]);
  const places = to.cast(to.apply('Unsqueeze', [index, to.model.integers([-1])]), 'int64');
  return to.apply('ScatterND', [zeros, places, updates], { reduction: 'add' });
};

/** A place along an axis, as a list of one int64, and the place `size` elements behind it. */
function block(index: Tensor, size: number, to: Translator): readonly [string, string] {
  const start = to.cast(to.apply('Reshape', [to.value(index), to.model.integers([1])]), 'int64');
  return [start, to.apply('Add', [start, to.model.integers([size])])];
}

const sliceAt: Translate = (node, to) => {
  const axis = node.attributes.axis as number;
  const [start, end] = block(node.inputs[1], node.shape[axis], to);
  return to.apply('Slice', [to.value(node.inputs[0]), start, end, to.model.integers([axis])]);
};

const updateAt: Translate = (node, to) => {
  const axis = node.attributes.axis as number;
  const [x, update] = node.inputs.slice(0, 2).map((input) => to.value(input));
  const [start, end] = block(node.inputs[2], node.inputs[1].shape[axis], to);
  const along = to.model.integers([axis]);
  const before = to.apply('Slice', [x, to.model.integers([0]), start, along]);
  const behind = to.apply('Slice', [x, end, to.model.integers([node.shape[axis]]), along]);
  return to.apply('Concat', [before, update, behind], { axis });
};

const cumulativeSum: Translate = (node, to) => {
  const { start, reverse } = node.attributes as { start: number; reverse: boolean };
  const axis = to.apply('Squeeze', [to.model.integers([start])]);
  return to.apply('CumSum', [to.value(node.inputs[0]), axis], { reverse: Number(reverse) });
};

/** What moves elements, or puts several together. */
export const arrayOperations: Readonly<Record<string, Translate>> = {
  constant: (node, to) => to.model.scalar(scalarValue(node), node.dtype),
  constantData: (node, to) =>
    to.model.tensor('constant', node.dtype, node.shape, node.trace.constants.get(node.id) ?? new Int32Array()),
  broadcast,
  reshape: (node, to) => to.reshape(to.value(node.inputs[0]), to.graph.shape(node)),
  transpose: (node, to) =>
    to.apply('Transpose', [to.value(node.inputs[0])], { perm: node.attributes.permutation as readonly number[] }),
  slice,
  pad,
  concat: (node, to) =>
    to.apply(
      'Concat',
      node.inputs.map((input) => to.value(input)),
      { axis: node.attributes.axis as number },
    ),
  matmul,
  im2col: windowsOfImage,
  sum: (node, to) =>
    to.apply('ReduceSum', [to.value(node.inputs[0]), to.model.integers(axesOf(node))], { keepdims: 0 }),
  max: extremum('ReduceMax'),
  min: extremum('ReduceMin'),
  argmax,
  cumulativeSum,
  attention,
  gatherRows: (node, to) =>
    to.apply(
      'Gather',
      node.inputs.map((input) => to.value(input)),
      { axis: 0 },
    ),
  gatherEach,
  scatterAdd,
  sliceAt,
  updateAt,
};
