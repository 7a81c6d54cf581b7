import { checkArguments, flag, optional } from '../check-options.ts';
import { contiguousStrides, type View } from '../compile/view.ts';
import { definePrimitive, type Operand } from '../primitive.ts';
import { currentTrace, type Tensor, type TensorLike } from '../tensor.ts';
import { shapeText, sizeOf, type Shape } from '../shape.ts';
import { broadcastShapes, broadcastTo, sum, sumTo } from './broadcast.ts';
import { cast } from './cast.ts';
import { isTensorLike } from './constant.ts';
import { range } from './index-ops.ts';
import { add, lessEqual, logicalAnd, mul, sub, where } from './map.ts';
import { matmul } from './matmul.ts';
import { OP_ATTENTION, OP_ATTENTION_GRADIENT } from './opcodes.ts';
import { softmax } from './reduce.ts';
import { expandDims, reshape, slice, transpose } from './shape.ts';

/** Options of {@link attention}. */
export interface AttentionOptions {
  /** Whether queries stand at the last positions of the keys, and each sees those up to its own: query i keys 0 to positions − time + i. Default false. */
  readonly causal?: boolean;
  /** Which keys may be seen: […, keys], not 0 for those. Leading axes broadcast with those of the rest. Default: all. */
  readonly isVisible?: TensorLike;
}

/**
 * Scaled dot-product attention, softmax(q kᵀ / √d) v (Vaswani et al., 2017): queries […, time, d], keys […, positions, d], values
 * […, positions, width] → […, time, width]. Leading axes (batch, heads) broadcast.
 *
 * The matrix of scores is never written, nor kept for the gradient (Dao et al., 2022). Nothing that a query does not see reaches it
 * or its gradient, be it infinite or not a number; gradients of gradients need finite numbers everywhere. A query that sees
 * nothing gets zeros. The result lies in memory as […₀, time, …, width], with all leading axes but the first behind the time:
 * joining heads is no copy.
 * @throws RangeError when the shapes do not fit.
 */
export function attention(
  queries: TensorLike,
  keys: TensorLike,
  values: TensorLike,
  options: AttentionOptions = {},
): Tensor {
  checkArguments('attention', options, { causal: optional(flag), isVisible: optional(isTensorLike) });
  return attend('attention', queries, keys, values, options);
}

/**
 * Causal {@link attention}: position i looks at positions 0 to i.
 *
 * softmax(q kᵀ / √d + mask) v, where the mask is −∞ for j > i: queries and keys […, time, d], values […, time, width] →
 * […, time, width]. Leading axes (batch, heads) broadcast. Only what the mask leaves is computed; nothing at a later
 * position, infinite or not a number as it may be, reaches an earlier one. Fewer queries than keys are of the last positions.
 * @throws RangeError when the shapes do not fit.
 */
export function causalAttention(queries: TensorLike, keys: TensorLike, values: TensorLike): Tensor {
  return attend('causalAttention', queries, keys, values, { causal: true });
}

function attend(
  operation: string,
  queries: TensorLike,
  keys: TensorLike,
  values: TensorLike,
  { causal = false, isVisible }: AttentionOptions,
): Tensor {
  const [q, k, v] = [queries, keys, values].map((each) => cast(each, 'float32', operation));
  const mask = isVisible === undefined ? [] : [cast(isVisible, 'bool', operation)];
  const [time, size] = q.shape.slice(-2);
  const [positions, width] = v.shape.slice(-2);
  const all = [q, k, v];
  const fits =
    all.every(({ shape }) => shape.length >= 2) &&
    k.shape.at(-1) === size &&
    k.shape.at(-2) === positions &&
    mask.every(({ shape }) => shape.at(-1) === positions) &&
    (!causal || time <= positions);
  if (!fits) {
    const shapes = all.map(({ shape }) => shapeText(shape)).join(', ');
    const masked = mask.map(({ shape }) => `, visible keys ${shapeText(shape)}`).join('');
    throw new RangeError(
      `${operation}: queries, keys and values ${shapes}${masked} do not fit: […, time, d], […, positions, d], […, positions, width]` +
        (isVisible === undefined ? '' : ', […, positions]') +
        (causal ? ', time ≤ positions' : ''),
    );
  }
  const leadingShapes: readonly Shape[] = [
    ...all.map(({ shape }) => shape.slice(0, -2)),
    ...mask.map(({ shape }) => shape.slice(0, -1)),
  ];
  const leading = leadingShapes.reduce((a, b) => broadcastShapes(operation, a, b));
  const shape = timeFirst([...leading, time, width]);
  return headsFirst(currentTrace().node('attention', [...all, ...mask], shape, 'float32', { causal }));
}

