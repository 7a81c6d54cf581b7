import * as t from '@gradus/tensor';

/** Options of {@link batchRenormalization}. */
export interface BatchRenormalizationOptions {
  /** Steps of training before running statistics count. Default 100,000 (Bhatt et al., 2024). */
  readonly warmUpSteps: number;
}

/** How far the running statistics go towards those of a batch with each step (Bhatt et al., 2024). */
const MOMENTUM = 0.01;
const EPSILON = 1e-3;
/** The limits of r and d (Bhatt et al., 2024). */
const [MAX_SCALE, MAX_SHIFT] = [3, 5];

/** A layer that normalizes its input by the batch, in training, or by running statistics. */
export interface BatchRenormalization {
  readonly parameters: t.Parameters;
  /** Mean and variance that followed the batches, and the number of steps. */
  readonly statistics: t.Parameters;
  /** By the running statistics. */
  readonly apply: (x: t.TensorLike) => t.Tensor;
  /** By the batch, after a warm-up corrected towards the running statistics, which follow the batch. Once in a program. */
  readonly train: (x: t.TensorLike) => t.Tensor;
}

/**
 * Batch renormalization (Ioffe, 2017) of rows [batch × width], with learned scale g and shift b, running mean μ and variance σ². In training, with the batch's
 * own m and v (with Bessel's correction, as PyTorch has it),
 *
 *     y = g ((x − m) / √v · r + d) + b,   r = clip(√(v / σ²), ⅓, 3),   d = clip((m − μ) / σ, −5, 5),
 *
 * ε = 10⁻³ being added to variances; gradients flow through m and v, not through r and d. Up to the call that `warmUpSteps` others came before, r = 1 and
 * d = 0, which is batch normalization (Ioffe and Szegedy, 2015). Then μ ← μ + 0.01 (m − μ) and σ² ← σ² + 0.01 (v − σ²). Otherwise y = g (x − μ) / σ + b.
 */
export function batchRenormalization(
  width: number,
  { warmUpSteps }: BatchRenormalizationOptions,
): BatchRenormalization {
  const ones = (): Float32Array => new Float32Array(width).fill(1);
  const scale = t.variable([width], ones(), { name: 'scale' });
  const shift = t.variable([width], undefined, { name: 'shift' });
  const mean = t.variable([width], undefined, { name: 'mean' });
  const variance = t.variable([width], ones(), { name: 'variance' });
  const steps = t.variable([], [0], { name: 'steps' });
  const affine = (x: t.Tensor): t.Tensor => t.add(t.mul(x, scale), shift);
  const deviationOf = (x: t.TensorLike): t.Tensor => t.sqrt(t.add(x, EPSILON));
  return {
    parameters: { scale, shift },
    statistics: { mean, variance, steps },
    apply: (x) => affine(t.div(t.sub(x, mean), deviationOf(variance))),
    train: (x) => {
      const rows = t.asTensor(x);
      const batchMean = t.mean(rows, { axis: 0 });
      const distances = t.sub(rows, batchMean);
      const batchVariance = t.div(t.sum(t.square(distances), { axis: 0 }), Math.max(rows.shape[0] - 1, 1));
      const [deviation, running] = [deviationOf(batchVariance), deviationOf(variance)];
      const isWarm = t.greater(steps, warmUpSteps);
      const r = t.where(isWarm, t.clip(t.div(deviation, running), 1 / MAX_SCALE, MAX_SCALE), 1);
      const d = t.where(isWarm, t.clip(t.div(t.sub(batchMean, mean), running), -MAX_SHIFT, MAX_SHIFT), 0);
      const normalized = t.add(t.mul(t.div(distances, deviation), t.stopGradient(r)), t.stopGradient(d));
      t.assign(mean, t.add(mean, t.mul(MOMENTUM, t.sub(batchMean, mean))));
      t.assign(variance, t.add(variance, t.mul(MOMENTUM, t.sub(batchVariance, variance))));
      t.assign(steps, t.add(steps, 1));
      return affine(normalized);
    },
  };
}
