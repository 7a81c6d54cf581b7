import {
  BaseAgent,
  Minibatches,
  OffPolicyLoop,
  ProgramPolicy,
  SamplingKeys,
  discreteActions,
  randomAction,
  scheduleValue,
  type ActionArray,
  type AgentParts,
  type DeviceOption,
  type Discrete,
  type Env,
  type Metrics,
  type Progress,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { ActionValueLookup } from '../deep/action-value-lookup.ts';
import { huber } from '../deep/huber.ts';
import { ReplayRounds, type MinibatchUpdate } from '../deep/replay-rounds.ts';
import { targetProgram } from '../deep/target-program.ts';
import { drrnNetwork, validValues, type DrrnNetwork } from './drrn-network.ts';
import { drrnDefaults, drrnOptionChecks, type DrrnOptions } from './drrn-options.ts';
import { textObservations } from './text-observations.ts';

/** The best of the actions that are there. */
function actProgram(online: DrrnNetwork, size: number, batch: number, device: t.Device) {
  const inputs = { observations: [batch, size], key: { shape: [2], dtype: 'int32' } } as const satisfies Record<
    string,
    t.InputSpec
  >;
  return t.program(inputs, ({ observations }) => ({ actions: t.argmax(validValues(online(observations))) }), {
    device,
  });
}

/** Actions by π(a|s) ∝ exp(q(s, a) / temperature). */
function exploreProgram(online: DrrnNetwork, size: number, batch: number, device: t.Device) {
  const inputs = {
    observations: [batch, size],
    temperature: [],
    key: { shape: [2], dtype: 'int32' },
  } as const satisfies Record<string, t.InputSpec>;
  return t.program(
    inputs,
    ({ observations, temperature, key }) => ({
      actions: t.randomCategorical(key, t.div(validValues(online(observations)), temperature)),
    }),
    { device },
  );
}

/** One minibatch step: target, loss, gradient, Adam. */
function updateProgram(
  online: DrrnNetwork,
  target: DrrnNetwork,
  optimizer: t.Optimizer,
  size: number,
  { batchSize, maxGradNorm }: DrrnOptions,
  device: t.Device,
) {
  const inputs = {
    observations: [batchSize, size],
    actions: { shape: [batchSize], dtype: 'int32' },
    rewards: [batchSize],
    nextObservations: [batchSize, size],
    discounts: [batchSize],
    // Only some replay buffers fill these.
    weights: { shape: [batchSize], dtype: 'float32', initial: 1 },
    learningRate: [],
  } as const satisfies Record<string, t.InputSpec>;
  return t.program(
    inputs,
    (batch) => {
      const next = t.max(validValues(target(batch.nextObservations)), { axis: 1 });
      // Where a game has ended there is no action, and nothing follows.
      const nextValue = t.stopGradient(t.where(t.greater(batch.discounts, 0), next, 0));
      const y = t.add(batch.rewards, t.mul(batch.discounts, nextValue));
      const q = t.gather(online(batch.observations).q, batch.actions);
      const errors = t.sub(y, q);
      const loss = t.mean(t.mul(batch.weights, huber(errors)));
      const { gradientNorm } = optimizer.minimize(loss, { learningRate: batch.learningRate, maxGradNorm });
      return { metrics: t.stack([loss, t.mean(q), gradientNorm]), errors };
    },
    { device },
  );
}

/**
 * Deep reinforcement relevance network (He et al., 2016; as Hausknecht et al., 2020, play text adventures; S3.6): texts of the state and of each valid action are
 * made vectors of, and pairs of both valued, so that actions may be any texts, and any number of them.
 *
 *     y = r + γ (1 − terminated) max_{a′ valid in s′} q(s′, a′; w⁻),   L(w) = E[huber(y − q(s, a; w))]
 *
 * It plays environments such as `textEnv` of `@gradus/envs/text` makes them of games: observations are numbers of words, actions the numbers of valid ones.
 */
export class Drrn extends BaseAgent<DrrnOptions> {
  static readonly algorithm = 'drrn';
  protected readonly parts: AgentParts;
  /** q(s, a) of one observation or of many, −∞ for actions that are not there. */
  readonly actionValues: ActionValueLookup['actionValues'];
  /** A minibatch step. `learn` fills its inputs and runs it; others may too. */
  readonly update: MinibatchUpdate;
  private readonly actionSpace: Discrete;
  private readonly policy: ProgramPolicy;
  private readonly explorer: ReturnType<typeof exploreProgram> | undefined;
  private readonly rounds: ReplayRounds;
  private readonly keys: SamplingKeys;

  /**
   * @param env one environment, or n copies stepped together, of a text game
   * @throws RangeError for others, for an unknown option or a wrong one, such as a `trainFrequency` that is no multiple of n.
   */
  constructor(env: Env | VectorEnv, options: Partial<DrrnOptions> & DeviceOption = {}) {
    super({ name: 'Drrn', algorithm: Drrn.algorithm, defaults: drrnDefaults, checks: drrnOptionChecks }, env, options);
    const { device, env: copies } = this;
    const { exploration, seed } = this.options;
    const { observationSpace, numEnvs } = copies;
    const { size } = observationSpace;
    const actionSpace = discreteActions('Drrn', copies);
    const spaces = textObservations('Drrn', copies);
    if (spaces.actionCount !== actionSpace.n || actionSpace.start !== 0) {
      throw new RangeError(
        `Drrn: expected the words of each of ${actionSpace.toString()} in a part 'actions' of observations, got ${observationSpace.toString()}`,
      );
    }
    this.actionSpace = actionSpace;
    const minibatches = new Minibatches(this.training, { ...this.options, newest: null, hindsight: null }, this.random);
    const loop = new OffPolicyLoop(this.training, minibatches.buffer, this.options);
    const online = drrnNetwork(spaces, { ...this.options, random: this.random });
    const target = drrnNetwork(spaces, { ...this.options, random: this.random });
    t.copyParameters(online.parameters, target.parameters);
    const optimizer = t.adam(online.parameters);
    this.update = updateProgram(online, target, optimizer, size, this.options, device);
    const updateTarget = targetProgram(online.parameters, target.parameters, 1, device);
    const { update } = this;
    this.rounds = new ReplayRounds(loop, { minibatches, update, updateTarget }, this.options);
    if (exploration.kind === 'softmax' && this.training.canLearn) {
      this.explorer = exploreProgram(online, size, numEnvs, device);
    }
    const compile = (batch: number) => actProgram(online, size, batch, device);
    this.policy = new ProgramPolicy({ observationSpace, actionSpace, compile });
    this.keys = new SamplingKeys(seed);
    const lookup = new ActionValueLookup(copies, device, (observations) => validValues(online(observations)));
    this.actionValues = lookup.actionValues;
    const { keys, rounds, policy } = this;
    this.parts = {
      policy,
      networks: { online: online.parameters, target: target.parameters },
      optimizers: { optimizer },
      state: { counts: rounds, keys, loop },
      programs: [update, updateTarget, policy, this.explorer, lookup],
    };
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    yield* this.rounds.run(this, totalSteps, (actions, progress) => this.explore(actions, progress));
  }

  private explore(actions: ActionArray, progress: number): Metrics {
    const { env, actionSpace, random, explorer } = this;
    const { exploration, learningStarts } = this.options;
    const isEarly = this.step < learningStarts;
    if (exploration.kind === 'softmax' && explorer) {
      const temperature = scheduleValue(exploration.temperature, progress);
      if (isEarly) for (let i = 0; i < actions.length; i++) actions[i] = randomAction(env, actionSpace, i, random);
      else {
        explorer.inputs.observations.set(env.observations);
        explorer.inputs.temperature[0] = temperature;
        this.keys.forTraining(explorer.inputs.key);
        actions.set(explorer.run().actions);
      }
      return { 'train/temperature': temperature };
    }
    const epsilon = isEarly || exploration.kind === 'softmax' ? 1 : scheduleValue(exploration.epsilon, progress);
    this.policy.actBatch(env.observations, actions);
    for (let i = 0; i < actions.length; i++) {
      if (random.nextFloat() < epsilon) actions[i] = randomAction(env, actionSpace, i, random);
    }
    return { 'train/epsilon': epsilon };
  }
}
