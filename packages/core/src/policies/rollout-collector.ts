import {
  checkArguments,
  defaultDevice,
  flag,
  fraction,
  naturalNumber,
  optional,
  positiveInteger,
  type OptionCheck,
  type TensorData,
} from '@gradus/tensor';
import type { ActorCritic } from './actor-critic-networks.ts';
import type { ActOptions, DeviceOption, Policy } from '../training/agent.ts';
import { aDevice, aVectorEnv, anObject, havingMethods } from '../options/argument-checks.ts';
import { checkActionMasks } from '../environments/check-action-masks.ts';
import { actionCounts } from '../environments/dynamics.ts';
import { ProgramPolicy, clipToBounds, forget } from './program-policy.ts';
import { ProgressRecorder, type Metrics, type Progress } from '../training/progress.ts';
import { RolloutBuffer } from '../buffers/rollout-buffer.ts';
import {
  actProgram,
  rolloutProgram,
  valueProgram,
  type RecurrentActorCritic,
  type RolloutProgram,
  type ValueProgram,
} from './rollout-programs.ts';
import { RewardNormalizer, RunningNormalizer } from './running-normalizer.ts';
import { programKeys } from '../random/seed-sequence.ts';
import { createActions, isNumeric, type ActionArray, type Observation, type SpaceValue } from '../spaces/spaces.ts';
import { readNumber, readState, restoreArray, type StateDict, type Stateful } from '../checkpoints/state.ts';
import { TrainingEnv } from '../environments/training-env.ts';
import type { VectorEnv } from '../environments/vector-env.ts';

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

const rolloutChecks: { readonly [Name in keyof Required<RolloutCollectorOptions>]: OptionCheck } = {
  steps: positiveInteger,
  gamma: fraction,
  gaeLambda: fraction,
  normalizeObservation: optional(flag),
  normalizeReward: optional(flag),
  noiseSteps: optional(positiveInteger),
  seed: naturalNumber,
};

/** The options that a rollout has. */
function pick(options: RolloutCollectorOptions): RolloutCollectorOptions {
  const { steps, gamma, gaeLambda, normalizeObservation, normalizeReward, noiseSteps, seed } = options;
  return { steps, gamma, gaeLambda, normalizeObservation, normalizeReward, noiseSteps, seed };
}

