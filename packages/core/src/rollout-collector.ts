import { defaultDevice, program, type Device, type InputSpec, type Program, type TensorData } from '@gradus/tensor';
import type { ActorCritic } from './actor-critic-networks.ts';
import type { ActOptions, DeviceOption, Policy } from './agent.ts';
import { checkActionMasks } from './check-action-masks.ts';
import { actionCounts, actionMaskSize } from './dynamics.ts';
import { ProgramPolicy, clipToBounds } from './program-policy.ts';
import { ProgressRecorder, type Metrics, type Progress } from './progress.ts';
import { RolloutBuffer } from './rollout-buffer.ts';
import { RewardNormalizer, RunningNormalizer } from './running-normalizer.ts';
import { createActions, type ActionArray, type SpaceValue } from './spaces.ts';
import { readNumber, readState, type StateDict, type Stateful } from './state.ts';
import { TrainingEnv } from './training-env.ts';
import type { VectorEnv } from './vector-env.ts';

/** How a {@link RolloutCollector} plays. */
export interface RolloutCollectorOptions {
  /** Steps of each environment copy in a round. */
  readonly steps: number;
  /** γ. */
  readonly gamma: number;
  /** λ of generalized advantage estimation. */
  readonly gaeLambda: number;
  /** Whether observations are normalized by their running mean and variance. Default false. */
  readonly normalizeObservation?: boolean | undefined;
  /** Whether rewards are divided by the running standard deviation of the return. Default false. */
  readonly normalizeReward?: boolean | undefined;
  /** Steps that share a key for sampling, and so, with state-dependent exploration, its noise; a round begins with a new one. Default 1. */
  readonly noiseSteps?: number | undefined;
  /** Seeds actions and environments. */
  readonly seed: number;
}

/** Observations and a key for sampling, and masks where the environment has them. */
type ActInputs = Record<'observations' | 'key', InputSpec> & Partial<Record<'actionMasks', InputSpec>>;

type RolloutProgram = Program<ActInputs, Record<'actions' | 'logProbabilities' | 'values', unknown>>;

type ValueProgram = Program<Record<'observations', unknown>, Record<'values', unknown>>;

/**
 * Plays rounds of `steps` steps of every environment copy with the present policy, for algorithms that learn from fresh rollouts with an
 * actor and a critic, and estimates advantages by GAE(λ) (Schulman et al., 2016):
 *
 *     rollouts.begin(totalSteps);
 *     while (rollouts.step < totalSteps) {
 *       rollouts.collect();                       // fills rollouts.buffer
 *       yield rollouts.progress(improve(rollouts.buffer));
 *     }
 *
 * It is also the policy that the networks stand for.
 */
export class RolloutCollector implements Policy, Stateful {
  readonly buffer: RolloutBuffer;
  private readonly env: VectorEnv;
  private readonly options: RolloutCollectorOptions;
  private readonly rollout: RolloutProgram;
  private readonly value: ValueProgram;
  private readonly policy: ProgramPolicy;
  private readonly recorder: ProgressRecorder = new ProgressRecorder();
  private readonly training: TrainingEnv;
  private readonly observationNormalizer: RunningNormalizer | undefined;
  private readonly rewardNormalizer: RewardNormalizer | undefined;
  /** What the networks see, what the environments get, and what the update learns from, of one step. */
  private readonly observations: Float32Array;
  private readonly actions: ActionArray;
  private readonly rewards: Float64Array;
  /** Counts keys, so that each run of a sampling program has one of its own. */
  private draws = 0;

  /** Throws `RangeError` for `normalizeObservation` where observations are not float32. */
  constructor(
    env: VectorEnv,
    networks: ActorCritic,
    options: RolloutCollectorOptions,
    { device = defaultDevice() }: DeviceOption = {},
  ) {
    const { observationSpace, actionSpace, numEnvs } = env;
    const { steps, gamma, seed, normalizeObservation = false, normalizeReward = false } = options;
    this.env = env;
    this.options = options;
    this.rollout = rolloutProgram(networks, env, device);
    this.value = valueProgram(networks, env, device);
    this.buffer = new RolloutBuffer(env, steps);
    if (normalizeObservation) {
      // Choices and pictures are scaled by `observationFeatures`.
      if (observationSpace.kind !== 'box' || observationSpace.dtype !== 'float32') {
        const got = observationSpace.toString();
        throw new RangeError(`normalizeObservation: expected observations of a float32 Box, got ${got}`);
      }
      this.observationNormalizer = new RunningNormalizer(observationSpace.size);
    }
    if (normalizeReward) this.rewardNormalizer = new RewardNormalizer(numEnvs, gamma);
    this.observations = new Float32Array(numEnvs * observationSpace.size);
    this.actions = createActions(actionSpace, numEnvs);
    this.rewards = new Float64Array(numEnvs);
    this.training = new TrainingEnv(env, seed);
    this.policy = new ProgramPolicy({
      observationSpace,
      actionSpace,
      seed,
      compile: (batch, deterministic) => actProgram(networks, env, device, batch, deterministic),
      prepare: (observations, target) => {
        this.prepare(observations, target);
      },
      nextKey: () => this.draws++,
    });
  }

