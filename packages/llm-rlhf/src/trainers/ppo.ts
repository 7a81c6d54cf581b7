import { objectOf, type DeviceOption, type LearnMoreOptions, type LearnOptions, type Metrics } from '@gradus/core';
import * as t from '@gradus/tensor';
import { masked } from '../losses/log-probabilities.ts';
import { ppoLoss, type PpoLossOptions } from '../losses/ppo.ts';
import { meanOf } from '../mean.ts';
import { copyDecoder, type Decoder } from '../model/decoder.ts';
import { valueHead, type ScalarHead } from '../model/heads.ts';
import { aRewardModel, RewardModel } from '../model/reward-model.ts';
import { AdaptiveKlCoefficient, type AdaptiveKlOptions } from '../rewards/adaptive-kl.ts';
import { tokenAdvantages } from '../rewards/token-advantages.ts';
import { tokenRewards, type RewardPlacement } from '../rewards/token-rewards.ts';
import { whiten } from '../rewards/whiten.ts';
import { onlineChecks, onlineDefaults, type OnlineInputs, type OnlineOptions } from './online-options.ts';
import { PolicyUpdate } from './policy-update.ts';
import { Rollouts, type OnlineProgress, type Rollout } from './rollouts.ts';
import { statesBefore, textInputs, writeTexts, type TextRoom, type TextTensors } from './texts.ts';
import { Trainer, type TrainerParts } from './trainer.ts';

/**
 * PPO with tokens as actions (Ziegler et al., 2019; Ouyang et al., 2022; Huang et al., 2024; S7.2). A round draws completions, rewards each token with what it costs
 * to stray from the reference, and the last one with the completion's score,
 *
 *     rₜ = −β log π(yₜ | y_{<t}) / π_ref(yₜ | y_{<t}),   r_T += r(x, y),
 *
 * estimates advantages Âₜ by GAE(λ) with a critic's values, whitens them, and makes `epochs` steps on
 *
 *     L(θ) = mean max(−ρₜ Âₜ, −clip(ρₜ, 1 − ε, 1 + ε) Âₜ) + c_v ½ mean max((vₜ − Gₜ)², (clip(vₜ, v_old ± ε_v) − Gₜ)²)
 */
export interface PpoOptions extends OnlineOptions, PpoLossOptions {
  /** β, at first where it follows a target. Default 0.05 (TRL). */
  readonly klCoefficient: number;
  /** How β follows a target divergence (Ziegler et al., 2019). Default `null`: it stays as it is. */
  readonly adaptiveKl: Omit<AdaptiveKlOptions, 'initial'> | null;
  /** γ. Default 1 (TRL). */
  readonly gamma: number;
  /** λ. Default 0.95 (TRL). */
  readonly gaeLambda: number;
  /** Whether rewards are divided by their deviation. Default false (TRL). */
  readonly whitenRewards: boolean;
  /** Where a completion's score is given. Default `last-token`; `after-end` is TRL's until 1.9. */
  readonly placement: RewardPlacement;
}

/** TRL's defaults until 1.9, which were those of Huang et al. (2024). */
export const ppoDefaults: PpoOptions = {
  ...onlineDefaults,
  learningRate: 3e-6,
  adamEpsilon: 1e-5,
  epochs: 4,
  klCoefficient: 0.05,
  adaptiveKl: null,
  clipRange: 0.2,
  clipRangeValue: 0.2,
  valueCoefficient: 0.1,
  gamma: 1,
  gaeLambda: 0.95,
  whitenRewards: false,
  placement: 'last-token',
};

const optionChecks: { readonly [Name in keyof PpoOptions]: t.OptionCheck } = {
  ...onlineChecks,
  batchSize: {
    expected: 'an integer of at least 2, since advantages are whitened over all tokens of a round',
    accepts: (value) => t.positiveInteger.accepts(value) && value !== 1,
  },
  klCoefficient: t.nonNegativeNumber,
  adaptiveKl: t.nullable(
    objectOf('a target of the divergence (with target and horizon)', {
      target: t.positiveNumber,
      horizon: t.positiveNumber,
    }),
  ),
  clipRange: t.nonNegativeNumber,
  clipRangeValue: t.nonNegativeNumber,
  valueCoefficient: t.nonNegativeNumber,
  gamma: t.fraction,
  gaeLambda: t.fraction,
  whitenRewards: t.flag,
  placement: t.oneOf('last-token', 'after-end'),
};

/** What a {@link PpoTrainer} is given. */
export type PpoInputs = OnlineInputs & {
  /**
   * What learns values: a model whose own weights change, or `shared`, a head of zeros on the policy itself (Ziegler et al., 2019). Default: a copy of the reward
   * model where that is the reward (Huang et al., 2024), else of the policy, with a head of zeros.
   */
  readonly critic?: RewardModel | 'shared' | undefined;
};

const isCritic: t.OptionCheck = {
  expected: "a RewardModel or 'shared'",
  accepts: (value) => value === undefined || value === 'shared' || aRewardModel.accepts(value),
};

/** v: a decoder and a head of its own. */
interface Critic {
  readonly decoder: Decoder;
  readonly head: ScalarHead;
}

function createCritic({ critic, reward, model }: PpoInputs): Critic {
  t.checkArguments('PpoTrainer', { critic }, { critic: isCritic });
  if (critic === 'shared') return { decoder: model, head: valueHead(model.sizes.width) };
  if (critic !== undefined) return critic;
  if (!(reward instanceof RewardModel)) return { decoder: copyDecoder(model), head: valueHead(model.sizes.width) };
  const decoder = copyDecoder(reward.decoder);
  const copy = new RewardModel(decoder, { nextFloat: () => 0, normal: () => 0 });
  t.copyParameters(reward.head.parameters, copy.head.parameters);
  return copy;
}