const someNetworks: OptionCheck = {
  expected: 'networks of an actor and a critic',
  accepts: (value) =>
    havingMethods('', 'policy', 'value', 'dispose').accepts(value) ||
    havingMethods('', 'unroll', 'dispose').accepts(value),
};

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
 * It is also the policy that the networks stand for. Networks with a memory keep it from round to round, and lose it where an episode
 * ends; what they remember when they act is another one.
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
  private readonly writeKey: ReturnType<typeof programKeys>;
  private readonly observationNormalizer: RunningNormalizer | undefined;
  private readonly rewardNormalizer: RewardNormalizer | undefined;
  /** What the networks see, what the environments get, and what the update learns from, of one step. */
  private readonly observations: Float32Array;
  private readonly actions: ActionArray;
  private readonly rewards: Float64Array;
  /** What the networks remember of the episode that each copy is in, [numEnvs × memorySize]. */
  private readonly memories: Float32Array;
  /** Choices of each element of an action, where there are masks. */
  private readonly actionCounts: readonly number[];
  /** Count keys, so that each run of a sampling program has one of its own: in rollouts 0, 1, …, when acting −1, −2, …. */
  private draws = 0;
  private actingDraws = 0;

  /** Throws `RangeError` for `normalizeObservation` where observations are not float32. */
  constructor(
    env: VectorEnv,
    networks: ActorCritic | RecurrentActorCritic,
    options: RolloutCollectorOptions,
    deviceOption: DeviceOption = {},
  ) {
    const subject = 'RolloutCollector';
    checkArguments(
      subject,
      { env, networks, options, deviceOption },
      { env: aVectorEnv, networks: someNetworks, options: anObject, deviceOption: anObject },
    );
    // Agents hand over all of their options.
    checkArguments(subject, pick(options), rolloutChecks);
    checkArguments<DeviceOption>(subject, deviceOption, { device: optional(aDevice) });
    const { device = defaultDevice() } = deviceOption;
    const { observationSpace, actionSpace, numEnvs } = env;
    const { steps, gamma, seed, normalizeObservation = false, normalizeReward = false } = options;
    this.env = env;
    this.options = options;
    this.rollout = rolloutProgram(networks, env, device);
    this.value = valueProgram(networks, env, device);
    const memorySize = 'memorySize' in networks ? networks.memorySize : 0;
    this.memories = new Float32Array(numEnvs * memorySize);
    this.buffer = new RolloutBuffer(env, steps, memorySize);
    if (normalizeObservation) {
      // Choices and pictures are scaled by `observationFeatures`.
      if (!isNumeric(observationSpace)) {
        const got = observationSpace.toString();
        throw new RangeError(`normalizeObservation: expected observations of a float32 Box, got ${got}`);
      }
      this.observationNormalizer = new RunningNormalizer(observationSpace.size);
    }
    if (normalizeReward) this.rewardNormalizer = new RewardNormalizer(numEnvs, gamma);
    this.observations = new Float32Array(numEnvs * observationSpace.size);
    this.actions = createActions(actionSpace, numEnvs);
    this.rewards = new Float64Array(numEnvs);
    this.actionCounts = env.actionMasks ? actionCounts(actionSpace) : [];
    this.writeKey = programKeys(seed);
    this.training = new TrainingEnv(env, seed);
    this.policy = new ProgramPolicy({
      observationSpace,
      actionSpace,
      seed,
      compile: (batch, deterministic) => actProgram(networks, env, device, batch, deterministic),
      prepare: (observations, target) => {
        this.prepare(observations, target);
      },
      // Whoever acts or evaluates between two rounds shall not change what is learned.
      nextKey: () => -++this.actingDraws,
    });
  }

  /** Environment steps done so far, over all copies. */
  get step(): number {
    return this.recorder.step;
  }

  act(observation: Observation, options?: ActOptions): SpaceValue {
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

  /**
   * Plays one round with the present policy and estimates its advantages. Throws `RangeError` for masks without a legal action, and
   * `EnvError` for rewards and observations that are not finite.
   */
  collect(): void {
    const { env, buffer, rollout, observations, actions, rewards, memories } = this;
    const { observationNormalizer, rewardNormalizer } = this;
    const { gamma, gaeLambda, steps, noiseSteps = 1 } = this.options;
    const outcome = { rewards, terminated: env.terminated, truncated: env.truncated };
    buffer.clear();
    for (let step = 0; step < steps; step++) {
      observationNormalizer?.update(env.observations);
      this.prepare(env.observations, observations);
      rollout.inputs.observations.set(observations);
      if (env.actionMasks) {
        checkActionMasks(env.actionMasks, this.actionCounts, env.numEnvs);
        rollout.inputs.actionMasks?.set(env.actionMasks);
      }
      if (step % noiseSteps === 0) this.writeKey(rollout.inputs.key, this.draws++);
      rollout.inputs.memories?.set(memories);
      const chosen = rollout.run();
      buffer.beginStep(observations, chosen.actions, chosen.logProbabilities, chosen.values, env.actionMasks, memories);
      if (chosen.memories) memories.set(chosen.memories);
      clipToBounds(env.actionSpace, chosen.actions, actions);
      this.training.step(actions);
      this.recorder.record(env);
      if (rewardNormalizer === undefined) rewards.set(env.rewards);
      else rewardNormalizer.normalize(env, rewards);
      buffer.endStep(outcome);
      if (env.truncated.includes(1)) buffer.bootstrap(this.valuesOf(env.finalObservations));
      forget(memories, env.terminated);
      forget(memories, env.truncated);
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
    this.value.inputs.memories?.set(this.memories);
    return this.value.run().values;
  }

  getState(): StateDict {
    return {
      draws: this.draws,
      actingDraws: this.actingDraws,
      recorder: this.recorder.getState(),
      training: this.training.getState(),
      observationNormalizer: this.observationNormalizer?.getState() ?? null,
      rewardNormalizer: this.rewardNormalizer?.getState() ?? null,
      ...(this.memories.length > 0 && { memories: this.memories.slice() }),
    };
  }

  setState(state: StateDict): void {
    this.draws = readNumber(state, 'draws');
    this.actingDraws = readNumber(state, 'actingDraws');
    this.recorder.setState(readState(state, 'recorder'));
    this.training.setState(readState(state, 'training'));
    this.observationNormalizer?.setState(readState(state, 'observationNormalizer'));
    this.rewardNormalizer?.setState(readState(state, 'rewardNormalizer'));
    if (this.memories.length > 0) restoreArray(state, 'memories', this.memories);
  }

  /** Frees the programs, not the networks. */
  dispose(): void {
    for (const each of [this.rollout, this.value, this.policy]) each.dispose();
  }
}
