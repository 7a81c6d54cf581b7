import {
  BaseAgent,
  Minibatches,
  OffPolicyLoop,
  ProgramPolicy,
  SamplingKeys,
  checkActionMasks,
  discreteActions,
  randomAction,
  scheduleValue,
  type ActionArray,
  type AgentParts,
  type DeviceOption,
  type Discrete,
  type Env,
  type Metrics,
  type PrioritizedReplayBatch,
  type Progress,
  type Random,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { ActionValueLookup } from './action-value-lookup.ts';
import { chooseValueHead } from './choose-value-head.ts';
import { dqnDefaults, dqnOptionChecks, minibatchOptions, type DqnOptions } from './dqn-options.ts';
import type { NoisyModule } from './noisy-linear.ts';
import { qNetwork } from './q-network.ts';
import { ReplayRounds } from './replay-rounds.ts';
import { targetProgram } from './target-program.ts';
import type { ValueHead } from './value-head.ts';

/** The online network q(·; w) and the target network q(·; w⁻), and what their outputs mean. */
interface Networks {
  readonly online: NoisyModule;
  readonly target: NoisyModule;
  readonly head: ValueHead;
}

/** Both start from the same weights. */
function createNetworks(env: VectorEnv, actions: Discrete, options: DqnOptions, random: Random): Networks {
  const { observationSpace } = env;
  const head = chooseValueHead(options.distribution, options.loss);
  const create = (): NoisyModule =>
    qNetwork({ ...options, observationSpace, actions: actions.n, outputs: head.outputs, random });
  const networks = { online: create(), target: create(), head };
  t.copyParameters(networks.online.parameters, networks.target.parameters);
  return networks;
}

function createOptimizer(parameters: t.Parameters, { optimizer, adamEpsilon }: DqnOptions): t.Optimizer {
  return optimizer === 'adam'
    ? t.adam(parameters, { epsilon: adamEpsilon })
    : t.rmsProp(parameters, { decay: 0.95, epsilon: 0.01, centered: true });
}

/** argmax_a q(s, a) among the actions that masks leave, counted from 0: [rows × actions] → [rows]. */
function bestActions(q: t.Tensor, masks: t.Tensor): t.Tensor {
  return t.argmax(t.where(masks, q, -Infinity));
}

/** The outputs for one action of each row: [rows × actions × outputs] → [rows × outputs]. */
function outputsOf(outputs: t.Tensor, actions: t.Tensor): t.Tensor {
  const [rows, count, size] = outputs.shape;
  return t.embedding(t.reshape(outputs, [rows * count, size]), t.add(t.mul(t.range(rows), count), actions));
}

/** Greedy actions argmax_a q(s, a; w), with noise on w or without. */
function actProgram(
  { online, head }: Networks,
  env: VectorEnv,
  actions: Discrete,
  batch: number,
  isNoisy: boolean,
  device: t.Device,
) {
  const inputs = {
    observations: [batch, env.observationSpace.size],
    actionMasks: { shape: [batch, actions.n], dtype: 'bool' },
    key: { shape: [2], dtype: 'int32' },
  } as const satisfies Record<string, t.InputSpec>;
  return t.program(
    inputs,
    ({ observations, actionMasks, key }) => {
      const q = head.values(online(observations, isNoisy ? key : undefined));
      return { actions: t.add(bestActions(q, actionMasks), actions.start) };
    },
    { device },
  );
}

/** Parts of a {@link PrioritizedReplayBatch}, step size, and the key of noise. */
type UpdateInputs = Record<keyof PrioritizedReplayBatch | 'learningRate' | 'key', unknown>;

/** One minibatch step: target, loss, gradient, Adam. */
function updateProgram(
  { online, target, head }: Networks,
  optimizer: t.Optimizer,
  env: VectorEnv,
  actions: Discrete,
  options: DqnOptions,
  device: t.Device,
) {
  const { batchSize, double, noisy, maxGradNorm } = options;
  const observation = [batchSize, env.observationSpace.size];
  const inputs = {
    observations: observation,
    actions: { shape: [batchSize], dtype: 'int32' },
    rewards: [batchSize],
    nextObservations: observation,
    // Only some environments fill these, and only some replay buffers the weights.
    nextActionMasks: { shape: [batchSize, actions.n], dtype: 'bool', initial: 1 },
    discounts: [batchSize],
    weights: { shape: [batchSize], dtype: 'float32', initial: 1 },
    learningRate: [],
    key: { shape: [2], dtype: 'int32' },
  } as const satisfies Record<string, t.InputSpec>;
  return t.program(
    inputs,
    (batch) => {
      const key = noisy ? batch.key : undefined;
      const next = target(batch.nextObservations, key);
      const chooser = double ? online(batch.nextObservations, key) : next;
      const nextActions = bestActions(head.values(chooser), batch.nextActionMasks);

      const prediction = outputsOf(online(batch.observations, key), t.sub(batch.actions, actions.start));
      const followed = t.stopGradient(outputsOf(next, nextActions));
      const { losses, errors } = head.compare(prediction, followed, batch.rewards, batch.discounts);
      const loss = t.mean(t.mul(batch.weights, losses));
      const { gradientNorm } = optimizer.minimize(loss, { learningRate: batch.learningRate, maxGradNorm });
      return { metrics: t.stack([loss, t.mean(head.values(prediction)), gradientNorm]), errors };
    },
    { device },
  );
}

/**
 * Deep Q-network (Mnih et al., 2015; S3.3): ε-greedy acting, a replay buffer, and a target network w⁻ that follows w.
 *
 *     y = r + γ (1 − terminated) max_a′ q(s′, a′; w⁻),   L(w) = E[(y − q(s, a; w))²]
 *
 * Its extensions (S3.5) are options, off by default: see {@link DqnOptions}. `rainbowDefaults` is the sum of most of them.
 */
export class Dqn extends BaseAgent<DqnOptions> {
  static readonly algorithm = 'dqn';
  protected readonly parts: AgentParts;
  readonly actionValues: ActionValueLookup['actionValues'];
  /** A minibatch step. `learn` fills its inputs and runs it; others may too, to time it or to learn from data of their own. */
  readonly update: t.Program<UpdateInputs, Record<'metrics' | 'errors', unknown>>;
  private readonly actionSpace: Discrete;
  /** Acts in training: what others ask for does not change what training draws. */
  private readonly behaviorPolicy: ProgramPolicy;
  private readonly rounds: ReplayRounds;
  /** 1 for the copies that explore in this step. */
  private readonly explores: Uint8Array;

  /**
   * @param env one environment, or n copies stepped together; its actions are `Discrete`
   * @throws RangeError for other actions, an unknown option or a wrong one, such as a `trainFrequency` that is no multiple of n, and for
   * options that do not fit together.
   */
  constructor(env: Env | VectorEnv, options: Partial<DqnOptions> & DeviceOption = {}) {
    super({ name: 'Dqn', algorithm: Dqn.algorithm, defaults: dqnDefaults, checks: dqnOptionChecks }, env, options);
    const { device, env: copies } = this;
    const { tau, replay, noisy, seed } = this.options;
    const { observationSpace, numEnvs } = copies;
    const actionSpace = discreteActions('Dqn', copies);
    this.actionSpace = actionSpace;
    // First, since they say at once what does not fit, into memory too.
    const minibatches = new Minibatches(this.training, minibatchOptions(this.options), this.random);
    // Without replay the buffer is the round that is just being gathered.
    const { buffer } = minibatches;
    const loop = new OffPolicyLoop(this.training, buffer, { ...this.options, alwaysSaved: replay === 'none' });
    const networks = createNetworks(copies, actionSpace, this.options, this.random);
    const optimizer = createOptimizer(networks.online.parameters, this.options);
    const update = updateProgram(networks, optimizer, copies, actionSpace, this.options, device);
    this.update = update;
    const updateTarget = targetProgram(networks.online.parameters, networks.target.parameters, tau, device);
    this.explores = new Uint8Array(numEnvs);
    const keys = new SamplingKeys(seed);
    const prepare = (): void => keys.forTraining(update.inputs.key);
    this.rounds = new ReplayRounds(loop, { minibatches, update, updateTarget }, { ...this.options, prepare });
    const compile = (batch: number, deterministic: boolean) =>
      actProgram(networks, copies, actionSpace, batch, noisy && !deterministic, device);
    this.behaviorPolicy = new ProgramPolicy({ observationSpace, actionSpace, compile, writeKey: keys.forTraining });
    // Without `deterministic` the same action, but by noisy values with `noisy`: other exploration belongs to training.
    const policy = new ProgramPolicy({ observationSpace, actionSpace, compile, writeKey: keys.forActing });
    const lookup = new ActionValueLookup(copies, device, (x) => networks.head.values(networks.online(x)));
    this.actionValues = lookup.actionValues;
    this.parts = {
      policy,
      networks: { online: networks.online.parameters, target: networks.target.parameters },
      optimizers: { optimizer },
      state: { counts: this.rounds, keys, loop },
      programs: [update, updateTarget, policy, this.behaviorPolicy, lookup],
    };
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    yield* this.rounds.run(this, totalSteps, (actions, progress) => this.explore(actions, progress));
  }

  /** ε-greedy: each copy takes a random action with probability ε. All are legal ones where there are masks. */
  private explore(actions: ActionArray, progress: number): Metrics {
    const { env, explores, actionSpace, random } = this;
    const { learningStarts, noisy } = this.options;
    const { actionMasks } = env;
    const epsilon = this.step < learningStarts ? 1 : scheduleValue(this.options.epsilon, progress);
    if (actionMasks) checkActionMasks(actionMasks, actionSpace.n, actions.length);
    for (let i = 0; i < actions.length; i++) explores[i] = Number(random.nextFloat() < epsilon);
    // The network is asked only where its answer matters.
    if (explores.includes(0)) {
      this.behaviorPolicy.actBatch(env.observations, actions, { deterministic: !noisy, actionMasks });
    }
    for (let i = 0; i < actions.length; i++) {
      if (explores[i] === 1) actions[i] = randomAction(env, actionSpace, i, random);
    }
    return { 'train/epsilon': epsilon };
  }
}
