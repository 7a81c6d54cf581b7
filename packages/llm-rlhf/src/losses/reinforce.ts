import * as t from '@gradus/tensor';

/**
 * Inside a program: REINFORCE (Williams, 1992) with whole completions as actions (Ahmadian et al., 2024), whose gradient is that of the expected reward with
 * the opposite sign,
 *
 *     L(θ) = −mean (Rᵢ − b) log π(yᵢ; θ)
 *
 * `logProbabilities` of completions, sums over their tokens, and `advantages` R − b, both [completions].
 */
export function reinforceLoss(logProbabilities: t.Tensor, advantages: t.Tensor): t.Tensor {
  return t.neg(t.mean(t.mul(advantages, logProbabilities)));
}

/** b, the moving average of all rewards until now, b ← decay b + (1 − decay) R, 0 at first. */
export class MovingAverageBaseline {
  private readonly decay: number;
  private average = 0;

  /** @param decay in [0, 1). */
  constructor(decay: number) {
    if (!(decay >= 0 && decay < 1)) {
      throw new RangeError(`MovingAverageBaseline: expected decay to be a number in [0, 1), got ${String(decay)}`);
    }
    this.decay = decay;
  }

  get value(): number {
    return this.average;
  }

  /** Takes rewards in one after another. */
  update(rewards: ArrayLike<number>): void {
    for (const reward of Array.from(rewards)) this.average += (1 - this.decay) * (reward - this.average);
  }

  getState(): { readonly average: number } {
    return { average: this.average };
  }

  setState({ average }: { readonly average: number }): void {
    this.average = average;
  }
}