/** […, time, width] → […₀, time, …, width], the order in which results lie. */
function timeFirst(shape: Shape): number[] {
  return timeFirstOrder(shape.length).map((axis) => shape[axis]);
}

function timeFirstOrder(rank: number): number[] {
  const leading = Array.from({ length: rank - 2 }, (_, axis) => axis);
  return [...leading.slice(0, 1), rank - 2, ...leading.slice(1), rank - 1];
}

/** The way back. */
function headsFirst(x: Tensor): Tensor {
  return transpose(x, headsFirstOrder(x.shape.length));
}

function headsFirstShape(shape: Shape): number[] {
  return headsFirstOrder(shape.length).map((axis) => shape[axis]);
}

function headsFirstOrder(rank: number): number[] {
  const order = timeFirstOrder(rank);
  return order.map((_, axis) => order.indexOf(axis));
}

/** The shapes of the gradients with respect to queries, keys and values, before what was broadcast is added up. */
function gradientShapes(out: Tensor, [q, k, v]: readonly Tensor[]): Shape[] {
  const leading = headsFirstShape(out.shape).slice(0, -2);
  return [q, k, v].map(({ shape }) => [...leading, ...shape.slice(-2)]);
}

/** Of the three gradients in one row, each. */
function gradientParts(flat: Tensor, shapes: readonly Shape[]): Tensor[] {
  let begin = 0;
  return shapes.map((shape) => {
    const part = slice(flat, [begin], [sizeOf(shape)]);
    begin += sizeOf(shape);
    return headsFirst(reshape(part, timeFirst(shape)));
  });
}

definePrimitive('attention', {
  kind: 'kernel',
  readsViews: 'rows',
  gradient: (node, gradient) => {
    const [q, k, v, ...mask] = node.inputs;
    const shapes = gradientShapes(node, node.inputs);
    const size = shapes.reduce((total, shape) => total + sizeOf(shape), 0);
    const inputs = [q, k, v, ...mask, node, gradient];
    const flat = currentTrace().node('attentionGradient', inputs, [size], 'float32', node.attributes);
    return gradientParts(flat, shapes).map((part, i) => sumTo(part, node.inputs[i].shape));
  },
  lower: (node, emit, operands) => {
    const out = timeFirstHeads(node, 0, node.shape, contiguousStrides(node.shape));
    emit(OP_ATTENTION, ...commonWords(node, node, operands), ...out);
  },
});

definePrimitive('attentionGradient', {
  kind: 'kernel',
  readsViews: 'rows',
  // With dS = P ∘ (dP − D), D the sum over keys of P ∘ dP: what is left of a small change of all three results.
  gradient: (node, gradient) => {
    const [q, k, v] = node.inputs;
    const [out, outGradient] = node.inputs.slice(-2);
    const scale = 1 / Math.sqrt(q.shape.at(-1) ?? 1);
    const shapes = gradientShapes(out, node.inputs);
    const [toQueries, toKeys, toValues] = gradientParts(gradient, shapes);
    const dOut = headsFirst(outGradient);
    const overKeys = (x: Tensor): Tensor => sum(x, { axis: -1, keepDims: true });
    const weights = composedWeights(node, [...shapes[0].slice(0, -1), k.shape.at(-2) ?? 1]);
    const toWeights = matmul(dOut, transpose(v));
    const mean = overKeys(mul(weights, toWeights));
    const toScores = mul(mul(weights, sub(toWeights, mean)), scale);
    const x = mul(add(matmul(toQueries, transpose(k)), matmul(q, transpose(toKeys))), scale);
    const centre = overKeys(mul(weights, x));
    const z = mul(weights, sub(x, centre));
    const y = add(sub(mul(x, sub(toWeights, mean)), mul(centre, toWeights)), matmul(dOut, transpose(toValues)));
    const s = mul(mul(weights, sub(y, overKeys(mul(weights, y)))), scale);
    const none = node.inputs.slice(3, -2).map(() => undefined);
    return [
      sumTo(add(matmul(s, k), matmul(toScores, toKeys)), q.shape),
      sumTo(add(matmul(transpose(s), q), matmul(transpose(toScores), toQueries)), k.shape),
      sumTo(matmul(transpose(z), dOut), v.shape),
      ...none,
      undefined,
      transpose(add(matmul(z, v), matmul(weights, toValues)), timeFirstOrder(dOut.shape.length)),
    ];
  },
  lower: (node, emit, operands) => {
    const [out, gradient] = node.inputs.slice(-2);
    const [outView, gradientView] = operands.slice(-2);
    const shapes = gradientShapes(out, node.inputs);
    let begin = 0;
    const results = shapes.flatMap((shape) => {
      const stored = timeFirst(shape);
      const place = timeFirstHeads(node, begin, stored, contiguousStrides(stored));
      begin += sizeOf(shape);
      return place;
    });
    emit(
      OP_ATTENTION_GRADIENT,
      ...commonWords(node, out, operands),
      ...timeFirstHeads(out, 0, out.shape, outView.strides),
      ...timeFirstHeads(gradient, 0, gradient.shape, gradientView.strides),
      ...results,
    );
  },
});

