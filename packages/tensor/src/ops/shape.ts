import { contiguousStrides, isContiguous, reshapeStrides, type View } from '../compile/view.ts';
import { definePrimitive, type Emit } from '../primitive.ts';
import { sameShape, shapeText, sizeOf, type Shape } from '../shape.ts';
import { currentTrace, type Tensor, type TensorLike } from '../tensor.ts';
import {
  checkArguments,
  naturalNumber,
  optional,
  positiveInteger,
  valueText,
  type OptionCheck,
} from '../check-options.ts';
import { asTensor } from './constant.ts';
import { OP_COPY, OP_FILL } from './opcodes.ts';

const isNumbers: OptionCheck = {
  expected: 'a list of integers',
  accepts: (value) => Array.isArray(value) && value.every((item) => Number.isInteger(item)),
};

/** A list for messages, which may be something else. */
function listText(list: Shape): string {
  return Array.isArray(list) ? shapeText(list) : valueText(list);
}

/** Turns an axis that may be negative (counted from the end) into an index. @throws RangeError when there is no such axis. */
export function resolveAxis(operation: string, axis: number, rank: number): number {
  const resolved = Number.isInteger(axis) && axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || resolved < 0 || resolved >= rank) {
    throw new RangeError(`${operation}: axis ${valueText(axis)} is out of range for a tensor with ${rank} axes`);
  }
  return resolved;
}

/** The same elements in row-major order under another shape; one size may be -1. @throws RangeError when sizes differ. */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  const tensor = asTensor(x, 'float32', 'reshape');
  const size = sizeOf(tensor.shape);
  const sizes: Shape = Array.isArray(shape) && shape.every((extent) => Number.isInteger(extent)) ? shape : [];
  const known = sizes.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
  const full = sizes.map((extent) => (extent === -1 ? size / known : extent));
  if (sizes !== shape || sizeOf(full) !== size || full.some((extent) => !Number.isInteger(extent) || extent < 1)) {
    throw new RangeError(
      `reshape: ${shapeText(tensor.shape)} has ${size} elements and cannot become ${listText(shape)}`,
    );
  }
  if (sameShape(full, tensor.shape)) return tensor;
  // Of a chain of reshapes only the last one counts.
  const source = tensor.op === 'reshape' ? tensor.inputs[0] : tensor;
  if (sameShape(source.shape, full)) return source;
  return currentTrace().node('reshape', [source], full, tensor.dtype);
}

definePrimitive('reshape', {
  kind: 'view',
  gradient: (node, gradient) => [reshape(gradient, node.inputs[0].shape)],
  view: (node, source) => {
    const from = node.inputs[0].shape;
    if (isContiguous(from, source.strides)) return { ...source, strides: contiguousStrides(node.shape) };
    const strides = reshapeStrides(from, source.strides, node.shape);
    return strides && { ...source, strides };
  },
});

/** Reorders axes: axis `i` of the result is axis `permutation[i]` of `x`. Default: swaps the last two. */
export function transpose(x: TensorLike, permutation?: readonly number[]): Tensor {
  checkArguments('transpose', { permutation }, { permutation: optional(isNumbers) });
  const tensor = asTensor(x, 'float32', 'transpose');
  const rank = tensor.shape.length;
  let order = tensor.shape.map((_, axis) => axis);
  if (permutation !== undefined) order = permutation.map((axis) => resolveAxis('transpose', axis, rank));
  else if (rank >= 2) [order[rank - 2], order[rank - 1]] = [order[rank - 1], order[rank - 2]];
  if (order.length !== rank || new Set(order).size !== rank) {
    throw new RangeError(`transpose: expected a permutation of ${rank} axes, got ${shapeText(permutation ?? [])}`);
  }
  if (order.every((axis, i) => axis === i)) return tensor;
  if (tensor.op === 'transpose') {
    const inner = tensor.attributes.permutation as readonly number[];
    return transpose(
      tensor.inputs[0],
      order.map((axis) => inner[axis]),
    );
  }
  const shape = order.map((axis) => tensor.shape[axis]);
  return currentTrace().node('transpose', [tensor], shape, tensor.dtype, { permutation: order });
}

definePrimitive('transpose', {
  kind: 'view',
  gradient: (node, gradient) => {
    const permutation = node.attributes.permutation as readonly number[];
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    return [transpose(gradient, inverse)];
  },
  view: (node, source) => ({
    ...source,
    strides: (node.attributes.permutation as readonly number[]).map((axis) => source.strides[axis]),
  }),
});

