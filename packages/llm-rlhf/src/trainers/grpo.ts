import type { DeviceOption, LearnMoreOptions, LearnOptions } from '@gradus/core';
import * as t from '@gradus/tensor';
import { groupSizeCheck } from '../losses/groups.ts';
import { grpoAdvantages, grpoLoss, type GrpoLossOptions, type RewardScale } from '../losses/grpo.ts';
import { onlineChecks, onlineDefaults, type OnlineInputs, type OnlineOptions } from './online-options.ts';
import { PolicyUpdate } from './policy-update.ts';
import { Rollouts, type OnlineProgress } from './rollouts.ts';
import { Trainer, type TrainerParts } from './trainer.ts';

/**
 * GRPO, group-relative policy optimization (Shao et al., 2024). A round draws k completions of each prompt, compares their rewards,
 *
 *     Aᵢ = (rᵢ − mean) / (deviation + 10⁻⁴),
 *
 * and makes `epochs` steps on a clipped surrogate of single tokens, with the divergence from the reference in the loss,
 *
 *     L(θ) = mean over tokens of −min(ρₜ Aᵢ, clip(ρₜ, 1 − ε, 1 + ε_high) Aᵢ) + β k3ₜ
 *
 * `scaleRewards: 'none'` and `aggregation: 'dr-grpo'` are Dr. GRPO's (Liu et al., 2025), `clipRangeHigh: 0.28` DAPO's (Yu et al., 2025),
 * `importanceSampling: 'sequence'` is GSPO's (Zheng et al., 2025).
 */
export interface GrpoOptions extends OnlineOptions, Required<Omit<GrpoLossOptions, 'maxLength' | 'clipRangeHigh'>> {
  /** k, completions of each prompt, at least 2. Default 8 (TRL). */
  readonly groupSize: number;
  /** What advantages are divided by. Default `group` (TRL). */
  readonly scaleRewards: RewardScale;
  /** ε_high; `null`: ε. Default `null`. */
  readonly clipRangeHigh: number | null;
}

/** TRL's defaults: no divergence in the loss, an average over all tokens. */
export const grpoDefaults: GrpoOptions = {
  ...onlineDefaults,
  learningRate: 1e-6,
  epochs: 1,
  groupSize: 8,
  scaleRewards: 'group',
  aggregation: 'dapo',
  clipRange: 0.2,
  clipRangeHigh: null,
  beta: 0,
  importanceSampling: 'token',
};

const optionChecks: { readonly [Name in keyof GrpoOptions]: t.OptionCheck } = {
  ...onlineChecks,
  groupSize: groupSizeCheck,
  scaleRewards: t.oneOf('group', 'batch', 'none'),
  aggregation: t.oneOf('grpo', 'bnpo', 'dapo', 'dr-grpo'),
  clipRange: t.nonNegativeNumber,
  clipRangeHigh: t.nullable(t.nonNegativeNumber),
  beta: t.nonNegativeNumber,
  importanceSampling: t.oneOf('token', 'sequence'),
};

/** Group-relative policy optimization; see {@link GrpoOptions} for the algorithm. */
export class GrpoTrainer extends Trainer<GrpoOptions> {
  static readonly algorithm = 'rlhf-grpo';
  protected readonly parts: TrainerParts;
  private readonly rollouts: Rollouts;
  private readonly update: PolicyUpdate<{ readonly advantages: 'completion' }>;

  /** @throws RangeError for an unknown option or a wrong one, for prompts that are none or too long, and for what is no reward. */
  constructor(inputs: OnlineInputs, options: Partial<GrpoOptions> & DeviceOption = {}) {
    const { algorithm } = GrpoTrainer;
    super({ name: 'GrpoTrainer', algorithm, defaults: grpoDefaults, checks: optionChecks }, inputs, options);
    const { groupSize, aggregation, clipRange, clipRangeHigh, beta, importanceSampling } = this.options;
    const lossOptions = { aggregation, clipRange, clipRangeHigh: clipRangeHigh ?? clipRange, beta, importanceSampling };
    this.rollouts = new Rollouts('GrpoTrainer', inputs, this.options, this.context);
    this.update = new PolicyUpdate(
      this.updated(groupSize),
      this.rollouts.room,
      { advantages: 'completion' },
      (policy, batch) => {
        const { loss, kl, clipLow, clipHigh } = grpoLoss(
          { ...batch, logProbabilities: policy.logProbabilities },
          lossOptions,
        );
        return { loss, kl, 'clip_ratio/low_mean': clipLow, 'clip_ratio/high_mean': clipHigh };
      },
    );
    this.parts = this.update.partsWith(this.rollouts);
  }

  async *learn(options: LearnOptions | LearnMoreOptions): AsyncGenerator<OnlineProgress, void, void> {
    const { rollouts, update } = this;
    const { batchSize, groupSize, scaleRewards } = this.options;
    for (const learningRate of this.rounds(options)) {
      const rollout = await rollouts.next();
      const advantages = grpoAdvantages(rollout.scores, groupSize, scaleRewards);
      const learned = update.learn(rollout, { advantages }, learningRate);
      yield rollouts.progress(this.progress(batchSize, { ...rollout.metrics, ...learned }), rollout, advantages);
    }
  }
}
