import {
  add,
  asTensor,
  exp,
  expandDims,
  log,
  matmul,
  mul,
  randomNormal,
  square,
  stopGradient,
  sum,
  type TensorLike,
} from '@gradus/tensor';
import { gaussian, type Distribution } from './distributions.ts';

/** Keeps the standard deviation from being 0 where all features are (Stable-Baselines3). */
const MIN_VARIANCE = 1e-6;

/**
 * Normal elements whose noise is a linear function of the state's features: gSDE (Raffin et al., 2021). With φ = `features`,
 * [batch × k], and σ = exp(`logStd`), [k × size],
 *
 *     a = mean + φ W,  W_ij ~ N(0, σ_ij²),   so that   π(a|s) = N(mean, Σ_i φ_i² σ_ij² + 10⁻⁶).
 *
 * Each row has a W of its own, which the key decides: the same key for several steps explores smoothly. No gradient flows into φ unless `learnsFeatures`.
 */
export function stateDependentGaussian(
  mean: TensorLike,
  features: TensorLike,
  logStd: TensorLike,
  { learnsFeatures = false }: { readonly learnsFeatures?: boolean } = {},
): Distribution {
  const center = asTensor(mean);
  const phi = learnsFeatures ? asTensor(features) : stopGradient(features);
  const deviations = exp(logStd);
  const variance = add(matmul(square(phi), square(deviations)), MIN_VARIANCE);
  const [batch, width] = phi.shape;
  return {
    ...gaussian(center, mul(0.5, log(variance))),
    sample: (key) => {
      const weights = mul(deviations, randomNormal(key, [batch, width, center.shape[1]]));
      return add(center, sum(mul(expandDims(phi, 2), weights), { axis: 1 }));
    },
  };
}