/**
 * The block of `size` elements per axis that begins at `begin`. A size of -1 means: to the end.
 * @throws RangeError when the block is not inside the tensor.
 */
export function slice(x: TensorLike, begin: readonly number[], size: readonly number[]): Tensor {
  checkArguments('slice', { begin, size }, { begin: isNumbers, size: isNumbers });
  const tensor = asTensor(x, 'float32', 'slice');
  const shape = tensor.shape.map((extent, axis) => (size[axis] === -1 ? extent - begin[axis] : size[axis]));
  const fits = (extent: number, axis: number): boolean =>
    Number.isSafeInteger(begin[axis]) &&
    Number.isSafeInteger(shape[axis]) &&
    begin[axis] >= 0 &&
    shape[axis] >= 1 &&
    begin[axis] + shape[axis] <= extent;
  if (begin.length !== shape.length || size.length !== shape.length || !tensor.shape.every(fits)) {
    throw new RangeError(
      `slice: begin ${shapeText(begin)} with size ${shapeText(size)} is not inside ${shapeText(tensor.shape)}`,
    );
  }
  if (sameShape(shape, tensor.shape)) return tensor;
  return currentTrace().node('slice', [tensor], shape, tensor.dtype, { begin: [...begin] });
}

definePrimitive('slice', {
  kind: 'view',
  gradient: (node, gradient) => {
    const begin = node.attributes.begin as readonly number[];
    const extents = node.inputs[0].shape;
    return [
      pad(
        gradient,
        begin.map((start, axis) => [start, extents[axis] - start - node.shape[axis]] as const),
      ),
    ];
  },
  view: (node, source) => {
    const begin = node.attributes.begin as readonly number[];
    const offset = begin.reduce((total, start, axis) => total + start * source.strides[axis], source.offset);
    return { ...source, offset };
  },
});

/** Splits one axis into equal parts. @throws RangeError when it does not divide evenly. */
export function split(x: TensorLike, parts: number, axis = -1): Tensor[] {
  checkArguments('split', { parts }, { parts: positiveInteger });
  const tensor = asTensor(x, 'float32', 'split');
  const along = resolveAxis('split', axis, tensor.shape.length);
  const extent = tensor.shape[along];
  if (extent % parts !== 0) throw new RangeError(`split: ${extent} elements do not divide into ${parts} parts`);
  return Array.from({ length: parts }, (_, part) => {
    const begin = tensor.shape.map((_, i) => (i === along ? (part * extent) / parts : 0));
    return slice(
      tensor,
      begin,
      tensor.shape.map((size, i) => (i === along ? extent / parts : size)),
    );
  });
}

type Amounts = readonly (readonly [before: number, after: number])[];

function isPairs(amounts: unknown): amounts is Amounts {
  const isPair = (pair: unknown): boolean =>
    Array.isArray(pair) && pair.length === 2 && pair.every((count) => naturalNumber.accepts(count));
  return Array.isArray(amounts) && amounts.every(isPair);
}

/** Adds `[before, after]` zeros along each axis. */
export function pad(x: TensorLike, amounts: Amounts): Tensor {
  const tensor = asTensor(x, 'float32', 'pad');
  if (!isPairs(amounts) || amounts.length !== tensor.shape.length) {
    throw new RangeError(`pad: expected ${tensor.shape.length} pairs of counts, got ${valueText(amounts)}`);
  }
  if (amounts.every(([before, after]) => before === 0 && after === 0)) return tensor;
  const shape = tensor.shape.map((extent, axis) => extent + amounts[axis][0] + amounts[axis][1]);
  return currentTrace().node('pad', [tensor], shape, tensor.dtype, { amounts });
}

/** The sum of padded tensors, where they fill one axis without gap or overlap: they are joined. Else undefined. */
export function joinPads(tensors: readonly Tensor[]): Tensor | undefined {
  if (tensors.length < 2 || tensors.some(({ op }) => op !== 'pad')) return undefined;
  const parts = tensors.map(({ inputs: [x], attributes }) => ({ x, amounts: attributes.amounts as Amounts }));
  const axis = parts[0].amounts.findIndex(([before, after]) => before + after > 0);
  parts.sort((a, b) => a.amounts[axis][0] - b.amounts[axis][0]);
  let end = 0;
  for (const { x, amounts } of parts) {
    const isElsewhere = amounts.some(([before, after], i) => i !== axis && before + after > 0);
    if (isElsewhere || amounts[axis][0] !== end) return undefined;
    end += x.shape[axis];
  }
  if (end !== tensors[0].shape[axis]) return undefined;
  return concat(
    parts.map(({ x }) => x),
    axis,
  );
}

