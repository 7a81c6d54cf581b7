import {
  BaseAgent,
  ProgramPolicy,
  RolloutBuffer,
  UpdateMetrics,
  checkActionMasks,
  createActions,
  denseLayers,
  discreteActions,
  featureLayers,
  fraction,
  linear,
  naturalNumber,
  nonNegativeNumber,
  nullable,
  observationFeatures,
  pictureLayers,
  positiveInteger,
  positiveNumber,
  randomAction,
  roundSize,
  scheduleOf,
  scheduleValue,
  type ActionArray,
  type AgentParts,
  type DeviceOption,
  type Discrete,
  type Env,
  type LayerMakers,
  type Metrics,
  type OptionCheck,
  type Progress,
  type Random,
  type Schedule,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { ActionValueLookup } from './action-value-lookup.ts';
import { ownNetwork, qNetworkChecks, qNetworkDefaults, type QNetworkLayers } from './own-network.ts';

/**
 * Parallelised Q-network (Gallici et al., 2024; S3.5): Q-learning without replay buffer and without target network. What keeps it
 * stable is layer normalization (Ba et al., 2016) before each activation, and fresh data from several environments side by side.
 *
 * Each round plays `steps` steps of every copy, ε-greedily, and then makes several epochs of minibatch steps towards the λ-returns
 * of what was played, computed once from the values that the actions were chosen by (S2.5, Peng's Q(λ)):
 *
 *     Gₜ = rₜ + γ [(1 − λ) max_a q(sₜ₊₁, a) + λ Gₜ₊₁],   L(w) = E[(Gₜ − q(sₜ, aₜ; w))²]
 *
 * Where the task terminated G = r; where the episode was truncated, and at the end of the round, G = r + γ max_a q(s′, a).
 */
export interface PqnOptions extends QNetworkLayers {
  /** Steps of each environment copy in a round. Default 128. */
  readonly steps: number;
  /** Transitions in a minibatch; divides steps × number of copies. Default 128. */
  readonly batchSize: number;
  /** Passes over a round's transitions. Default 4. */
  readonly epochs: number;
  /** RAdam's step size, over the progress of training. Default: 2.5e-4 → 0. */
  readonly learningRate: Schedule;
  /** γ. Default 0.99. */
  readonly gamma: number;
  /** λ of the returns. Default 0.65. */
  readonly lambda: number;
  /** Probability of a random action, over the progress of training. Default: 1 → 0.05 in the first half. */
  readonly epsilon: Schedule;
  /** Largest global norm of the gradient, `null` for no limit. Default 10. */
  readonly maxGradNorm: number | null;
  /** Seeds weights, exploration, minibatches and environments. Default 0. */
  readonly seed: number;
}

/** CleanRL's defaults (`pqn.py`), there with four copies. */
export const pqnDefaults: PqnOptions = {
  ...qNetworkDefaults,
  steps: 128,
  batchSize: 128,
  epochs: 4,
  learningRate: linear(2.5e-4, 0),
  gamma: 0.99,
  lambda: 0.65,
  epsilon: linear(1, 0.05, 0.5),
  maxGradNorm: 10,
  seed: 0,
};

const optionChecks: { readonly [Name in keyof PqnOptions]: OptionCheck } = {
  ...qNetworkChecks,
  steps: positiveInteger,
  batchSize: positiveInteger,
  epochs: positiveInteger,
  learningRate: scheduleOf(nonNegativeNumber),
  gamma: fraction,
  lambda: fraction,
  epsilon: scheduleOf(fraction),
  maxGradNorm: nullable(positiveNumber),
  seed: naturalNumber,
};

/** q(s, ·; w): a normalization before each activation (over the channels of each pixel in images), orthogonal weights with gain √2. */
function createNetwork(env: VectorEnv, actions: Discrete, options: PqnOptions, random: Random): t.Module {
  const { observationSpace } = env;
  const { network, convolutions, activation } = options;
  const output = actions.n;
  if (network) return ownNetwork(network, { ...options, observationSpace, actions: output, outputs: output, random });
  const weight = t.orthogonal(Math.SQRT2);
  const normalized = (layer: t.Module, width: number, ending: t.Activation = 'relu'): t.Module =>
    t.sequential([layer, t.layerNormalization(width), (x) => t.activate(x, ending)]);
  const make: LayerMakers = {
    convolution: (shape) => normalized(t.convolution({ ...shape, weight, random }), shape.output),
    linear: (shape) => normalized(t.linear({ ...shape, weight, random }), shape.output),
  };
  const [first, size] = featureLayers(observationSpace, options, make);
  const sizes = options.hidden ?? pictureLayers(observationSpace, convolutions)?.hidden ?? [120, 84];
  const hidden = denseLayers(size, sizes, {
    linear: (shape) => normalized(t.linear({ ...shape, weight, random }), shape.output, activation),
  });
  const layers = t.sequential([...first, ...hidden, t.linear({ input: sizes.at(-1) ?? size, output, weight, random })]);
  return t.module(layers.parameters, (observations) => layers(observationFeatures(observationSpace, observations)));
}

/** argmax_a q(s, a) and max_a q(s, a) of observations, over legal actions. */
function greedyProgram(network: t.Module, env: VectorEnv, actions: Discrete, batch: number, device: t.Device) {
  return t.program(
    {
      observations: [batch, env.observationSpace.size],
      actionMasks: { shape: [batch, actions.n], dtype: 'bool' },
      key: { shape: [2], dtype: 'int32' },
    },
    ({ observations, actionMasks }) => {
      const q = t.where(actionMasks, network(observations), -Infinity);
      return { actions: t.add(t.argmax(q), actions.start), values: t.max(q, { axis: 1 }) };
    },
    { device },
  );
}

/** What an update reports, in the order of its output `metrics`. */
const metricNames = ['train/loss', 'train/q_value', 'train/gradient_norm'] as const;

type UpdateInputs = Record<'observations' | 'actions' | 'returns' | 'learningRate', unknown>;

/** One minibatch step: the loss above, its gradient, RAdam. */
function updateProgram(
  network: t.Module,
  optimizer: t.Optimizer,
  { observationSpace }: VectorEnv,
  actions: Discrete,
  { batchSize, maxGradNorm }: PqnOptions,
  device: t.Device,
) {
  const inputs = {
    observations: [batchSize, observationSpace.size],
    actions: { shape: [batchSize], dtype: 'int32' },
    returns: [batchSize],
    learningRate: [],
  } as const satisfies Record<string, t.InputSpec>;
  return t.program(
    inputs,
    (batch) => {
      const q = t.gather(network(batch.observations), t.sub(batch.actions, actions.start));
      const loss = t.mean(t.square(t.sub(batch.returns, q)));
      const { gradientNorm } = optimizer.minimize(loss, { learningRate: batch.learningRate, maxGradNorm });
      return { metrics: t.stack([loss, t.mean(q), gradientNorm]) };
    },
    { device },
  );
}

/** The policy is deterministic, so that nobody asks for the probabilities of its actions. */
const NO_LOG_PROBABILITIES: readonly number[] = [];

/** A PQN agent; see {@link PqnOptions} for the algorithm. */
export class Pqn extends BaseAgent<PqnOptions> {
  static readonly algorithm = 'pqn';
  protected readonly parts: AgentParts;
  readonly actionValues: ActionValueLookup['actionValues'];
  /** A minibatch step. `learn` fills its inputs and runs it; others may too, to time it or to learn from data of their own. */
  readonly update: t.Program<UpdateInputs, Record<'metrics', unknown>>;
  private readonly actionSpace: Discrete;
  private readonly greedy: ReturnType<typeof greedyProgram>;
  private readonly buffer: () => RolloutBuffer;
  private readonly actions: ActionArray;

  /**
   * @param env one environment, or n copies stepped together (n × `steps` transitions a round); its actions are `Discrete`
   * @throws RangeError for other actions, an unknown option or a wrong one, such as minibatches that do not divide a round evenly.
   */
  constructor(env: Env | VectorEnv, options: Partial<PqnOptions> & DeviceOption = {}) {
    super({ name: 'Pqn', algorithm: Pqn.algorithm, defaults: pqnDefaults, checks: optionChecks }, env, options);
    const { device, env: copies } = this;
    const actionSpace = discreteActions('Pqn', copies);
    roundSize('Pqn', this.options, copies);
    this.actionSpace = actionSpace;
    const network = createNetwork(copies, actionSpace, this.options, this.random);
    const optimizer = t.rAdam(network.parameters);
    this.greedy = greedyProgram(network, copies, actionSpace, copies.numEnvs, device);
    this.update = updateProgram(network, optimizer, copies, actionSpace, this.options, device);
    this.buffer = this.training.reserve(() => new RolloutBuffer(copies, this.options.steps));
    this.actions = createActions(actionSpace, copies.numEnvs);
    // It draws nothing: exploration belongs to training.
    const policy = new ProgramPolicy({
      observationSpace: copies.observationSpace,
      actionSpace,
      compile: (batch) => greedyProgram(network, copies, actionSpace, batch, device),
    });
    const lookup = new ActionValueLookup(copies, device, network);
    this.actionValues = lookup.actionValues;
    this.parts = {
      policy,
      networks: { parameters: network.parameters },
      optimizers: { optimizer },
      programs: [this.greedy, this.update, policy, lookup],
    };
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { recorder } = this.training;
    while (recorder.step < totalSteps) {
      const progress = recorder.step / totalSteps;
      const epsilon = this.collect(totalSteps);
      yield recorder.progress({ ...this.improve(progress), 'train/epsilon': epsilon });
    }
  }

  /** Plays one round ε-greedily and computes its returns; the last ε. */
  private collect(totalSteps: number): number {
    const { training, actions } = this;
    const buffer = this.buffer();
    const { env, recorder } = training;
    const { gamma, lambda } = this.options;
    let epsilon = 0;
    buffer.clear();
    while (!buffer.full) {
      epsilon = scheduleValue(this.options.epsilon, recorder.step / totalSteps);
      const best = this.evaluate(env.observations, env.actionMasks);
      actions.set(best.actions);
      this.explore(epsilon);
      buffer.beginStep(env.observations, actions, NO_LOG_PROBABILITIES, best.values);
      training.step(actions);
      recorder.record(env);
      buffer.endStep(env);
      // Which actions were legal in the last observation of a truncated episode is not known: all count.
      if (env.truncated.includes(1)) buffer.bootstrap(this.evaluate(env.finalObservations, undefined).values);
    }
    // Advantages by GAE(λ) plus values are the λ-returns.
    buffer.finish(this.evaluate(env.observations, env.actionMasks).values, gamma, lambda);
    return epsilon;
  }

  /** The best legal actions at observations, one of each copy, and their values. */
  private evaluate(observations: Float32Array, actionMasks: Uint8Array | undefined) {
    const { greedy, actionSpace } = this;
    greedy.inputs.observations.set(observations);
    if (actionMasks === undefined) greedy.inputs.actionMasks.fill(1);
    else {
      checkActionMasks(actionMasks, actionSpace.n);
      greedy.inputs.actionMasks.set(actionMasks);
    }
    return greedy.run();
  }

  /** Gives each copy, with probability ε, a random legal action instead of the best. */
  private explore(epsilon: number): void {
    const { env, actions, actionSpace, random } = this;
    for (let i = 0; i < actions.length; i++) {
      if (random.nextFloat() < epsilon) actions[i] = randomAction(env, actionSpace, i, random);
    }
  }

  /** Makes the minibatch steps of one round; `progress` is the part of training that was done before it. */
  private improve(progress: number): Metrics {
    const { update, random } = this;
    const buffer = this.buffer();
    const { epochs, batchSize, learningRate } = this.options;
    const rate = scheduleValue(learningRate, progress);
    update.inputs.learningRate[0] = rate;
    const reported = new UpdateMetrics(this, metricNames);
    for (let epoch = 0; epoch < epochs; epoch++) {
      buffer.shuffle(random);
      for (let start = 0; start < buffer.size; start += batchSize) {
        buffer.gather(start, start + batchSize, update.inputs);
        reported.add(update.run().metrics);
      }
    }
    this.checkWeights();
    return { ...reported.means(), 'train/learning_rate': rate };
  }
}
