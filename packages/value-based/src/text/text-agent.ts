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
  type AgentKind,
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
import { ReplayRounds, type MinibatchUpdate } from '../deep/replay-rounds.ts';
import { targetProgram } from '../deep/target-program.ts';
import type { DrrnOptions } from './drrn-options.ts';
import { validValues, type TextNetwork, type TextNetworkOptions } from './text-network.ts';
import { textObservations, type TextObservations } from './text-observations.ts';

/** What an update is made of. */
export interface UpdateParts<Network, Options> {
  readonly online: Network;
  readonly target: Network;
  readonly optimizer: t.Optimizer;
  readonly spaces: TextObservations;
  readonly options: Options;
  readonly device: t.Device;
}

/** What is an algorithm's own. */
interface TextMethod<Network extends TextNetwork, Options extends DrrnOptions> extends AgentKind<Options> {
  /** Throws `RangeError` for observations that it cannot learn from. */
  readonly createNetwork: (spaces: TextObservations, options: TextNetworkOptions) => Network;
  /** One minibatch step: target, loss, gradient, Adam. */
  readonly createUpdate: (parts: UpdateParts<Network, Options>) => MinibatchUpdate;
  /** What an update reports besides loss, value and norm of the gradient. */
  readonly otherMetrics?: readonly string[];
}

/** What an update is given: parts of a minibatch, and the step size. */
export function updateInputs(
  batchSize: number,
  size: number,
): {
  readonly observations: readonly [batchSize: number, size: number];
  readonly actions: { readonly shape: readonly [batchSize: number]; readonly dtype: 'int32' };
  readonly rewards: readonly [batchSize: number];
  readonly nextObservations: readonly [batchSize: number, size: number];
  readonly discounts: readonly [batchSize: number];
  readonly weights: { readonly shape: readonly [batchSize: number]; readonly dtype: 'float32'; readonly initial: 1 };
  readonly learningRate: readonly [];
} {
  return {
    observations: [batchSize, size],
    actions: { shape: [batchSize], dtype: 'int32' },
    rewards: [batchSize],
    nextObservations: [batchSize, size],
    discounts: [batchSize],
    // Only some replay buffers fill these.
    weights: { shape: [batchSize], dtype: 'float32', initial: 1 },
    learningRate: [],
  };
}

/** The best of the actions that are there. */
function actProgram(online: TextNetwork, size: number, batch: number, device: t.Device) {
  const inputs = { observations: [batch, size], key: { shape: [2], dtype: 'int32' } } as const satisfies Record<
    string,
    t.InputSpec
  >;
  return t.program(inputs, ({ observations }) => ({ actions: t.argmax(validValues(online(observations))) }), {
    device,
  });
}

/** Actions by π(a|s) ∝ exp(q(s, a) / temperature). */
function exploreProgram(online: TextNetwork, size: number, batch: number, device: t.Device) {
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

/** An agent that values the valid actions of text games and learns from replayed transitions: DRRN and template DQN are. */
export abstract class TextAgent<
  Options extends DrrnOptions,
  Network extends TextNetwork = TextNetwork,
> extends BaseAgent<Options> {
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

  constructor(method: TextMethod<Network, Options>, env: Env | VectorEnv, given: Partial<Options> & DeviceOption = {}) {
    super(method, env, given);
    const { device, env: copies, options, random } = this;
    const { observationSpace, numEnvs } = copies;
    const { size } = observationSpace;
    const actionSpace = discreteActions(method.name, copies);
    const spaces = textObservations(method.name, copies, actionSpace);
    this.actionSpace = actionSpace;
    const minibatches = new Minibatches(this.training, { ...options, newest: null, hindsight: null }, random);
    const loop = new OffPolicyLoop(this.training, minibatches.buffer, options);
    const online = method.createNetwork(spaces, { ...options, random });
    const target = method.createNetwork(spaces, { ...options, random });
    t.copyParameters(online.parameters, target.parameters);
    const optimizer = t.adam(online.parameters);
    this.update = method.createUpdate({ online, target, optimizer, spaces, options, device });
    const updateTarget = targetProgram(online.parameters, target.parameters, 1, device);
    const { update } = this;
    const { otherMetrics } = method;
    this.rounds = new ReplayRounds(loop, { minibatches, update, updateTarget }, { ...options, otherMetrics });
    if (options.exploration.kind === 'softmax' && this.training.canLearn) {
      this.explorer = exploreProgram(online, size, numEnvs, device);
    }
    const compile = (batch: number) => actProgram(online, size, batch, device);
    this.policy = new ProgramPolicy({ observationSpace, actionSpace, compile });
    this.keys = new SamplingKeys(options.seed);
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
