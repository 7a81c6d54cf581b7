import {
  ActorCriticLookup,
  BaseAgent,
  checkUpdate,
  createActorCritic,
  scheduleValue,
  stepInputs,
  type ActorCritic,
  type AgentParts,
  type DeviceOption,
  type Env,
  type Metrics,
  type Progress,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { flatten, parameterCount, unflatten } from './programs/flat-parameters.ts';
import { reinforceChecks, reinforceDefaults, type ReinforceOptions } from './reinforce-options.ts';
import { episodeAdvantages } from './reinforce/episode-advantages.ts';
import type { EpisodeBuffer } from './reinforce/episode-buffer.ts';
import { EpisodeCollector } from './reinforce/episode-collector.ts';
import { OptimalBaseline } from './reinforce/optimal-baseline.ts';
import { ValueBaseline } from './reinforce/value-baseline.ts';

/** Adds the gradient of the loss −Σ wₜ log π(aₜ | sₜ) over `batchSize` steps to `total`; the entropies of those with `heeded` 1 are summed up. */
function gradientProgram(
  networks: ActorCritic,
  total: t.Variable,
  env: VectorEnv,
  batchSize: number,
  device: t.Device,
) {
  return t.program(
    { ...stepInputs(env, batchSize), weights: [batchSize], heeded: [batchSize] },
    ({ observations, actions, weights, heeded, actionMasks }) => {
      const policy = networks.policy(observations, actionMasks);
      const loss = t.neg(t.sum(t.mul(weights, policy.logProbability(actions))));
      const gradients = t.grad(loss, Object.values(networks.actorParameters));
      t.assign(total, t.add(total, flatten(gradients)));
      return { loss, entropy: t.sum(t.mul(heeded, policy.entropy())) };
    },
    { device },
  );
}

/** One step of Adam along the gradient `total`, which begins anew from 0. */
function policyStepProgram(
  optimizer: t.Optimizer,
  parameters: t.Parameters,
  total: t.Variable,
  maxGradNorm: number | null,
  device: t.Device,
) {
  return t.program(
    { learningRate: [] },
    ({ learningRate }) => {
      const { gradientNorm } = optimizer.apply(unflatten(t.asTensor(total), parameters), { learningRate, maxGradNorm });
      t.assign(total, t.full(total.shape, 0));
      return { gradientNorm };
    },
    { device },
  );
}

/** A REINFORCE agent; see {@link ReinforceOptions} for the algorithm. */
export class Reinforce extends BaseAgent<ReinforceOptions> {
  static readonly algorithm = 'reinforce';
  protected readonly parts: AgentParts;
  readonly actionDistribution: ActorCriticLookup['actionDistribution'];
  /** −ĝ, all parameters of the actor in one list, [p]; 0 between updates. */
  private readonly total: t.Variable;
  private readonly gradient: ReturnType<typeof gradientProgram>;
  private readonly policyStep: ReturnType<typeof policyStepProgram>;
  /** Where `baseline` asks for one. */
  private readonly valueBaseline: ValueBaseline | undefined;
  private readonly optimalBaseline: OptimalBaseline | undefined;
  private readonly rollouts: EpisodeCollector;

  /**
   * @param env one environment, or n copies stepped together; where it has action masks, illegal actions are never taken
   * @throws RangeError for an unknown option or a wrong one, such as a baseline from other episodes where an update has only one.
   */
  constructor(env: Env | VectorEnv, options: Partial<ReinforceOptions> & DeviceOption = {}) {
    const { algorithm } = Reinforce;
    super({ name: 'Reinforce', algorithm, defaults: reinforceDefaults, checks: reinforceChecks }, env, options);
    const { device, env: copies } = this;
    const { episodes, baseline, batchSize, maxGradNorm } = this.options;
    if ((baseline === 'mean' || baseline === 'optimal') && episodes * copies.numEnvs < 2) {
      throw new RangeError(`baseline '${baseline}': expected at least 2 episodes (episodes × copies), got 1`);
    }
    const networks = createActorCritic(copies, this.options, this.random);
    const { actorParameters } = networks;
    const optimizer = t.adam(actorParameters);
    this.total = t.variable([parameterCount(actorParameters)]);
    this.gradient = gradientProgram(networks, this.total, copies, batchSize, device);
    this.policyStep = policyStepProgram(optimizer, actorParameters, this.total, maxGradNorm, device);
    if (baseline === 'value') this.valueBaseline = new ValueBaseline(networks, copies, this.options, device);
    if (baseline === 'optimal') this.optimalBaseline = new OptimalBaseline(networks, copies, device);
    this.rollouts = new EpisodeCollector(this.training, networks, this.options, device);
    const { gradient, policyStep, valueBaseline, optimalBaseline, rollouts, total } = this;
    const lookup = new ActorCriticLookup(networks, copies, device);
    this.actionDistribution = lookup.actionDistribution;
    this.parts = {
      policy: rollouts.policy,
      networks: { parameters: networks.parameters },
      optimizers: { optimizer, ...(valueBaseline && { 'value-optimizer': valueBaseline.optimizer }) },
      state: { rollouts },
      programs: [gradient, policyStep, valueBaseline, optimalBaseline, rollouts, total, lookup],
    };
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { rollouts, valueBaseline } = this;
    const finalValue = (observations: Float32Array, copy: number): number =>
      valueBaseline?.valueOf(observations, copy) ?? 0;
    for (const progress of rollouts.rounds(totalSteps, finalValue)) yield rollouts.progress(this.improve(progress));
  }

  /** One step of the policy, and the value network's; `progress` is the part of training that was done before this round. */
  private improve(progress: number): Metrics {
    const { policyStep, valueBaseline, optimalBaseline } = this;
    const { buffer } = this.rollouts;
    const advantages = episodeAdvantages(buffer, this.options, valueBaseline);
    const sums = this.addGradients(buffer, advantages);
    if (optimalBaseline) this.total.write(optimalBaseline.gradient(buffer, advantages).map((slope) => -slope));
    const rate = scheduleValue(this.options.learningRate, progress);
    policyStep.inputs.learningRate[0] = rate;
    const { gradientNorm } = policyStep.run();
    const metrics = {
      'train/policy_loss': sums.loss,
      'train/entropy': sums.entropy / buffer.size,
      'train/gradient_norm': gradientNorm[0],
      'train/learning_rate': rate,
    };
    checkUpdate(this, metrics);
    const critique = valueBaseline?.fit(buffer, { agent: this, random: this.random, progress });
    this.checkWeights();
    return { ...metrics, ...critique };
  }

  /** Adds −ĝ to `total`, some steps at a time; the loss that it is the gradient of, and the sum of entropies. */
  private addGradients(buffer: EpisodeBuffer, advantages: Float64Array): { loss: number; entropy: number } {
    const { gradient } = this;
    const { batchSize } = this.options;
    const { weights, heeded } = gradient.inputs;
    const rows = buffer.rows();
    let loss = 0;
    let entropy = 0;
    for (let start = 0; start < buffer.size; start += batchSize) {
      buffer.gather(rows, start, gradient.inputs);
      for (let i = 0; i < batchSize; i++) {
        const step = start + i;
        // Rows after the last step are copies of the first ones and must not count.
        heeded[i] = step < buffer.size ? 1 : 0;
        weights[i] = heeded[i] && (buffer.factors[step] * advantages[step]) / buffer.numEpisodes;
      }
      const sums = gradient.run();
      loss += sums.loss[0];
      entropy += sums.entropy[0];
    }
    return { loss, entropy };
  }
}
