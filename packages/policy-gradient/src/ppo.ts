import {
  ActorCriticLookup,
  BaseAgent,
  RolloutCollector,
  approximateKl,
  createActorCritic,
  finiteNumber,
  flag,
  networkChecks,
  networkDefaults,
  nonNegativeNumber,
  nullable,
  positiveInteger,
  positiveNumber,
  rolloutChecks,
  rolloutDefaults,
  roundSize,
  scheduleOf,
  stepInputs,
  type ActorCritic,
  type AgentParts,
  type DeviceOption,
  type Distribution,
  type Env,
  type Metrics,
  type NetworkOptions,
  type OptionCheck,
  type Progress,
  type RolloutOptions,
  type Schedule,
  type VectorEnv,
  type StepInputs,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { KlPenalty } from './kl-penalty.ts';
import { ppoEpochs, updateMetrics } from './ppo-epochs.ts';
import { standardize } from './programs/standardize.ts';

/**
 * Proximal policy optimization (Schulman et al., 2017; S5.9).
 *
 * Each round collects `steps` steps of every environment copy with the present policy, estimates advantages Âₜ by
 * GAE(λ) (Schulman et al., 2016), and makes several epochs of minibatch steps on
 *
 *     L = −E[min(ρₜ Âₜ, clip(ρₜ, 1 − ε, 1 + ε) Âₜ)] + c_v E[(v(sₜ) − Gₜ)²] − c_e E[H(π(·|sₜ))],  ρₜ = π(aₜ|sₜ) / π_old(aₜ|sₜ).
 *
 * The variant with a KL penalty (section 4 of the paper) adds β KL(π_old ‖ π) to L, and leaves out the clipping where `clipRange` is
 * `null`. With `klTarget`, β is doubled after a round that ended with a divergence above 1.5 times the target, over all of its
 * transitions, and halved after one below the target / 1.5. Divergences are estimated as E_old[ρ − 1 − log ρ], which is never negative
 * (Schulman, 2020), from the actions taken.
 *
 * Actor and critic are separate networks. Details follow Stable-Baselines3 and "The 37 implementation details of PPO"
 * (Huang et al., 2022). Where these differ: episodes cut off by a time limit are bootstrapped from the value of their last
 * observation (SB3), clipped value errors are the larger of both (CleanRL), and schedules begin with the first round
 * (CleanRL). The minibatch that `targetKl` ends a round with has been learned from; SB3 leaves it out.
 */
export interface PpoOptions extends NetworkOptions, RolloutOptions {
  /** Steps of each environment copy in a round. Default 2048 (SB3). */
  readonly steps: number;
  /** Transitions in a minibatch; divides steps × number of copies. Default 64 (SB3). */
  readonly batchSize: number;
  /** Passes over a round's transitions. Default 10 (SB3). */
  readonly epochs: number;
  /** Adam's step size, over the progress of training. Default 3e-4 (SB3). */
  readonly learningRate: Schedule;
  /** ε of the clipped surrogate; `null` for no clipping. Default 0.2. */
  readonly clipRange: Schedule | null;
  /** Keeps value predictions within this of the old ones, as the loss sees them; `null` for no limit. Default `null` (SB3). */
  readonly clipRangeValue: Schedule | null;
  /** c_e. Default 0 (SB3). */
  readonly entropyCoefficient: number;
  /** c_v, of the squared error without a factor ½. Default 0.5 (SB3). */
  readonly valueCoefficient: number;
  /** Largest global norm of the gradient. Default 0.5. */
  readonly maxGradNorm: number;
  /** β of the KL penalty in the first round. Default 0: none. */
  readonly klCoefficient: number;
  /** KL divergence of a round that β is adapted to, which then has to begin above 0; `null` for a constant β. Default `null`. */
  readonly klTarget: number | null;
  /** Ends a round after a minibatch whose approximate KL divergence exceeds 1.5 times this; `null` for never. Default `null`. */
  readonly targetKl: number | null;
  /** Whether each minibatch's advantages get mean 0 and standard deviation 1. Default true. */
  readonly normalizeAdvantage: boolean;
  /** Adam's ε. Default 1e-5 (SB3, as in OpenAI's baselines). */
  readonly adamEpsilon: number;
}

/** Stable-Baselines3's defaults. */
export const ppoDefaults: PpoOptions = {
  ...networkDefaults,
  ...rolloutDefaults,
  steps: 2048,
  batchSize: 64,
  epochs: 10,
  learningRate: 3e-4,
  clipRange: 0.2,
  clipRangeValue: null,
  entropyCoefficient: 0,
  valueCoefficient: 0.5,
  maxGradNorm: 0.5,
  klCoefficient: 0,
  klTarget: null,
  targetKl: null,
  normalizeAdvantage: true,
  adamEpsilon: 1e-5,
};

/** What each option must be. */
export const ppoChecks: { readonly [Name in keyof PpoOptions]: OptionCheck } = {
  ...networkChecks,
  ...rolloutChecks,
  steps: positiveInteger,
  batchSize: positiveInteger,
  epochs: positiveInteger,
  learningRate: scheduleOf(nonNegativeNumber),
  clipRange: nullable(scheduleOf(nonNegativeNumber)),
  clipRangeValue: nullable(scheduleOf(nonNegativeNumber)),
  entropyCoefficient: finiteNumber,
  valueCoefficient: nonNegativeNumber,
  maxGradNorm: positiveNumber,
  klCoefficient: nonNegativeNumber,
  klTarget: nullable(positiveNumber),
  targetKl: nullable(positiveNumber),
  normalizeAdvantage: flag,
  adamEpsilon: positiveNumber,
};

/** What the loss needs to know of a minibatch: [rows], actions [rows] or [rows × size], and the two limits. */
export type PpoBatch = Readonly<
  Record<
    'actions' | 'logProbabilities' | 'advantages' | 'returns' | 'values' | 'clipRange' | 'clipRangeValue',
    t.Tensor
  >
>;

/** The parts of the loss that options decide. */
export type PpoLossOptions = Pick<
  PpoOptions,
  'normalizeAdvantage' | 'clipRangeValue' | 'valueCoefficient' | 'entropyCoefficient'
>;

/** PPO's loss, a scalar, and what is worth reporting of it. */
export type PpoLoss = Readonly<
  Record<'loss' | 'policyLoss' | 'valueLoss' | 'entropy' | 'kl' | 'clipFraction', t.Tensor>
>;

/** Inside a program: ρ, [rows], and how far the policy is from the one that chose the actions. */
function policyChange(
  policy: Distribution,
  { actions, logProbabilities }: Pick<PpoBatch, 'actions' | 'logProbabilities'>,
): Readonly<Record<'ratio' | 'kl', t.Tensor>> {
  const logRatio = t.sub(policy.logProbability(actions), logProbabilities);
  const ratio = t.exp(logRatio);
  return { ratio, kl: t.mean(approximateKl(logRatio)) };
}

/** Inside a program: the loss of {@link PpoOptions}, without a KL penalty, of present π and v over a minibatch. */
export function ppoLoss(policy: Distribution, values: t.Tensor, batch: PpoBatch, options: PpoLossOptions): PpoLoss {
  // One number has no standard deviation.
  const normalizes = options.normalizeAdvantage && values.shape[0] > 1;
  const advantages = normalizes ? standardize(batch.advantages) : batch.advantages;

  const { ratio, kl } = policyChange(policy, batch);
  const clipped = t.clip(ratio, t.sub(1, batch.clipRange), t.add(1, batch.clipRange));
  const policyLoss = t.neg(t.mean(t.minimum(t.mul(ratio, advantages), t.mul(clipped, advantages))));

  let errors = t.square(t.sub(values, batch.returns));
  if (options.clipRangeValue !== null) {
    const change = t.clip(t.sub(values, batch.values), t.neg(batch.clipRangeValue), batch.clipRangeValue);
    errors = t.maximum(errors, t.square(t.sub(t.add(batch.values, change), batch.returns)));
  }
  const valueLoss = t.mean(errors);
  const entropy = t.mean(policy.entropy());
  const { valueCoefficient, entropyCoefficient } = options;
  const loss = t.sub(t.add(policyLoss, t.mul(valueCoefficient, valueLoss)), t.mul(entropyCoefficient, entropy));
  const clipFraction = t.mean(t.greater(t.abs(t.sub(ratio, 1)), batch.clipRange));
  return { loss, policyLoss, valueLoss, entropy, kl, clipFraction };
}

/** What was seen and chosen. */
function playedInputs(env: VectorEnv, batchSize: number): StepInputs & Record<'logProbabilities', t.InputSpec> {
  return { ...stepInputs(env, batchSize), logProbabilities: [batchSize] };
}

/** One minibatch step: the loss, its gradient, Adam. */
function updateProgram(
  networks: ActorCritic,
  optimizer: t.Optimizer,
  env: VectorEnv,
  options: PpoOptions,
  device: t.Device,
) {
  const { batchSize, klCoefficient, maxGradNorm } = options;
  const inputs = {
    ...playedInputs(env, batchSize),
    advantages: [batchSize],
    returns: [batchSize],
    values: [batchSize],
    learningRate: [],
    clipRange: [],
    clipRangeValue: [],
    klCoefficient: [],
  };
  return t.program(
    inputs,
    (batch) => {
      const policy = networks.policy(batch.observations, batch.actionMasks);
      const parts = ppoLoss(policy, networks.value(batch.observations), batch, options);
      const loss = klCoefficient > 0 ? t.add(parts.loss, t.mul(batch.klCoefficient, parts.kl)) : parts.loss;
      const { gradientNorm } = optimizer.minimize(loss, { learningRate: batch.learningRate, maxGradNorm });
      return { metrics: updateMetrics(parts, gradientNorm) };
    },
    { device },
  );
}

/** KL(π_old ‖ π) over a minibatch. */
function divergenceProgram(networks: ActorCritic, env: VectorEnv, { batchSize }: PpoOptions, device: t.Device) {
  return t.program(
    playedInputs(env, batchSize),
    (batch) => ({ kl: policyChange(networks.policy(batch.observations, batch.actionMasks), batch).kl }),
    { device },
  );
}

/** A PPO agent; see {@link PpoOptions} for the algorithm. */
export class Ppo extends BaseAgent<PpoOptions> {
  static readonly algorithm = 'ppo';
  protected readonly parts: AgentParts;
  readonly actionDistribution: ActorCriticLookup['actionDistribution'];
  readonly stateValue: ActorCriticLookup['stateValue'];
  private readonly rollouts: RolloutCollector;
  private readonly update: ReturnType<typeof updateProgram>;
  private readonly divergence: ReturnType<typeof divergenceProgram> | undefined;
  private readonly penalty: KlPenalty;

  /**
   * @param env one environment, or n copies stepped together (n × `steps` transitions a round); where it has action masks, illegal
   *   actions are never taken
   * @throws RangeError for an unknown option or a wrong one, such as minibatches that do not divide a round evenly.
   */
  constructor(env: Env | VectorEnv, options: Partial<PpoOptions> & DeviceOption = {}) {
    super({ name: 'Ppo', algorithm: Ppo.algorithm, defaults: ppoDefaults, checks: ppoChecks }, env, options);
    const { adamEpsilon, klCoefficient, klTarget } = this.options;
    if (klTarget !== null && klCoefficient === 0) {
      throw new RangeError('klCoefficient: expected a number above 0, which klTarget adapts, got 0');
    }
    roundSize('Ppo', this.options, this.env);
    const networks = createActorCritic(this.env, this.options, this.random);
    const optimizer = t.adam(networks.parameters, { epsilon: adamEpsilon });
    this.update = updateProgram(networks, optimizer, this.env, this.options, this.device);
    if (klTarget !== null) this.divergence = divergenceProgram(networks, this.env, this.options, this.device);
    this.rollouts = new RolloutCollector(this.training, networks, this.options, { device: this.device });
    const lookup = new ActorCriticLookup(networks, this.env, this.device, this.rollouts.prepare);
    ({ actionDistribution: this.actionDistribution, stateValue: this.stateValue } = lookup);
    this.penalty = new KlPenalty(this.options);
    this.parts = {
      policy: this.rollouts.policy,
      networks: { parameters: networks.parameters },
      optimizers: { optimizer },
      state: { rollouts: this.rollouts, penalty: this.penalty },
      programs: [this.update, this.divergence, this.rollouts, lookup],
    };
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { rollouts } = this;
    for (const progress of rollouts.rounds(totalSteps)) yield rollouts.progress(this.improve(progress));
  }

  /** Learns from one round; `progress` is the part of training that was done before it. */
  private improve(progress: number): Metrics {
    const { update, rollouts, random, options, penalty } = this;
    const klCoefficient = penalty.coefficient;
    update.inputs.klCoefficient[0] = klCoefficient;
    const metrics = ppoEpochs(rollouts.buffer, update, random, options, { agent: this, progress });
    this.checkWeights();
    this.adaptKlCoefficient();
    return { ...metrics, ...(klCoefficient > 0 && { 'train/kl_coefficient': klCoefficient }) };
  }

  /** β of the next round, from the divergence that this one arrived at. */
  private adaptKlCoefficient(): void {
    const { divergence, penalty } = this;
    const { buffer } = this.rollouts;
    const { batchSize } = this.options;
    if (divergence === undefined) return;
    let kl = 0;
    for (let start = 0; start < buffer.size; start += batchSize) {
      buffer.gather(start, start + batchSize, divergence.inputs);
      kl += (divergence.run().kl[0] * batchSize) / buffer.size;
    }
    penalty.adapt(kl);
  }
}
