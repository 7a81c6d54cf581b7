import type { Tensor, TensorLike } from '../tensor.ts';
import { add, mul, reciprocal, sqrt, square, sub, withGradient } from './map.ts';
import { cast } from './cast.ts';
import { checkArguments, nonNegativeNumber, optional } from '../check-options.ts';
import { isTensorLike } from './constant.ts';
import { centered, mean } from './reduce.ts';

/** Options of {@link layerNorm} and {@link rmsNorm}. */
export interface NormOptions {
  /** Multiplies the result; the shape of the last axis. */
  readonly scale?: TensorLike;
  /** Added to the variance. Default 1e-5, as in PyTorch. */
  readonly epsilon?: number;
}

const normChecks = { scale: optional(isTensorLike), epsilon: optional(nonNegativeNumber) };

/**
 * (x − mean) / √(variance + ε) · scale + shift over the last axis (Ba, Kiros and Hinton, 2016).
 * @param options.shift added to the result; the shape of the last axis.
 */
export function layerNorm(x: TensorLike, options: NormOptions & { readonly shift?: TensorLike } = {}): Tensor {
  checkArguments('layerNorm', options, { ...normChecks, shift: optional(isTensorLike) });
  const tensor = cast(x, 'float32', 'layerNorm');
  const overLast = { axis: -1, keepDims: true };
  const distances = centered('layerNorm', tensor, -1);
  const inverse = reciprocal(sqrt(add(mean(square(distances), overLast), options.epsilon ?? 1e-5)));
  const normalized = withGradient(mul(distances, inverse), [tensor], (y, gradient) => {
    const parallel = mul(y, mean(mul(gradient, y), overLast));
    return [mul(inverse, sub(sub(gradient, mean(gradient, overLast)), parallel))];
  });
  const scaled = options.scale === undefined ? normalized : mul(normalized, options.scale);
  return options.shift === undefined ? scaled : add(scaled, options.shift);
}

/** x / √(mean(x²) + ε) · scale over the last axis (Zhang and Sennrich, 2019). */
export function rmsNorm(x: TensorLike, options: NormOptions = {}): Tensor {
  checkArguments('rmsNorm', options, normChecks);
  const tensor = cast(x, 'float32', 'rmsNorm');
  const overLast = { axis: -1, keepDims: true };
  const inverse = reciprocal(sqrt(add(mean(square(tensor), overLast), options.epsilon ?? 1e-5)));
  const normalized = withGradient(mul(tensor, inverse), [tensor], (y, gradient) => [
    mul(inverse, sub(gradient, mul(y, mean(mul(gradient, y), overLast)))),
  ]);
  return options.scale === undefined ? normalized : mul(normalized, options.scale);
}
