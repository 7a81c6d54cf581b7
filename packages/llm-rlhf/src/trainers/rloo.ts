import type { DeviceOption, LearnMoreOptions, LearnOptions } from '@gradus/core';
import * as t from '@gradus/tensor';
import { groupSizeCheck } from '../losses/groups.ts';
import { sequenceSum } from '../losses/log-probabilities.ts';
import { reinforceLoss } from '../losses/reinforce.ts';
import { clippedSequenceLoss, rlooAdvantages } from '../losses/rloo.ts';
import { onlineChecks, onlineDefaults, type OnlineInputs, type OnlineOptions } from './online-options.ts';
import { PolicyUpdate } from './policy-update.ts';
import { Rollouts, sequenceRewards, type OnlineProgress } from './rollouts.ts';
import { Trainer, type TrainerParts } from './trainer.ts';

/**
 * RLOO, REINFORCE leave-one-out (Kool et al., 2019; Ahmadian et al., 2024; S7.2). A round draws k completions yᵢ of each prompt, rewards them with
 *
 *     Rᵢ = r(x, yᵢ) − β log π(yᵢ | x) / π_ref(yᵢ | x),
 *
 * takes the mean of the others as the baseline of each, Aᵢ = Rᵢ − 1 / (k − 1) Σ_{j ≠ i} Rⱼ, and makes a step on
 *
 *     L(θ) = −mean Aᵢ log π(yᵢ | x; θ),
 *
 * or, where `epochs` is above 1, `epochs` of them on −mean min(ρᵢ Aᵢ, clip(ρᵢ, 1 − ε, 1 + ε) Aᵢ) with ρᵢ = π(yᵢ | x; θ) / π_old(yᵢ | x).
 */
export interface RlooOptions extends OnlineOptions {
  /** k, completions of each prompt, at least 2. Default 2 (TRL). */
  readonly groupSize: number;
  /** β. Default 0.05 (TRL). */
  readonly klCoefficient: number;
  /** ε. Default 0.2 (TRL). */
  readonly clipRange: number;
}

/** TRL's defaults. */
export const rlooDefaults: RlooOptions = {
  ...onlineDefaults,
  learningRate: 1e-6,
  epochs: 1,
  groupSize: 2,
  klCoefficient: 0.05,
  clipRange: 0.2,
};

const optionChecks: { readonly [Name in keyof RlooOptions]: t.OptionCheck } = {
  ...onlineChecks,
  groupSize: groupSizeCheck,
  klCoefficient: t.nonNegativeNumber,
  clipRange: t.nonNegativeNumber,
};

/** REINFORCE leave-one-out; see {@link RlooOptions} for the algorithm. */
export class RlooTrainer extends Trainer<RlooOptions> {
  static readonly algorithm = 'rlhf-rloo';
  protected readonly parts: TrainerParts;
  private readonly rollouts: Rollouts;
  private readonly update: PolicyUpdate<{ readonly advantages: 'completion' }>;

  /** @throws RangeError for an unknown option or a wrong one, for prompts that are none or too long, and for what is no reward. */
  constructor(inputs: OnlineInputs, options: Partial<RlooOptions> & DeviceOption = {}) {
    const { algorithm } = RlooTrainer;
    super({ name: 'RlooTrainer', algorithm, defaults: rlooDefaults, checks: optionChecks }, inputs, options);
    const { epochs, clipRange, groupSize } = this.options;
    this.rollouts = new Rollouts('RlooTrainer', inputs, this.options, this.context);
    this.update = new PolicyUpdate(
      this.updated(groupSize),
      this.rollouts.room,
      { advantages: 'completion' },
      (policy, batch) => {
        const { oldLogProbabilities, advantages, mask } = batch;
        const now = sequenceSum(policy.logProbabilities, mask);
        if (epochs === 1) return { loss: reinforceLoss(now, advantages) };
        return { loss: clippedSequenceLoss(now, sequenceSum(oldLogProbabilities, mask), advantages, clipRange) };
      },
    );
    this.parts = this.update.partsWith(this.rollouts);
  }

  async *learn(options: LearnOptions | LearnMoreOptions): AsyncGenerator<OnlineProgress, void, void> {
    const { rollouts, update } = this;
    const { batchSize, groupSize, klCoefficient } = this.options;
    for (const learningRate of this.rounds(options)) {
      const rollout = await rollouts.next();
      const advantages = rlooAdvantages(sequenceRewards(rollout, klCoefficient), groupSize);
      const learned = update.learn(rollout, { advantages }, learningRate);
      yield rollouts.progress(this.progress(batchSize, { ...rollout.metrics, ...learned }), rollout, advantages);
    }
  }
}
