import type { CategoricalDistribution, DqnOptions, QuantileDistribution } from '@gradus/value-based';

type HeadOptions = Pick<DqnOptions, 'distribution' | 'loss'>;

/** Outputs for each action. */
export function outputCount({ distribution }: HeadOptions): number {
  if (distribution === null) return 1;
  return distribution.kind === 'categorical' ? distribution.atoms : distribution.quantiles;
}

/** q of the outputs for an action. */
export function valueOf(outputs: readonly number[], { distribution }: HeadOptions): number {
  if (distribution === null) return outputs[0];
  if (distribution.kind === 'quantile') return outputs.reduce((a, b) => a + b) / outputs.length;
  const support = supportOf(distribution);
  return softmax(outputs).reduce((sum, p, i) => sum + p * support[i], 0);
}

/** Loss and priority of a prediction, in float64, from the papers' formulas. */
export function lossOf(
  prediction: readonly number[],
  next: readonly number[],
  reward: number,
  discount: number,
  { distribution, loss: kind }: HeadOptions,
): { loss: number; error: number } {
  if (distribution === null) {
    const error = Math.abs(reward + discount * next[0] - prediction[0]);
    return { loss: kind === 'squared' ? error ** 2 : huber(error), error };
  }
  return distribution.kind === 'categorical'
    ? categoricalLoss(prediction, next, reward, discount, distribution)
    : quantileLoss(prediction, next, reward, discount, distribution);
}

function huber(x: number): number {
  return Math.abs(x) <= 1 ? 0.5 * x * x : Math.abs(x) - 0.5;
}

export function softmax(logits: readonly number[]): number[] {
  const exps = logits.map((x) => Math.exp(x - Math.max(...logits)));
  const sum = exps.reduce((a, b) => a + b);
  return exps.map((x) => x / sum);
}

/** zᵢ */
export function supportOf({ atoms, low, high }: CategoricalDistribution): number[] {
  return Array.from({ length: atoms }, (_, i) => low + (i * (high - low)) / (atoms - 1));
}

/** mᵢ = Σⱼ [1 − |clip(r + γ zⱼ) − zᵢ| / Δz]₀¹ pⱼ: equation (7) of Bellemare et al. (2017). */
export function projected(
  probabilities: readonly number[],
  reward: number,
  discount: number,
  distribution: CategoricalDistribution,
): number[] {
  const { atoms, low, high } = distribution;
  const support = supportOf(distribution);
  const spacing = (high - low) / (atoms - 1);
  return support.map((z) =>
    probabilities.reduce((sum, p, j) => {
      const moved = Math.min(Math.max(reward + discount * support[j], low), high);
      return sum + p * Math.min(1, Math.max(0, 1 - Math.abs(moved - z) / spacing));
    }, 0),
  );
}

function categoricalLoss(
  prediction: readonly number[],
  next: readonly number[],
  reward: number,
  discount: number,
  distribution: CategoricalDistribution,
): { loss: number; error: number } {
  const target = projected(softmax(next), reward, discount, distribution);
  const probabilities = softmax(prediction);
  const loss = target.reduce((sum, m, i) => sum - m * Math.log(probabilities[i]), 0);
  const error = target.reduce((sum, m, i) => (m === 0 ? sum : sum + m * Math.log(m / probabilities[i])), 0);
  return { loss, error };
}

/** Σᵢ Eⱼ[|τ̂ᵢ − [u < 0]| H(u)]: equations (9) and (10) of Dabney et al. (2018), κ = 1. */
function quantileLoss(
  prediction: readonly number[],
  next: readonly number[],
  reward: number,
  discount: number,
  { quantiles }: QuantileDistribution,
): { loss: number; error: number } {
  let loss = 0;
  prediction.forEach((theta, i) => {
    const level = (i / quantiles + (i + 1) / quantiles) / 2;
    for (const value of next) {
      const u = reward + discount * value - theta;
      loss += (Math.abs(level - (u < 0 ? 1 : 0)) * huber(u)) / quantiles;
    }
  });
  return { loss, error: loss };
}
