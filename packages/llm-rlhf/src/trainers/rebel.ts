import type { DeviceOption, LearnMoreOptions, LearnOptions } from '@gradus/core';
import * as t from '@gradus/tensor';
import { sequenceSum } from '../losses/log-probabilities.ts';
import { rebelLoss, type RebelLossOptions } from '../losses/rebel.ts';
import { onlineChecks, onlineDefaults, type OnlineInputs, type OnlineOptions } from './online-options.ts';
import { PolicyUpdate } from './policy-update.ts';
import { Rollouts, sequenceRewards, type OnlineProgress } from './rollouts.ts';
import { Trainer, type TrainerParts } from './trainer.ts';

/**
 * REBEL, regression to relative rewards (Gao et al., 2024; S7.2). A round draws two completions y, y′ of each prompt x, and makes `epochs` steps towards a policy whose
 * changes say which is better, and by how much,
 *
 *     L(θ) = mean ((1 / η) (log π(y | x; θ) / π_old(y | x) − log π(y′ | x; θ) / π_old(y′ | x)) − (R(y) − R(y′)))²
 *
 * with R = r(x, y) − β log π_old(y | x) / π_ref(y | x).
 */
export interface RebelOptions extends OnlineOptions, RebelLossOptions {
  /** β. Default 0.05 (the authors' code). */
  readonly klCoefficient: number;
}

/** Those of the authors' code for TL;DR. */
export const rebelDefaults: RebelOptions = {
  ...onlineDefaults,
  learningRate: 3e-6,
  adamEpsilon: 1e-5,
  epochs: 4,
  eta: 1,
  scaling: 'paper',
  klCoefficient: 0.05,
};

const optionChecks: { readonly [Name in keyof RebelOptions]: t.OptionCheck } = {
  ...onlineChecks,
  eta: t.positiveNumber,
  scaling: t.oneOf('paper', 'repository'),
  klCoefficient: t.nonNegativeNumber,
};

/** Completions of each prompt. */
const PAIR = 2;

/** Regression to relative rewards; see {@link RebelOptions} for the algorithm. */
export class RebelTrainer extends Trainer<RebelOptions> {
  static readonly algorithm = 'rlhf-rebel';
  protected readonly parts: TrainerParts;
  private readonly rollouts: Rollouts;
  private readonly update: PolicyUpdate<{ readonly rewards: 'completion' }>;

  /** @throws RangeError for an unknown option or a wrong one, for prompts that are none or too long, and for what is no reward. */
  constructor(inputs: OnlineInputs, options: Partial<RebelOptions> & DeviceOption = {}) {
    const { algorithm } = RebelTrainer;
    super({ name: 'RebelTrainer', algorithm, defaults: rebelDefaults, checks: optionChecks }, inputs, options);
    this.rollouts = new Rollouts('RebelTrainer', inputs, { ...this.options, groupSize: PAIR }, this.context);
    this.update = new PolicyUpdate(
      this.updated(PAIR),
      this.rollouts.room,
      { rewards: 'completion' },
      (policy, batch) => {
        const pairs = (values: t.Tensor): t.Tensor => t.reshape(values, [values.shape[0] / PAIR, PAIR]);
        const [now, old] = [policy.logProbabilities, batch.oldLogProbabilities].map((each) =>
          pairs(sequenceSum(each, batch.mask)),
        );
        return rebelLoss(now, old, pairs(batch.rewards), this.options);
      },
    );
    this.parts = this.update.partsWith(this.rollouts);
  }

  async *learn(options: LearnOptions | LearnMoreOptions): AsyncGenerator<OnlineProgress, void, void> {
    const { rollouts, update } = this;
    const { batchSize, klCoefficient } = this.options;
    for (const learningRate of this.rounds(options)) {
      const rollout = await rollouts.next();
      const rewards = sequenceRewards(rollout, klCoefficient);
      const learned = update.learn(rollout, { rewards }, learningRate);
      const progress = this.progress(batchSize, { ...rollout.metrics, ...learned });
      yield rollouts.progress(
        progress,
        rollout,
        rewards.map((reward, i) => reward - rewards[i ^ 1]),
      );
    }
  }
}