definePrimitive('pad', {
  kind: 'kernel',
  readsViews: true,
  gradient: (node, gradient) => {
    const amounts = node.attributes.amounts as Amounts;
    return [
      slice(
        gradient,
        amounts.map(([before]) => before),
        node.inputs[0].shape,
      ),
    ];
  },
  lower: (node, emit, [source]) => {
    const amounts = node.attributes.amounts as Amounts;
    const [x] = node.inputs;
    const to = contiguousStrides(node.shape);
    emit(OP_FILL, node, sizeOf(node.shape), 0);
    const offset = amounts.reduce((total, [before], axis) => total + before * to[axis], 0);
    emitCopy(emit, x, source, node, offset);
  },
});

/** Copies a tensor, which lies as `source` says, into the block of another that starts `plus` elements in. */
function emitCopy(emit: Emit, x: Tensor, source: View, out: Tensor, plus: number): void {
  const to = contiguousStrides(out.shape);
  emit(OP_COPY, x.shape.length, ...x.shape, x, ...source.strides, { tensor: out, plus }, ...to);
}

function tensorsOf(operation: string, parts: readonly TensorLike[]): Tensor[] {
  if (!Array.isArray(parts)) throw new RangeError(`${operation}: expected a list of tensors, got ${valueText(parts)}`);
  if (parts.length === 0) throw new RangeError(`${operation}: expected at least one tensor, got none`);
  return (parts as readonly TensorLike[]).map((part) => asTensor(part, 'float32', operation));
}

/** Joins tensors along an axis. @throws RangeError when other axes differ. */
export function concat(parts: readonly TensorLike[], axis = -1): Tensor {
  const tensors = tensorsOf('concat', parts);
  const [first] = tensors;
  const along = resolveAxis('concat', axis, first.shape.length);
  for (const other of tensors) {
    const fits = other.shape.length === first.shape.length && other.dtype === first.dtype;
    if (!fits || other.shape.some((extent, i) => i !== along && extent !== first.shape[i])) {
      throw new RangeError(
        `concat: ${first.dtype} ${shapeText(first.shape)} and ${other.dtype} ${shapeText(other.shape)} do not join along axis ${axis}`,
      );
    }
  }
  if (tensors.length === 1) return first;
  const total = tensors.reduce((sum, { shape }) => sum + shape[along], 0);
  const shape = first.shape.map((extent, i) => (i === along ? total : extent));
  return currentTrace().node('concat', tensors, shape, first.dtype, { axis: along });
}

definePrimitive('concat', {
  kind: 'kernel',
  readsViews: true,
  gradient: (node, gradient) => {
    const axis = node.attributes.axis as number;
    let start = 0;
    return node.inputs.map((input) => {
      const begin = input.shape.map((_, i) => (i === axis ? start : 0));
      start += input.shape[axis];
      return slice(gradient, begin, input.shape);
    });
  },
  lower: (node, emit, sources) => {
    const axis = node.attributes.axis as number;
    const stride = contiguousStrides(node.shape)[axis];
    let start = 0;
    node.inputs.forEach((input, i) => {
      emitCopy(emit, input, sources[i], node, start * stride);
      start += input.shape[axis];
    });
  },
});

/** Joins tensors of one shape along a new axis. */
export function stack(parts: readonly TensorLike[], axis = 0): Tensor {
  const tensors = tensorsOf('stack', parts);
  return concat(
    tensors.map((tensor) => expandDims(tensor, axis)),
    axis,
  );
}

/** Inserts an axis of size 1. */
export function expandDims(x: TensorLike, axis: number): Tensor {
  const tensor = asTensor(x, 'float32', 'expandDims');
  const at = resolveAxis('expandDims', axis, tensor.shape.length + 1);
  return reshape(tensor, [...tensor.shape.slice(0, at), 1, ...tensor.shape.slice(at)]);
}

/** Removes an axis of size 1. @throws RangeError when its size is another. */
export function squeeze(x: TensorLike, axis = -1): Tensor {
  const tensor = asTensor(x, 'float32', 'squeeze');
  const at = resolveAxis('squeeze', axis, tensor.shape.length);
  if (tensor.shape[at] !== 1) throw new RangeError(`squeeze: axis ${axis} of ${shapeText(tensor.shape)} is not 1`);
  return reshape(
    tensor,
    tensor.shape.filter((_, i) => i !== at),
  );
}
