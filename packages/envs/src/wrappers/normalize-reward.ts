import {
  RunningNormalizer,
  checkOptions,
  fraction,
  innerStatistics,
  optional,
  readState,
  restoreArray,
  stepCopies,
  stepEnv,
  withReward,
  type Env,
  type StateDict,
  type Stateful,
  type VectorEnv,
} from '@gradus/core';
import { checkOneOrMore, wrapEnv, wrapVectorEnv } from './wrap-env.ts';

/** What may be changed about the scaling of rewards. */
export interface NormalizeRewardOptions {
  /** Discount γ of the returns whose variance is taken. Default 0.99, as in Gymnasium. */
  readonly gamma?: number | undefined;
}

/** Keeps rewards that never vary from being divided by zero, as in Gymnasium. */
const EPSILON = 1e-8;

/**
 * Gymnasium's `NormalizeReward`: r ↦ r / √(variance(R) + 10⁻⁸), over all discounted returns Rₜ = γ Rₜ₋₁ (1 − terminatedₜ) + rₜ so far.
 * As there, R goes on after a truncation, begins with the last reward after a termination, and nothing is clipped;
 * `RewardNormalizer` of `@gradus/core`, which the agents use, begins every episode with R = 0 and clips to ±10. Of a
 * `VectorEnv` all copies share the variance. Returns that are reported stay those of the rewards that came.
 * The variance is saved with an agent, and put back where it is loaded with an environment so wrapped; evaluations do not change it (`Env.statistics`).
 * Throws `RangeError` unless γ is in [0, 1].
 */
export function normalizeReward(env: Env, options?: NormalizeRewardOptions): Env;
export function normalizeReward(env: VectorEnv, options?: NormalizeRewardOptions): VectorEnv;
export function normalizeReward(env: Env | VectorEnv, options: NormalizeRewardOptions = {}): Env | VectorEnv {
  checkOneOrMore('normalizeReward', env);
  checkOptions('normalizeReward', options, { gamma: optional(fraction) });
  const { gamma = 0.99 } = options;
  return 'numEnvs' in env ? normalizeVector(env, gamma) : normalizeOne(env, gamma);
}

function normalizeOne(env: Env, gamma: number): Env {
  const returns = new DiscountedReturns(1, gamma);
  return wrapEnv(
    env,
    {
      // They know rewards as they were.
      goalRules: undefined,
      statistics: { ...innerStatistics(env, 'reward'), reward: [returns.statistics] },
      step(action) {
        const result = stepEnv(env, action);
        returns.update([result.reward], [result.terminated ? 1 : 0]);
        return withReward(result, result.reward / returns.deviation());
      },
    },
    returns,
  );
}

function normalizeVector(env: VectorEnv, gamma: number): VectorEnv {
  const returns = new DiscountedReturns(env.numEnvs, gamma);
  const rewards = new Float64Array(env.numEnvs);
  return wrapVectorEnv(
    env,
    {
      // They know rewards as they were.
      goalRules: undefined,
      statistics: { ...innerStatistics(env, 'reward'), reward: [returns.statistics] },
      rewards,
      reset(options) {
        env.reset(options);
        rewards.fill(0);
      },
      step(actions) {
        stepCopies(env, actions);
        returns.update(env.rewards, env.terminated);
        const deviation = returns.deviation();
        for (let i = 0; i < rewards.length; i++) rewards[i] = env.rewards[i] / deviation;
      },
    },
    returns,
  );
}

/** The discounted returns of n copies, and their variance over all steps. */
class DiscountedReturns implements Stateful {
  private readonly gamma: number;
  private readonly returns: Float64Array;
  readonly statistics: RunningNormalizer = new RunningNormalizer(1);

  constructor(numEnvs: number, gamma: number) {
    this.gamma = gamma;
    this.returns = new Float64Array(numEnvs);
  }

  update(rewards: ArrayLike<number>, terminated: ArrayLike<number>): void {
    const { gamma, returns } = this;
    for (let i = 0; i < returns.length; i++) returns[i] = gamma * returns[i] * (1 - terminated[i]) + rewards[i];
    this.statistics.update(returns);
  }

  deviation(): number {
    return Math.sqrt(this.statistics.variance[0] + EPSILON);
  }

  getState(): StateDict {
    return { returns: this.returns.slice(), statistics: this.statistics.getState() };
  }

  setState(state: StateDict): void {
    restoreArray(state, 'returns', this.returns);
    this.statistics.setState(readState(state, 'statistics'));
  }
}
