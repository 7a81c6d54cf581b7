import { anyValue, checkArguments, flag, optional, type OptionCheck } from '../check-options.ts';
import type { DType } from '../dtype.ts';
import { sizeOf } from '../shape.ts';
import { currentTrace, type Tensor, type TensorLike } from '../tensor.ts';
import { asTensor } from './constant.ts';
import { reshape, resolveAxis, transpose } from './shape.ts';

/** Which axes an operation runs over. */
export interface AxisOptions {
  /** One axis or several, negative ones counted from the end. Default: all. */
  readonly axis?: number | readonly number[];
  /** Whether reduced axes stay, with size 1. Default false. */
  readonly keepDims?: boolean;
}

const axisChecks = { axis: optional(anyValue), keepDims: optional(flag) };

/** The tensor that is reduced, once the options are checked; `more` are the checks of options besides the axes. */
export function checkedTensor<Options extends AxisOptions>(
  operation: string,
  x: TensorLike,
  options: Options,
  more: Readonly<Record<Exclude<keyof Options, keyof AxisOptions>, OptionCheck>>,
): Tensor {
  checkArguments<AxisOptions>(operation, options, { ...axisChecks, ...more });
  return asTensor(x, 'float32', operation);
}

/** The axes that an operation runs over: from the first to the last, each once. @throws RangeError for one that is not there. */
export function resolveAxes(operation: string, tensor: Tensor, axis: AxisOptions['axis']): number[] {
  const rank = tensor.shape.length;
  if (axis === undefined) return tensor.shape.map((_, i) => i);
  const axes = (Array.isArray(axis) ? (axis as readonly number[]) : [axis as number]).map((one) =>
    resolveAxis(operation, one, rank),
  );
  return [...new Set(axes)].sort((a, b) => a - b);
}

/** Applies the reduction `name` over neighbouring axes; others are brought together first. */
export function reduce(name: string, x: Tensor, options: AxisOptions, dtype: DType): Tensor {
  const axes = resolveAxes(name, x, options.axis);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const shape = kept.map((axis) => x.shape[axis]);
  const keptShape = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const result = reduceAxes(name, x, axes, kept, shape, dtype);
  return options.keepDims === true ? reshape(result, keptShape) : result;
}

function reduceAxes(
  name: string,
  x: Tensor,
  axes: readonly number[],
  kept: readonly number[],
  shape: readonly number[],
  dtype: DType,
): Tensor {
  if (axes.length === 0) return x;
  const neighbours = axes.every((axis, i) => axis === axes[0] + i);
  const source = neighbours ? x : transpose(x, [...kept, ...axes]);
  const start = neighbours ? axes[0] : kept.length;
  return currentTrace().node(name, [source], shape, dtype, { start, end: start + axes.length });
}

/** The space [outer, n, inner] of a reduction. */
export function reductionSpace(node: Tensor): [outer: number, n: number, inner: number] {
  const { start, end } = node.attributes as { start: number; end: number };
  const { shape } = node.inputs[0];
  return [sizeOf(shape.slice(0, start)), sizeOf(shape.slice(start, end)), sizeOf(shape.slice(end))];
}
