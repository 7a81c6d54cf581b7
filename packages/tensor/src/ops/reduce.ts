import { anyValue, checkArguments, flag, nonNegativeNumber, optional } from '../check-options.ts';
import { definePrimitive } from '../primitive.ts';
import { currentTrace, type Tensor, type TensorLike } from '../tensor.ts';
import { checkedTensor, reduce, reductionSpace, resolveAxes, type AxisOptions } from './axes.ts';
import { spread, sum } from './broadcast.ts';
import { cast } from './cast.ts';
import { asTensor } from './constant.ts';
import { add, div, equal, exp, log, mul, stopGradient, sub, withGradient } from './map.ts';
import { OP_CUMULATIVE_SUM } from './opcodes.ts';
import { reshape, resolveAxis, slice } from './shape.ts';

/** Arithmetic mean, a float. */
export function mean(x: TensorLike, options: AxisOptions = {}): Tensor {
  const tensor = cast(checkedTensor('mean', x, options, {}), 'float32');
  const count = resolveAxes('mean', tensor, options.axis).reduce((product, axis) => product * tensor.shape[axis], 1);
  return mul(sum(tensor, options), 1 / count);
}

/**
 * Mean squared distance from the mean.
 * @param correction what is taken off the count in the denominator: 0 (default) or 1 (Bessel's).
 */
export function variance(x: TensorLike, options: AxisOptions & { readonly correction?: number } = {}): Tensor {
  const tensor = cast(checkedTensor('variance', x, options, { correction: optional(nonNegativeNumber) }), 'float32');
  const { correction = 0, ...axes } = options;
  const distances = centered('variance', tensor, axes.axis);
  const count = resolveAxes('variance', tensor, axes.axis).reduce((product, i) => product * tensor.shape[i], 1);
  return mul(sum(mul(distances, distances), axes), 1 / (count - correction));
}

/** x − mean(x): exactly 0 where all elements are equal, whose mean is rounded while that of their differences from one of them is not. */
export function centered(operation: string, x: Tensor, axis: AxisOptions['axis']): Tensor {
  const axes = resolveAxes(operation, x, axis);
  const size = x.shape.map((extent, i) => (axes.includes(i) ? Math.min(extent, 1) : extent));
  const first = slice(
    x,
    x.shape.map(() => 0),
    size,
  );
  const shifted = sub(x, stopGradient(first));
  return sub(shifted, mean(shifted, { axis: axes, keepDims: true }));
}

function extremumGradient(node: Tensor, gradient: Tensor): readonly Tensor[] {
  // Equal extrema share the gradient, so that it is right on average whichever of them is moved.
  const chosen = cast(equal(node.inputs[0], spread(node, node)), 'float32');
  const { start, end } = node.attributes as { start: number; end: number };
  const axis = node.inputs[0].shape.map((_, i) => i).filter((i) => i >= start && i < end);
  const share = div(gradient, sum(chosen, { axis }));
  return [mul(chosen, spread(node, share))];
}

/** Largest element; equal ones share the gradient. NaN where one is NaN. */
export function max(x: TensorLike, options: AxisOptions = {}): Tensor {
  const tensor = checkedTensor('max', x, options, {});
  return reduce('max', tensor, options, tensor.dtype);
}

definePrimitive('max', { kind: 'reduce', gradient: extremumGradient });

/** Smallest element; equal ones share the gradient. NaN where one is NaN. */
export function min(x: TensorLike, options: AxisOptions = {}): Tensor {
  const tensor = checkedTensor('min', x, options, {});
  return reduce('min', tensor, options, tensor.dtype);
}

definePrimitive('min', { kind: 'reduce', gradient: extremumGradient });

/** Index (int32) of the first largest element along one axis; NaN is larger than everything. Default: the last. */
export function argmax(x: TensorLike, axis = -1): Tensor {
  const tensor = asTensor(x, 'float32', 'argmax');
  const along = resolveAxis('argmax', axis, tensor.shape.length);
  // Floats do not tell large integers apart, but whether they are the largest.
  const scores = tensor.dtype === 'int32' ? equal(tensor, max(tensor, { axis: along, keepDims: true })) : tensor;
  return reduce('argmax', cast(scores, 'float32'), { axis: along }, 'int32');
}

definePrimitive('argmax', { kind: 'reduce' });

/** log Σ eˣ, without overflow. */
export function logSumExp(x: TensorLike, options: AxisOptions = {}): Tensor {
  const tensor = cast(checkedTensor('logSumExp', x, options, {}), 'float32');
  const axis = resolveAxes('logSumExp', tensor, options.axis);
  const largest = stopGradient(max(tensor, { axis, keepDims: true }));
  const total = sum(exp(sub(tensor, largest)), { axis, keepDims: true });
  const output = add(log(total), largest);
  const result = withGradient(output, [tensor], (y, gradient) => [mul(gradient, exp(sub(tensor, y)))]);
  if (options.keepDims === true) return result;
  return reshape(
    result,
    tensor.shape.filter((_, i) => !axis.includes(i)),
  );
}

/** eˣ / Σ eˣ along one axis. Default: the last. */
export function softmax(x: TensorLike, axis = -1): Tensor {
  const tensor = cast(x, 'float32', 'softmax');
  resolveAxis('softmax', axis, tensor.shape.length);
  const numerator = exp(sub(tensor, stopGradient(max(tensor, { axis, keepDims: true }))));
  const output = div(numerator, sum(numerator, { axis, keepDims: true }));
  return withGradient(output, [tensor], (y, gradient) => [
    mul(y, sub(gradient, sum(mul(gradient, y), { axis, keepDims: true }))),
  ]);
}

/** log softmax(x) = x − log Σ eˣ along one axis. Default: the last. */
export function logSoftmax(x: TensorLike, axis = -1): Tensor {
  const tensor = cast(x, 'float32', 'logSoftmax');
  resolveAxis('logSoftmax', axis, tensor.shape.length);
  const output = sub(tensor, logSumExp(tensor, { axis, keepDims: true }));
  return withGradient(output, [tensor], (y, gradient) => [
    sub(gradient, mul(exp(y), sum(gradient, { axis, keepDims: true }))),
  ]);
}

/** Running sums along one axis, from the first element on or, with `reverse`, from the last. */
export function cumulativeSum(
  x: TensorLike,
  options: { readonly axis?: number; readonly reverse?: boolean } = {},
): Tensor {
  checkArguments('cumulativeSum', options, { axis: optional(anyValue), reverse: optional(flag) });
  const tensor = cast(x, 'float32', 'cumulativeSum');
  const axis = resolveAxis('cumulativeSum', options.axis ?? -1, tensor.shape.length);
  const attributes = { start: axis, end: axis + 1, reverse: options.reverse ?? false };
  return currentTrace().node('cumulativeSum', [tensor], tensor.shape, 'float32', attributes);
}

definePrimitive('cumulativeSum', {
  kind: 'kernel',
  gradient: (node, gradient) => [
    cumulativeSum(gradient, { axis: node.attributes.start as number, reverse: node.attributes.reverse !== true }),
  ],
  lower: (node, emit) => {
    emit(OP_CUMULATIVE_SUM, ...reductionSpace(node), Number(node.attributes.reverse), node.inputs[0], node);
  },
});
