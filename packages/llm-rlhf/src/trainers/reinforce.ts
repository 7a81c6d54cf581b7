import type { DeviceOption, LearnMoreOptions, LearnOptions } from '@gradus/core';
import * as t from '@gradus/tensor';
import { sequenceSum } from '../losses/log-probabilities.ts';
import { MovingAverageBaseline, reinforceLoss } from '../losses/reinforce.ts';
import { clippedSequenceLoss } from '../losses/rloo.ts';
import { meanOf } from '../mean.ts';
import { onlineChecks, onlineDefaults, type OnlineInputs, type OnlineOptions } from './online-options.ts';
import { PolicyUpdate } from './policy-update.ts';
import { Rollouts, sequenceRewards, type OnlineProgress } from './rollouts.ts';
import { Trainer, type TrainerParts } from './trainer.ts';

/**
 * REINFORCE with whole completions as actions (Williams, 1992; Ahmadian et al., 2024; S7.2). A round draws a completion y of each prompt x, and makes a step on
 *
 *     L(θ) = −mean (R − b) log π(y | x; θ),   R = r(x, y) − β log π(y | x) / π_ref(y | x),
 *
 * or, where `epochs` is above 1, `epochs` of them on −mean min(ρ (R − b), clip(ρ, 1 − ε, 1 + ε) (R − b)) with ρ = π(y | x; θ) / π_old(y | x).
 */
export interface ReinforceOptions extends OnlineOptions {
  /**
   * b: `moving-average` of the rewards of former rounds, 0 at first (Ahmadian et al., 2024); `batch-mean` of the present one, which is the mean of R and so not
   * independent of it; `none`, 0. Default `moving-average`.
   */
  readonly baseline: 'moving-average' | 'batch-mean' | 'none';
  /** What is left of the moving average after a reward. Default 0.999: a thousand completions. */
  readonly baselineDecay: number;
  /** β. Default 0.05, as the other trainers have it. */
  readonly klCoefficient: number;
  /** ε. Default 0.2, as in RLOO. */
  readonly clipRange: number;
}

/** Step size and β of TRL's RLOO. */
export const reinforceDefaults: ReinforceOptions = {
  ...onlineDefaults,
  learningRate: 1e-6,
  epochs: 1,
  baseline: 'moving-average',
  baselineDecay: 0.999,
  klCoefficient: 0.05,
  clipRange: 0.2,
};

const optionChecks: { readonly [Name in keyof ReinforceOptions]: t.OptionCheck } = {
  ...onlineChecks,
  baseline: t.oneOf('moving-average', 'batch-mean', 'none'),
  baselineDecay: { expected: 'a number in [0, 1)', accepts: (value) => t.fraction.accepts(value) && value !== 1 },
  klCoefficient: t.nonNegativeNumber,
  clipRange: t.nonNegativeNumber,
};

/** REINFORCE; see {@link ReinforceOptions} for the algorithm. */
export class ReinforceTrainer extends Trainer<ReinforceOptions> {
  static readonly algorithm = 'rlhf-reinforce';
  protected readonly parts: TrainerParts;
  private readonly rollouts: Rollouts;
  private readonly update: PolicyUpdate<{ readonly advantages: 'completion' }>;
  private readonly average: MovingAverageBaseline;

  /** @throws RangeError for an unknown option or a wrong one, for prompts that are none or too long, and for what is no reward. */
  constructor(inputs: OnlineInputs, options: Partial<ReinforceOptions> & DeviceOption = {}) {
    const { algorithm } = ReinforceTrainer;
    super({ name: 'ReinforceTrainer', algorithm, defaults: reinforceDefaults, checks: optionChecks }, inputs, options);
    const { epochs, clipRange, baselineDecay } = this.options;
    this.rollouts = new Rollouts('ReinforceTrainer', inputs, { ...this.options, groupSize: 1 }, this.context);
    this.update = new PolicyUpdate(
      this.updated(1),
      this.rollouts.room,
      { advantages: 'completion' },
      (policy, batch) => {
        const { oldLogProbabilities, advantages, mask } = batch;
        const now = sequenceSum(policy.logProbabilities, mask);
        if (epochs === 1) return { loss: reinforceLoss(now, advantages) };
        return { loss: clippedSequenceLoss(now, sequenceSum(oldLogProbabilities, mask), advantages, clipRange) };
      },
    );
    this.average = new MovingAverageBaseline(baselineDecay);
    this.parts = this.update.partsWith(this.rollouts, { state: { baseline: this.average } });
  }

  async *learn(options: LearnOptions | LearnMoreOptions): AsyncGenerator<OnlineProgress, void, void> {
    const { rollouts, update } = this;
    const { batchSize, klCoefficient } = this.options;
    for (const learningRate of this.rounds(options)) {
      const rollout = await rollouts.next();
      const rewards = sequenceRewards(rollout, klCoefficient);
      const baseline = this.baselineOf(rewards);
      const advantages = rewards.map((reward) => reward - baseline);
      const learned = { ...update.learn(rollout, { advantages }, learningRate), baseline };
      yield rollouts.progress(this.progress(batchSize, { ...rollout.metrics, ...learned }), rollout, advantages);
    }
  }

  /** b, which the moving average then takes the rewards into. */
  private baselineOf(rewards: Float32Array): number {
    const { average, options } = this;
    const { value } = average;
    average.update(rewards);
    if (options.baseline === 'none') return 0;
    return options.baseline === 'batch-mean' ? meanOf(Array.from(rewards)) : value;
  }
}
