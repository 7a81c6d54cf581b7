import { checkArguments, fraction, positiveInteger } from '@gradus/tensor';
import { floatArray } from '../options/argument-checks.ts';
import { checkRewards } from '../environments/check-float32.ts';
import { checkOutcome } from '../environments/check-rows.ts';
import { readState, restoreArray, type StateDict, type Stateful } from '../checkpoints/state.ts';
import { RunningNormalizer } from '../statistics/running-normalizer.ts';

/** Scaled rewards are clipped to ±10, and those that never vary kept from being divided by zero, as in Stable-Baselines3. */
const [CLIP, EPSILON] = [10, 1e-8];

/**
 * Scales rewards by the running standard deviation of the discounted return of n environments:
 * Rₜ = γ Rₜ₋₁ + rₜ, r ↦ clip(r / √(variance(R) + 10⁻⁸), ±10), R starting from 0 in each episode (as Stable-Baselines3's VecNormalize).
 */
export class RewardNormalizer implements Stateful {
  private readonly gamma: number;
  private readonly returns: Float64Array;
  private readonly statistics = new RunningNormalizer(1);

  constructor(numEnvs: number, gamma: number) {
    checkArguments('RewardNormalizer', { numEnvs, gamma }, { numEnvs: positiveInteger, gamma: fraction });
    this.gamma = gamma;
    this.returns = new Float64Array(numEnvs);
  }

  /**
   * Takes one step's rewards into account and writes them, scaled, into `target`, which may be `rewards` itself. Throws `EnvError` for one that is not
   * finite, since it would spoil those of all copies.
   */
  normalize(
    outcome: { readonly rewards: Float64Array; readonly terminated: Uint8Array; readonly truncated: Uint8Array },
    target: Float32Array | Float64Array,
  ): void {
    checkOutcome(outcome, this.returns.length);
    checkArguments('RewardNormalizer.normalize', { target }, { target: floatArray });
    const { gamma, returns, statistics } = this;
    const { rewards, terminated, truncated } = outcome;
    checkRewards(rewards);
    for (let i = 0; i < returns.length; i++) returns[i] = gamma * returns[i] + rewards[i];
    statistics.update(returns);
    const scale = Math.sqrt(statistics.variance[0] + EPSILON);
    for (let i = 0; i < returns.length; i++) {
      target[i] = Math.min(Math.max(rewards[i] / scale, -CLIP), CLIP);
      if (terminated[i] || truncated[i]) returns[i] = 0;
    }
  }

  getState(): StateDict {
    return { returns: this.returns.slice(), statistics: this.statistics.getState() };
  }

  setState(state: StateDict): void {
    restoreArray(state, 'returns', this.returns);
    this.statistics.setState(readState(state, 'statistics'));
  }
}