/** Inside a program: the values of the states before each token of completions, [completions, time]. */
function valuesOf({ decoder, head }: Critic, texts: TextTensors): t.Tensor {
  return head.apply(statesBefore(decoder, texts));
}

function valueProgram(critic: Critic, room: TextRoom, device: t.Device) {
  return t.program(textInputs(room), (texts) => ({ values: masked(valuesOf(critic, texts), texts.mask) }), { device });
}

type Extras = Readonly<Record<'advantages' | 'oldValues' | 'returns', 'token'>>;

/** PPO; see {@link PpoOptions} for the algorithm. */
export class PpoTrainer extends Trainer<PpoOptions> {
  static readonly algorithm = 'rlhf-ppo';
  protected readonly parts: TrainerParts;
  private readonly rollouts: Rollouts;
  private readonly update: PolicyUpdate<Extras>;
  private readonly values: ReturnType<typeof valueProgram>;
  private readonly coefficient: AdaptiveKlCoefficient | undefined;

  /** @throws RangeError for an unknown option or a wrong one, for prompts that are none or too long, and for what is no reward. */
  constructor(inputs: PpoInputs, options: Partial<PpoOptions> & DeviceOption = {}) {
    const { algorithm } = PpoTrainer;
    super({ name: 'PpoTrainer', algorithm, defaults: ppoDefaults, checks: optionChecks }, inputs, options);
    const { klCoefficient, adaptiveKl, batchSize } = this.options;
    if (adaptiveKl !== null && adaptiveKl.horizon < batchSize) {
      throw new RangeError(
        `PpoTrainer: expected the horizon of adaptiveKl to be at least batchSize, ${batchSize}, got ${adaptiveKl.horizon}`,
      );
    }
    const critic = createCritic(inputs);
    this.rollouts = new Rollouts('PpoTrainer', inputs, { ...this.options, groupSize: 1 }, this.context);
    const { room } = this.rollouts;
    this.values = valueProgram(critic, room, this.device);
    const own = critic.decoder === this.decoder ? {} : { critic: critic.decoder.parameters };
    const networks = { ...own, head: critic.head.parameters };
    const extras = { advantages: 'token', oldValues: 'token', returns: 'token' } as const;
    this.update = new PolicyUpdate(this.updated(1, networks), room, extras, (policy, batch) => {
      const { logProbabilities } = policy;
      const { loss, ...parts } = ppoLoss({ ...batch, logProbabilities, values: valuesOf(critic, batch) }, this.options);
      return {
        loss,
        'loss/policy_avg': parts.policyLoss,
        'loss/value_avg': parts.valueLoss,
        'policy/approxkl_avg': parts.approximateKl,
        'policy/clipfrac_avg': parts.clipFraction,
        'val/clipfrac_avg': parts.valueClipFraction,
        'val/ratio': parts.ratio,
      };
    });
    this.coefficient =
      adaptiveKl === null ? undefined : new AdaptiveKlCoefficient({ initial: klCoefficient, ...adaptiveKl });
    const state = this.coefficient === undefined ? {} : { klCoefficient: this.coefficient };
    // One that was given stays, as the model does.
    const made = inputs.critic instanceof RewardModel ? [] : Object.values(networks);
    const critics = made.map((parameters) => ({
      dispose: () => {
        t.disposeParameters(parameters);
      },
    }));
    this.parts = this.update.partsWith(this.rollouts, { networks, state, programs: [this.values, ...critics] });
  }

  async *learn(options: LearnOptions | LearnMoreOptions): AsyncGenerator<OnlineProgress, void, void> {
    const { rollouts, update } = this;
    const { batchSize } = this.options;
    for (const learningRate of this.rounds(options)) {
      const rollout = await rollouts.next();
      const { metrics, ...estimates } = this.estimate(rollout);
      const learned = update.learn(rollout, estimates, learningRate);
      const progress = this.progress(batchSize, { ...rollout.metrics, ...metrics, ...learned });
      yield rollouts.progress(progress, rollout);
    }
  }

  /** Rewards of tokens, and what follows from them. */
  private estimate(rollout: Rollout): Readonly<Record<keyof Extras, Float32Array>> & { readonly metrics: Metrics } {
    const { completions, scores, kl, turnRewards } = rollout;
    const { batchSize, gamma, gaeLambda: lambda, placement, whitenRewards } = this.options;
    const { time } = this.rollouts.room;
    const klCoefficient = this.coefficient?.value ?? this.options.klCoefficient;
    writeTexts(this.values.inputs, rollout.texts, this.rollouts.room);
    const oldValues = Float32Array.from(this.values.run().values);
    const plain = tokenRewards(completions, scores, kl, { klCoefficient, placement, time, turnRewards });
    const rewards = whitenRewards ? whiten(plain, completions.mask, { shiftsMean: false }) : plain;
    const { advantages, returns } = tokenAdvantages(completions, rewards, oldValues, {
      gamma,
      lambda,
      placement,
      time,
    });
    const divergence = rollout.metrics['objective/kl'];
    this.coefficient?.update(divergence, batchSize);
    return {
      advantages: whiten(advantages, completions.mask, { shiftsMean: true }),
      oldValues,
      returns,
      metrics: {
        'objective/scores': meanOf(Array.from(scores)),
        'objective/non_score_reward': -klCoefficient * divergence,
        'objective/rlhf_reward': meanOf(Array.from(scores)) - klCoefficient * divergence,
        'objective/kl_coefficient': klCoefficient,
        'val/num_eos_tokens': completions.ended.reduce((sum, each) => sum + each, 0),
      },
    };
  }
}
