import {
  ActorCriticLookup,
  BaseAgent,
  ProgramPolicy,
  SamplingKeys,
  UpdateMetrics,
  createActorCritic,
  finiteNumber,
  flag,
  fraction,
  naturalNumber,
  networkChecks,
  networkDefaults,
  nonNegativeNumber,
  positiveInteger,
  positiveNumber,
  savedValues,
  scheduleOf,
  scheduleValue,
  stateInputs,
  stepInputs,
  type ActorCritic,
  type AgentParts,
  type DeviceOption,
  type Env,
  type NetworkOptions,
  type OptionCheck,
  type Progress,
  type Schedule,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { Workers, joined, rowOf, type Played } from './a3c-workers.ts';

/**
 * Asynchronous advantage actor-critic (Mnih et al., 2016, algorithm S3; S6.2): workers, each with a copy of the environment, share one set of parameters θ.
 * A worker takes a copy θ′ of them, plays `steps` steps, and changes θ by its gradient at θ′, whatever others have made of θ meanwhile, without a lock:
 *
 *     g = ∇L(θ′),   L = −E[Âₜ log π(aₜ|sₜ)] + c_v E[(v(sₜ) − Gₜ)²] − c_e E[H(π(·|sₜ))],   Âₜ = Gₜ − v(sₜ)
 *     s ← ρ s + (1 − ρ) g²,   θ ← θ − α g / √(s + ε)
 *
 * with n-step returns Gₜ. s is shared, too. Episodes cut off by a time limit are bootstrapped from the value of their last observation.
 *
 * Environments that are in threads, by `vectorizeInThreads` of core, have their workers there; copies in one thread step together. With `sync`, and where there are
 * no threads, all workers begin a round with the same θ, and change it one after another in the order of copies when the last is through: so the same seed
 * gives the same bits for any number of threads and none, as in a browser. Otherwise who comes first is up to the machine, and no training is like another.
 */
export interface A3cOptions extends NetworkOptions {
  /** n, the steps of each worker in a round. Default 5 (the paper). */
  readonly steps: number;
  /** α, over the progress of training. Default 7e-4, as of A2C; the paper draws it from [1e-4, 1e-2] and lets it fall to 0. */
  readonly learningRate: Schedule;
  /** ρ. Default 0.99 (the paper). */
  readonly optimizerDecay: number;
  /** ε. Default 1e-5, as of A2C. */
  readonly optimizerEpsilon: number;
  /** γ. Default 0.99 (the paper). */
  readonly gamma: number;
  /** c_e. Default 0.01 (the paper). */
  readonly entropyCoefficient: number;
  /** c_v, of the squared error without a factor ½. Default 0.5, as of A2C. */
  readonly valueCoefficient: number;
  /** Largest global norm of a worker's gradient. Default 0.5, as of A2C. */
  readonly maxGradNorm: number;
  /** Whether workers in threads wait for each other, see above. Default false. */
  readonly sync: boolean;
  /** Environment steps between two reports, at which workers stop. Default 1000. */
  readonly reportInterval: number;
  /** Seeds weights, actions and environments. Default 0. */
  readonly seed: number;
}

/** The paper's, and those of A2C where it leaves them open. */
export const a3cDefaults: A3cOptions = {
  ...networkDefaults,
  steps: 5,
  learningRate: 7e-4,
  optimizerDecay: 0.99,
  optimizerEpsilon: 1e-5,
  gamma: 0.99,
  entropyCoefficient: 0.01,
  valueCoefficient: 0.5,
  maxGradNorm: 0.5,
  sync: false,
  reportInterval: 1000,
  seed: 0,
};

const optionChecks: { readonly [Name in keyof A3cOptions]: OptionCheck } = {
  ...networkChecks,
  steps: positiveInteger,
  learningRate: scheduleOf(nonNegativeNumber),
  optimizerDecay: fraction,
  optimizerEpsilon: positiveNumber,
  gamma: fraction,
  entropyCoefficient: finiteNumber,
  valueCoefficient: nonNegativeNumber,
  maxGradNorm: positiveNumber,
  sync: flag,
  reportInterval: positiveInteger,
  seed: naturalNumber,
};

/** Draws actions, or takes the best ones, and says what the states are worth. */
function actProgram(networks: ActorCritic, env: VectorEnv, batch: number, deterministic: boolean, device: t.Device) {
  return t.program(
    { ...stateInputs(env, batch), key: { shape: [2], dtype: 'int32' } },
    ({ observations, actionMasks, key }) => {
      const policy = networks.policy(observations, actionMasks);
      return { actions: deterministic ? policy.mode() : policy.sample(key), values: networks.value(observations) };
    },
    { device },
  );
}

/** What a worker's gradient reports. */
const metricNames = ['train/policy_loss', 'train/value_loss', 'train/entropy', 'train/gradient_norm'] as const;

/** g of one worker's round, [p], within its largest norm. */
function gradientProgram(networks: ActorCritic, env: VectorEnv, options: A3cOptions, device: t.Device) {
  const { steps, valueCoefficient, entropyCoefficient, maxGradNorm } = options;
  return t.program(
    { ...stepInputs(env, steps), advantages: [steps], returns: [steps] },
    ({ observations, actions, actionMasks, advantages, returns }) => {
      const policy = networks.policy(observations, actionMasks);
      const policyLoss = t.neg(t.mean(t.mul(advantages, policy.logProbability(actions))));
      const valueLoss = t.mean(t.square(t.sub(networks.value(observations), returns)));
      const entropy = t.mean(policy.entropy());
      const loss = t.sub(t.add(policyLoss, t.mul(valueCoefficient, valueLoss)), t.mul(entropyCoefficient, entropy));
      const gradients = t.grad(loss, Object.values(networks.parameters));
      const norm = t.globalNorm(gradients);
      const scale = t.minimum(1, t.div(maxGradNorm, t.add(norm, 1e-6)));
      return {
        gradient: t.mul(scale, t.concat(gradients.map((gradient) => t.reshape(gradient, [-1])))),
        metrics: t.stack([policyLoss, valueLoss, entropy, norm]),
      };
    },
    { device },
  );
}

/** What all workers see, in whatever thread they are. */
interface SharedMemory {
  /** θ, [p]: all parameters one after another. */
  readonly parameters: Float32Array;
  /** s, [p]. */
  readonly meanSquares: Float32Array;
  /** g of each worker, [n × p], where they wait for each other. */
  readonly gradients: Float32Array;
  /** How many of the steps until the next report were given out, [1]. */
  readonly taken: Int32Array;
}

/** `p` parameters and `n` workers; `Memory` is that of threads or an ordinary one. */
function createMemory(p: number, n: number, Memory: typeof ArrayBuffer | typeof SharedArrayBuffer): SharedMemory {
  const numbers = (length: number): Float32Array => new Float32Array(new Memory(4 * length));
  return {
    parameters: numbers(p),
    meanSquares: numbers(p),
    gradients: numbers(n * p),
    taken: new Int32Array(new Memory(4)),
  };
}

/** θ ← θ − α g / √(s + ε), in memory that others may change meanwhile. */
function descend({ parameters, meanSquares }: SharedMemory, gradient: t.TensorData, rate: number, options: A3cOptions) {
  const { optimizerDecay, optimizerEpsilon } = options;
  for (let k = 0; k < parameters.length; k++) {
    const g = gradient[k];
    const s = optimizerDecay * meanSquares[k] + (1 - optimizerDecay) * g * g;
    meanSquares[k] = s;
    parameters[k] -= (rate * g) / Math.sqrt(s + optimizerEpsilon);
  }
}

/** Calls `visit` with each parameter and its part of a list of all, [p]. */
function eachParameter(
  { parameters }: ActorCritic,
  all: Float32Array,
  visit: (parameter: t.Variable, part: Float32Array) => void,
): void {
  let start = 0;
  for (const parameter of Object.values(parameters)) {
    const end = start + t.sizeOf(parameter.shape);
    visit(parameter, all.subarray(start, end));
    start = end;
  }
}

function writeParameters(networks: ActorCritic, all: Float32Array): void {
  eachParameter(networks, all, (parameter, part) => {
    parameter.write(part);
  });
}

/** Workers, and what they learn with. */
export interface Learners {
  readonly env: VectorEnv;
  /** With θ′. */
  readonly networks: ActorCritic;
  readonly workers: Workers;
  readonly memory: SharedMemory;
  readonly options: A3cOptions;
}

/** Workers for all copies of `env`, of which the first is number `first` of all. */
export function createLearners(
  env: VectorEnv,
  networks: ActorCritic,
  { options, memory, first }: Omit<LearnersTask, 'device'>,
  device: t.Device,
): Learners {
  const act = actProgram(networks, env, 1, false, device);
  const gradient = gradientProgram(networks, env, options, device);
  return { env, networks, workers: new Workers(env, { act, gradient }, options, first), memory, options };
}

/** What threads are told to make them of. */
export interface LearnersTask {
  readonly options: A3cOptions;
  readonly memory: SharedMemory;
  readonly first: number;
  readonly device: string;
}

/** A round of workers that wait for all others: from which step on it counts, and how many steps all copies make at once. */
export interface Round {
  readonly start: number;
  readonly stride: number;
}

/** Rounds of workers that wait for nobody: from step `start` of a training of `totalSteps` on, until `limit` more were given out. */
export interface Rounds {
  readonly start: number;
  readonly limit: number;
  readonly totalSteps: number;
}

/** One round, of which the gradients are left in shared memory. */
export function playTogether({ networks, workers, memory }: Learners, { start, stride }: Round): Played {
  const { gradients, parameters } = memory;
  writeParameters(networks, parameters);
  return workers.play(start, stride, (worker, gradient) => {
    gradients.set(gradient, worker * parameters.length);
  });
}

/** Rounds, each of which changes θ when it is over. */
export function playApart(
  { env, networks, workers, memory, options }: Learners,
  { start, limit, totalSteps }: Rounds,
): Played {
  const size = options.steps * env.numEnvs;
  const rounds: Played[] = [];
  for (;;) {
    const taken = Atomics.add(memory.taken, 0, size);
    if (taken >= limit) return joined(rounds);
    const rate = scheduleValue(options.learningRate, (start + taken) / totalSteps);
    writeParameters(networks, memory.parameters);
    const round = workers.play(start + taken, env.numEnvs, (_, gradient) => {
      descend(memory, gradient, rate, options);
    });
    rounds.push(round);
  }
}

/** An A3C agent; see {@link A3cOptions} for the algorithm. */
export class A3c extends BaseAgent<A3cOptions> {
  static readonly algorithm = 'a3c';
  protected readonly parts: AgentParts;
  readonly actionDistribution: ActorCriticLookup['actionDistribution'];
  readonly stateValue: ActorCriticLookup['stateValue'];
  private readonly networks: ActorCritic;
  private readonly memory: SharedMemory;
  /** All workers, where there are no threads. */
  private readonly learners: Learners | undefined;

  /**
   * @param env one environment, or n copies, which is as many as there are workers: in threads of `vectorizeInThreads`, or else stepped together; where it has
   *   action masks, illegal actions are never taken
   * @throws RangeError for an unknown option or a wrong one, such as, in threads, `networks` of one's own or a device that does not come with the engine.
   */
  constructor(env: Env | VectorEnv, options: Partial<A3cOptions> & DeviceOption = {}) {
    super({ name: 'A3c', algorithm: A3c.algorithm, defaults: a3cDefaults, checks: optionChecks }, env, options);
    const { device, env: copies } = this;
    const { observationSpace, actionSpace, envThreads, numEnvs } = copies;
    if (envThreads && this.options.networks !== null) {
      throw new RangeError('networks: expected null for environments in threads, to which no function can be sent');
    }
    if (envThreads && !['native', 'wasm-relaxed', 'wasm'].includes(device.name)) {
      throw new RangeError(
        `device: expected 'native', 'wasm-relaxed' or 'wasm' for environments in threads, got '${device.name}'`,
      );
    }
    const networks = createActorCritic(copies, this.options, this.random);
    this.networks = networks;
    const size = Object.values(networks.parameters).reduce((sum, { shape }) => sum + t.sizeOf(shape), 0);
    this.memory = createMemory(size, numEnvs, envThreads ? SharedArrayBuffer : ArrayBuffer);
    const task = { options: this.options, memory: this.memory, first: 0 };
    if (!envThreads) this.learners = createLearners(copies, networks, task, device);
    const keys = new SamplingKeys(this.options.seed);
    const policy = new ProgramPolicy({
      observationSpace,
      actionSpace,
      compile: (batch, deterministic) => actProgram(networks, copies, batch, deterministic, device),
      writeKey: keys.forActing,
    });
    const lookup = new ActorCriticLookup(networks, copies, device);
    ({ actionDistribution: this.actionDistribution, stateValue: this.stateValue } = lookup);
    this.parts = {
      policy,
      networks: { parameters: networks.parameters },
      state: { keys, optimizer: savedValues({ meanSquares: this.memory.meanSquares }) },
      programs: [this.learners?.workers, policy, lookup],
    };
  }

  protected *train(totalSteps: number): Generator<Progress, void, void> {
    const { env, networks, memory, options, training } = this;
    const { recorder } = training;
    eachParameter(networks, memory.parameters, (parameter, part) => {
      part.set(parameter.view());
    });
    const { name: device } = this.device;
    this.inThreads('begin', (first): LearnersTask => ({ options, memory, first, device }));
    while (recorder.step < totalSteps) {
      const rate = scheduleValue(options.learningRate, recorder.step / totalSteps);
      const reported = new UpdateMetrics(this, metricNames);
      const report = Math.min(recorder.step + Math.min(options.reportInterval, LONGEST_BURST), totalSteps);
      while (recorder.step < report) {
        const isApart = env.envThreads !== undefined && !options.sync;
        const played = isApart ? this.playApart(report, totalSteps) : this.playTogether(totalSteps);
        recorder.recordUntil(recorder.step + played.steps, played.episodes);
        for (const each of played.metrics) reported.add(each);
      }
      writeParameters(networks, memory.parameters);
      yield recorder.progress({ ...reported.means(), 'train/learning_rate': rate });
    }
  }

  /** One round of all workers, and what follows from it, in their order. */
  private playTogether(totalSteps: number): Played {
    const { env, memory, options, step, learners } = this;
    const round: Round = { start: step, stride: env.numEnvs };
    const played = joined(learners ? [playTogether(learners, round)] : this.inThreads<Played>('together', () => round));
    const rate = scheduleValue(options.learningRate, step / totalSteps);
    for (let i = 0; i < env.numEnvs; i++) descend(memory, rowOf(memory.gradients, i, env.numEnvs), rate, options);
    return played;
  }

  /** Rounds until the steps up to `report` are made. */
  private playApart(report: number, totalSteps: number): Played {
    const { step, memory } = this;
    Atomics.store(memory.taken, 0, 0);
    return joined(this.inThreads<Played>('apart', (): Rounds => ({ start: step, limit: report - step, totalSteps })));
  }

  /** Calls a function of `a3c-thread.ts` in every thread, with what `argumentOf` gives for its first worker. */
  private inThreads<Result>(name: string, argumentOf: (first: number) => unknown): Result[] {
    const { envThreads } = this.env;
    if (!envThreads) return [];
    const { url } = import.meta as { readonly url: string };
    // Threads of this package's own sources run what was built of them.
    const module = url.replace(/src\/a3c\.ts$/, 'dist/a3c.js').replace(/a3c\.js$/, 'a3c-thread.js');
    return envThreads.call(module, name, (thread) => argumentOf(envThreads.starts[thread])) as Result[];
  }
}

/** Steps that workers take before they stop at most, so that 32 bits count them. */
const LONGEST_BURST = 2 ** 30;
