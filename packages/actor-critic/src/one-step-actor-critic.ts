import {
  ActorCriticLookup,
  BaseAgent,
  ProgramPolicy,
  SamplingKeys,
  UpdateMetrics,
  actorCriticOf,
  actionCounts,
  checkActionMasks,
  clipToBounds,
  createActions,
  createActorCritic,
  everyStep,
  featureCount,
  flag,
  fraction,
  naturalNumber,
  networkChecks,
  networkDefaults,
  nonNegativeNumber,
  policyOutputs,
  positiveInteger,
  savedValues,
  scheduleOf,
  scheduleValue,
  stepInputs,
  type ActorCritic,
  type AgentParts,
  type DeviceOption,
  type Env,
  type NetworkOptions,
  type OptionCheck,
  type Progress,
  type Random,
  type Schedule,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';

/**
 * One-step actor-critic (Sutton and Barto, 2018, section 13.5; S6.1), which learns from each step when it is made:
 *
 *     δ = r + γ v(s′) − v(s)   (v(s′) = 0 where the task ended)
 *     w ← w + β δ ∇v(s; w),   θ ← θ + α I δ ∇ log π(a|s; θ)
 *
 * with I = γᵗ at the t-th step of an episode, or 1. δ is an estimate of the advantage A = q − v. Where a time limit cuts the episode off, v of its last
 * observation counts.
 *
 * With `hidden: []`, v and the policy's outputs are linear functions of `observationFeatures`, 0 at first: of `Discrete` observations tables, one number for each
 * state, and one for each state and action. `networks` may be any others, such as ones with features of one's own. Copies learn side by side: what they would
 * change is added up.
 */
export interface OneStepActorCriticOptions extends NetworkOptions {
  /** α, the actor's step size, over the progress of training. Default 1e-3. */
  readonly learningRate: Schedule;
  /** β, the critic's. Default 1e-2. */
  readonly criticLearningRate: Schedule;
  /** γ. Default 0.99. */
  readonly gamma: number;
  /** Whether I = γᵗ, as in the book, and not 1, as nearly everywhere else. Default false. */
  readonly discountsSteps: boolean;
  /** Environment steps between two reports. Default 100. */
  readonly reportInterval: number;
  /** Seeds weights, actions and environments. Default 0. */
  readonly seed: number;
}

/** Step sizes for small networks; those of tables are larger. */
export const oneStepActorCriticDefaults: OneStepActorCriticOptions = {
  ...networkDefaults,
  learningRate: 1e-3,
  criticLearningRate: 1e-2,
  gamma: 0.99,
  discountsSteps: false,
  reportInterval: 100,
  seed: 0,
};

const optionChecks: { readonly [Name in keyof OneStepActorCriticOptions]: OptionCheck } = {
  ...networkChecks,
  learningRate: scheduleOf(nonNegativeNumber),
  criticLearningRate: scheduleOf(nonNegativeNumber),
  gamma: fraction,
  discountsSteps: flag,
  reportInterval: positiveInteger,
  seed: naturalNumber,
};

/** Networks as the options ask for; without hidden layers, linear functions without a bias that are 0 at first. */
function createNetworks(env: VectorEnv, options: OneStepActorCriticOptions, random: Random): ActorCritic {
  if (options.networks !== null || options.hidden?.length !== 0) return createActorCritic(env, options, random);
  const input = featureCount(env.observationSpace);
  const layer = (output: number): t.Module => t.linear({ input, output, weight: 'zeros', bias: false, random });
  return actorCriticOf(env, { head: layer(policyOutputs(env.actionSpace)), critic: layer(1) }, options);
}

/** What an update reports. */
const metricNames = ['train/td_error', 'train/value_loss', 'train/entropy'] as const;

/** Draws actions for all copies. */
function actProgram(networks: ActorCritic, env: VectorEnv, batch: number, deterministic: boolean, device: t.Device) {
  const { observations, ...masks } = stepInputs(env, batch);
  return t.program(
    { observations, ...(masks.actionMasks && { actionMasks: masks.actionMasks }), key: { shape: [2], dtype: 'int32' } },
    (inputs) => {
      const policy = networks.policy(inputs.observations, (inputs as { actionMasks?: t.Tensor }).actionMasks);
      return { actions: deterministic ? policy.mode() : policy.sample(inputs.key) };
    },
    { device },
  );
}

/** The step that follows from a step of all copies. */
function updateProgram(networks: ActorCritic, env: VectorEnv, device: t.Device) {
  const { numEnvs } = env;
  const actor = t.sgd(networks.actorParameters);
  const critic = t.sgd(networks.criticParameters);
  return t.program(
    {
      ...stepInputs(env, numEnvs),
      rewards: [numEnvs],
      nextObservations: [numEnvs, env.observationSpace.size],
      // γ, or 0 where the task ended.
      discounts: [numEnvs],
      // I.
      factors: [numEnvs],
      learningRate: [],
      criticLearningRate: [],
    },
    ({ observations, actions, actionMasks, rewards, nextObservations, discounts, factors, ...rates }) => {
      const value = networks.value(observations);
      const target = t.add(rewards, t.mul(discounts, networks.value(nextObservations)));
      const errors = t.stopGradient(t.sub(target, value));
      const policy = networks.policy(observations, actionMasks);
      const policyGain = t.sum(t.mul(t.mul(factors, errors), policy.logProbability(actions)));
      critic.minimize(t.neg(t.sum(t.mul(errors, value))), { learningRate: rates.criticLearningRate });
      actor.minimize(t.neg(policyGain), { learningRate: rates.learningRate });
      return { metrics: t.stack([t.mean(errors), t.mean(t.square(errors)), t.mean(policy.entropy())]) };
    },
    { device },
  );
}

/** An agent of the one-step actor-critic; see {@link OneStepActorCriticOptions} for the algorithm. */
export class OneStepActorCritic extends BaseAgent<OneStepActorCriticOptions> {
  static readonly algorithm = 'one-step-actor-critic';
  protected readonly parts: AgentParts;
  readonly actionDistribution: ActorCriticLookup['actionDistribution'];
  readonly stateValue: ActorCriticLookup['stateValue'];
  private readonly update: ReturnType<typeof updateProgram>;
  private readonly behavior: ReturnType<typeof actProgram>;
  private readonly keys: SamplingKeys;
  /** γᵗ of each copy's episode. */
  private readonly factors: Float64Array;

  /**
   * @param env one environment, or copies stepped together; where it has action masks, illegal actions are never taken
   * @throws RangeError for an unknown option or a wrong one.
   */
  constructor(env: Env | VectorEnv, options: Partial<OneStepActorCriticOptions> & DeviceOption = {}) {
    const kind = { name: 'OneStepActorCritic', algorithm: OneStepActorCritic.algorithm };
    super({ ...kind, defaults: oneStepActorCriticDefaults, checks: optionChecks }, env, options);
    const { device, env: copies } = this;
    const { observationSpace, actionSpace, numEnvs } = copies;
    const networks = createNetworks(copies, this.options, this.random);
    this.update = updateProgram(networks, copies, device);
    this.keys = new SamplingKeys(this.options.seed);
    this.factors = new Float64Array(numEnvs).fill(1);
    this.behavior = actProgram(networks, copies, numEnvs, false, device);
    const policy = new ProgramPolicy({
      observationSpace,
      actionSpace,
      compile: (batch, deterministic) => actProgram(networks, copies, batch, deterministic, device),
      writeKey: this.keys.forActing,
    });
    const lookup = new ActorCriticLookup(networks, copies, device);
    ({ actionDistribution: this.actionDistribution, stateValue: this.stateValue } = lookup);
    this.parts = {
      policy,
      networks: { parameters: networks.parameters },
      state: { keys: this.keys },
      episode: { factors: savedValues({ factors: this.factors }) },
      programs: [this.update, this.behavior, policy, lookup],
    };
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { env, options } = this;
    const actions = createActions(env.actionSpace, env.numEnvs);
    let reported = new UpdateMetrics(this, metricNames);
    yield* everyStep(this.training, totalSteps, {
      interval: options.reportInterval,
      step: (progress) => {
        reported.add(this.learnFromStep(actions, progress));
      },
      report: () => {
        const metrics = reported.means();
        reported = new UpdateMetrics(this, metricNames);
        return metrics;
      },
    });
  }

  /** A step of all copies, and what follows from it. */
  private learnFromStep(actions: ReturnType<typeof createActions>, progress: number): t.TensorData {
    const { env, training, behavior, update, keys, factors } = this;
    const { gamma, discountsSteps, learningRate, criticLearningRate } = this.options;
    const { inputs } = update;
    behavior.inputs.observations.set(env.observations);
    inputs.observations.set(env.observations);
    if (env.actionMasks) {
      checkActionMasks(env.actionMasks, actionCounts(env.actionSpace), env.numEnvs);
      (behavior.inputs as Partial<Record<'actionMasks', t.TensorData>>).actionMasks?.set(env.actionMasks);
      inputs.actionMasks?.set(env.actionMasks);
    }
    keys.forTraining(behavior.inputs.key);
    const chosen = behavior.run().actions;
    inputs.actions.set(chosen);
    clipToBounds(env.actionSpace, chosen, actions);
    training.step(actions);
    const { size } = env.observationSpace;
    inputs.nextObservations.set(env.observations);
    for (let i = 0; i < env.numEnvs; i++) {
      const ends = env.terminated[i] || env.truncated[i];
      if (ends) {
        // `observations` already belong to the next episode.
        for (let k = i * size; k < (i + 1) * size; k++) inputs.nextObservations[k] = env.finalObservations[k];
      }
      inputs.rewards[i] = env.rewards[i];
      inputs.discounts[i] = env.terminated[i] ? 0 : gamma;
      inputs.factors[i] = discountsSteps ? factors[i] : 1;
      factors[i] = ends ? 1 : factors[i] * gamma;
    }
    inputs.learningRate[0] = scheduleValue(learningRate, progress);
    inputs.criticLearningRate[0] = scheduleValue(criticLearningRate, progress);
    return update.run().metrics;
  }
}