  /** Environment steps done so far, over all copies. */
  get step(): number {
    return this.recorder.step;
  }

  act(observation: SpaceValue, options?: ActOptions): SpaceValue {
    return this.policy.act(observation, options);
  }

  actBatch(observations: Float32Array, actions: ActionArray, options?: ActOptions): void {
    this.policy.actBatch(observations, actions, options);
  }

  /** Begins, or goes on with, training up to `totalSteps`. Throws `EnvError` where a resumed environment's state was not saved. */
  begin(totalSteps: number): void {
    this.training.begin();
    this.recorder.start(totalSteps);
  }

  /** The record to yield after a round; `metrics` are the update's own. */
  progress(metrics: Metrics): Progress {
    return this.recorder.progress(metrics);
  }

  /** Plays one round with the present policy and estimates its advantages. Throws `RangeError` for masks without a legal action. */
  collect(): void {
    const { env, buffer, rollout, observations, actions, rewards, observationNormalizer, rewardNormalizer } = this;
    const { gamma, gaeLambda, seed, steps, noiseSteps = 1 } = this.options;
    buffer.clear();
    for (let step = 0; step < steps; step++) {
      observationNormalizer?.update(env.observations);
      this.prepare(env.observations, observations);
      rollout.inputs.observations.set(observations);
      if (env.actionMasks) {
        checkActionMasks(env.actionMasks, actionCounts(env.actionSpace), env.numEnvs);
        rollout.inputs.actionMasks?.set(env.actionMasks);
      }
      rollout.inputs.key[0] = seed;
      if (step % noiseSteps === 0) rollout.inputs.key[1] = this.draws++;
      const chosen = rollout.run();
      buffer.beginStep(observations, chosen.actions, chosen.logProbabilities, chosen.values, env.actionMasks);
      clipToBounds(env.actionSpace, chosen.actions, actions);
      env.step(actions);
      this.recorder.record(env);
      if (rewardNormalizer === undefined) rewards.set(env.rewards);
      else rewardNormalizer.normalize(env, rewards);
      buffer.endStep({ rewards, terminated: env.terminated, truncated: env.truncated });
      if (env.truncated.includes(1)) buffer.bootstrap(this.valuesOf(env.finalObservations));
    }
    buffer.finish(this.valuesOf(env.observations), gamma, gaeLambda);
  }

  /** What the networks see of observations. */
  private prepare(observations: Float32Array, target: TensorData): void {
    target.set(observations);
    this.observationNormalizer?.normalize(observations, target as Float32Array);
  }

  private valuesOf(observations: Float32Array): TensorData {
    this.prepare(observations, this.value.inputs.observations);
    return this.value.run().values;
  }

  getState(): StateDict {
    return {
      draws: this.draws,
      recorder: this.recorder.getState(),
      training: this.training.getState(),
      observationNormalizer: this.observationNormalizer?.getState() ?? null,
      rewardNormalizer: this.rewardNormalizer?.getState() ?? null,
    };
  }

  setState(state: StateDict): void {
    this.draws = readNumber(state, 'draws');
    this.recorder.setState(readState(state, 'recorder'));
    this.training.setState(readState(state, 'training'));
    this.observationNormalizer?.setState(readState(state, 'observationNormalizer'));
    this.rewardNormalizer?.setState(readState(state, 'rewardNormalizer'));
  }

  /** Frees the programs, not the networks. */
  dispose(): void {
    for (const each of [this.rollout, this.value, this.policy]) each.dispose();
  }
}

/** The inputs that choosing actions needs. */
function actInputs({ observationSpace, actionSpace, actionMasks }: VectorEnv, batch: number): ActInputs {
  const inputs: ActInputs = {
    observations: [batch, observationSpace.size],
    key: { shape: [2], dtype: 'int32' },
  };
  if (!actionMasks) return inputs;
  return { ...inputs, actionMasks: { shape: [batch, actionMaskSize(actionSpace)], dtype: 'bool' } };
}

/** Acting while learning: draws actions, and keeps what the update needs to know of them. */
function rolloutProgram(networks: ActorCritic, env: VectorEnv, device: Device): RolloutProgram {
  return program(
    actInputs(env, env.numEnvs),
    ({ observations, key, actionMasks }) => {
      const policy = networks.policy(observations, actionMasks);
      const actions = policy.sample(key);
      return { actions, logProbabilities: policy.logProbability(actions), values: networks.value(observations) };
    },
    { device },
  );
}

function valueProgram(networks: ActorCritic, env: VectorEnv, device: Device): ValueProgram {
  return program(
    { observations: [env.numEnvs, env.observationSpace.size] },
    ({ observations }) => ({ values: networks.value(observations) }),
    { device },
  );
}

/** Acting when learned. */
function actProgram(networks: ActorCritic, env: VectorEnv, device: Device, batch: number, deterministic: boolean) {
  return program(
    actInputs(env, batch),
    ({ observations, key, actionMasks }) => {
      const policy = networks.policy(observations, actionMasks);
      return { actions: deterministic ? policy.mode() : policy.sample(key) };
    },
    { device },
  );
}