/** softmax(q kᵀ / √d) over what is seen, written out: […, time, positions], zeros elsewhere. */
function composedWeights(node: Tensor, shape: Shape): Tensor {
  const [q, k] = node.inputs;
  const scores = mul(matmul(q, transpose(k)), 1 / Math.sqrt(q.shape.at(-1) ?? 1));
  const [time, positions] = shape.slice(-2);
  const mask = node.inputs.slice(3, -2).map((each) => expandDims(each, -2));
  const own = add(reshape(range(time), [time, 1]), positions - time);
  const isSeen = node.attributes.causal === true ? [lessEqual(range(positions), own)] : [];
  const visible = [...isSeen, ...mask];
  if (visible.length === 0) return softmax(broadcastTo(scores, shape));
  const isVisible = broadcastTo(
    visible.reduce((a, b) => logicalAnd(a, b)),
    shape,
  );
  return where(isVisible, softmax(where(isVisible, scores, -1e30)), 0);
}

/** The words that both instructions begin with: sizes, queries, keys, values and, where there is one, the mask. */
function commonWords(node: Tensor, out: Tensor, operands: readonly View[]): Operand[] {
  const [q, k, v] = node.inputs;
  const masks = node.inputs.slice(3, node === out ? undefined : -2);
  const leading = headsFirstShape(out.shape).slice(0, -2);
  const [[time, size], [positions, width]] = [q.shape.slice(-2), v.shape.slice(-2)];
  return [
    ...[time, positions, size, width, Number(node.attributes.causal), masks.length],
    ...[leading.length, ...leading],
    ...[q, k, v].flatMap((each, i) => heads(each, 0, each.shape, operands[i].strides, leading.length)),
    // A mask is a row for each head.
    ...masks.flatMap((mask) => {
      const [shape, strides] = [mask.shape, operands[3].strides];
      const row = [...strides.slice(0, -1), 0, ...strides.slice(-1)];
      return heads(mask, 0, [...shape.slice(0, -1), 1, ...shape.slice(-1)], row, leading.length);
    }),
  ];
}

/** The place of a tensor […, rows, columns], the step between its rows, and one for each leading axis of the result. */
function heads(tensor: Tensor, plus: number, shape: Shape, strides: readonly number[], leadingAxes: number): Operand[] {
  const missing = leadingAxes - (shape.length - 2);
  const steps = Array.from({ length: leadingAxes }, (_, axis) =>
    axis < missing || shape[axis - missing] === 1 ? 0 : strides[axis - missing],
  );
  return [{ tensor, plus }, strides[strides.length - 2], ...steps];
}

/** The same of a tensor whose time comes first, read with `strides`. */
function timeFirstHeads(tensor: Tensor, plus: number, shape: Shape, strides: readonly number[]): Operand[] {
  const axes = headsFirstOrder(shape.length);
  const inOrder = axes.map((axis) => strides[axis]);
  return heads(tensor, plus, headsFirstShape(shape), inOrder, shape.length - 2);
}
