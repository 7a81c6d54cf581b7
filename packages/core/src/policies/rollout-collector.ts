import {
  checkArguments,
  defaultDevice,
  optional,
  positiveInteger,
  type OptionCheck,
  type TensorData,
} from '@gradus/tensor';
import type { ActorCritic } from './actor-critic.ts';
import type { DeviceOption } from '../training/agent.ts';
import { aDevice, anObject, havingMethods } from '../options/argument-checks.ts';
import { checkActionMasks } from '../environments/check-action-masks.ts';
import { actionCounts } from '../environments/dynamics.ts';
import { ProgramPolicy, clipToBounds, forget } from './program-policy.ts';
import type { Metrics, Progress } from '../training/progress.ts';
import { RolloutBuffer } from '../buffers/rollout-buffer.ts';
import { rolloutChecks, rolloutDefaults, type RolloutOptions } from './rollout-options.ts';
import {
  actProgram,
  rolloutProgram,
  valueProgram,
  type RecurrentActorCritic,
  type RolloutProgram,
  type ValueProgram,
} from './rollout-programs.ts';
import { RewardNormalizer } from './reward-normalizer.ts';
import { RunningNormalizer } from '../statistics/running-normalizer.ts';
import { SamplingKeys } from '../random/sampling-keys.ts';
import { createActions, isNumeric, type ActionArray } from '../spaces/spaces.ts';
import { readState, restoreArray, type StateDict, type Stateful } from '../checkpoints/state.ts';
import { TrainingEnv } from '../training/training-env.ts';

/** {@link RolloutOptions}, with their defaults where they are left out. */
type SomeRolloutOptions = { readonly [Name in keyof RolloutOptions]?: RolloutOptions[Name] | undefined };

/** How a {@link RolloutCollector} plays; with state-dependent exploration the steps that share its noise share a key for sampling. */
export interface RolloutCollectorOptions extends SomeRolloutOptions {
  /** Steps of each environment copy in a round. */
  readonly steps: number;
}

/** The options that a rollout has; agents hand over all of theirs. */
function pick(options: RolloutCollectorOptions): RolloutOptions & Pick<RolloutCollectorOptions, 'steps'> {
  const {
    steps,
    gamma = rolloutDefaults.gamma,
    gaeLambda = rolloutDefaults.gaeLambda,
    normalizeObservation = rolloutDefaults.normalizeObservation,
    normalizeReward = rolloutDefaults.normalizeReward,
    stateDependentExploration = rolloutDefaults.stateDependentExploration,
    seed = rolloutDefaults.seed,
  } = options;
  return { steps, gamma, gaeLambda, normalizeObservation, normalizeReward, stateDependentExploration, seed };
}

const aTraining: OptionCheck = {
  expected: 'a TrainingEnv',
  accepts: (value) => value instanceof TrainingEnv,
};

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
 *     training.begin(totalSteps);
 *     for (const progress of rollouts.rounds(totalSteps)) {      // fills rollouts.buffer
 *       yield rollouts.progress(improve(rollouts.buffer, progress));
 *     }
 *
 * Networks with a memory keep it from round to round, and lose it where an episode
 * ends; what they remember when they act is another one.
 */
export class RolloutCollector implements Stateful {
  /** How the networks act. */
  readonly policy: ProgramPolicy;
  private readonly training: TrainingEnv;
  private readonly options: ReturnType<typeof pick>;
  private readonly reserved: () => RolloutBuffer;
  private readonly rollout: RolloutProgram;
  private readonly value: ValueProgram;
  private readonly keys: SamplingKeys;
  private readonly observationNormalizer: RunningNormalizer | undefined;
  private readonly rewardNormalizer: RewardNormalizer | undefined;
  /** What the environments get, and what the update learns from, of one step. */
  private readonly actions: ActionArray;
  private readonly rewards: Float64Array;
  /** What the networks remember of the episode that each copy is in, [numEnvs × memorySize]. */
  private readonly memories: Float32Array;
  /** Choices of each element of an action, where there are masks. */
  private readonly actionCounts: readonly number[];

  /** Throws `RangeError` for `normalizeObservation` where observations are not float32. */
  constructor(
    training: TrainingEnv,
    networks: ActorCritic | RecurrentActorCritic,
    options: RolloutCollectorOptions,
    deviceOption: DeviceOption = {},
  ) {
    const subject = 'RolloutCollector';
    checkArguments(
      subject,
      { training, networks, options, deviceOption },
      { training: aTraining, networks: someNetworks, options: anObject, deviceOption: anObject },
    );
    const picked = pick(options);
    checkArguments(subject, picked, { ...rolloutChecks, steps: positiveInteger });
    checkArguments<DeviceOption>(subject, deviceOption, { device: optional(aDevice) });
    const { device = defaultDevice() } = deviceOption;
    const { env } = training;
    const { observationSpace, actionSpace, numEnvs } = env;
    const { steps, gamma, seed, normalizeObservation, normalizeReward } = picked;
    this.training = training;
    this.options = picked;
    this.rollout = rolloutProgram(networks, env, device);
    this.value = valueProgram(networks, env, device);
    const memorySize = 'memorySize' in networks ? networks.memorySize : 0;
    this.memories = new Float32Array(numEnvs * memorySize);
    this.reserved = training.reserve(() => new RolloutBuffer(env, steps, memorySize));
    if (normalizeObservation) {
      // Choices and pictures are scaled by `observationFeatures`.
      if (!isNumeric(observationSpace)) {
        const got = observationSpace.toString();
        throw new RangeError(`normalizeObservation: expected observations of a float32 Box, got ${got}`);
      }
      this.observationNormalizer = new RunningNormalizer(observationSpace.size);
    }
    if (normalizeReward) this.rewardNormalizer = new RewardNormalizer(numEnvs, gamma);
    this.actions = createActions(actionSpace, numEnvs);
    this.rewards = new Float64Array(numEnvs);
    this.actionCounts = env.actionMasks ? actionCounts(actionSpace) : [];
    this.keys = new SamplingKeys(seed);
    this.policy = new ProgramPolicy({
      observationSpace,
      actionSpace,
      compile: (batch, deterministic) => actProgram(networks, env, device, batch, deterministic),
      normalizer: this.observationNormalizer,
      writeKey: this.keys.forActing,
    });
  }

  /** The round that was played last. */
  get buffer(): RolloutBuffer {
    return this.reserved();
  }

  /** Plays a round whenever it is asked for the next one, until `totalSteps` environment steps are done; the part of training that was done before it. */
  *rounds(totalSteps: number): Generator<number, void, void> {
    checkArguments('rounds', { totalSteps }, { totalSteps: positiveInteger });
    const { recorder } = this.training;
    while (recorder.step < totalSteps) {
      const progress = recorder.step / totalSteps;
      this.collect();
      yield progress;
    }
  }

  /** The record to yield after a round; `metrics` are the update's own. */
  progress(metrics: Metrics): Progress {
    return this.training.recorder.progress(metrics);
  }

  /**
   * Plays one round with the present policy and estimates its advantages. Throws `RangeError` for masks without a legal action, and
   * `EnvError` for rewards and observations that are not finite.
   */
  collect(): void {
    const { training, buffer, rollout, actions, rewards, memories } = this;
    const { env, recorder } = training;
    const { observationNormalizer, rewardNormalizer } = this;
    const { gamma, gaeLambda, steps, stateDependentExploration } = this.options;
    const noiseSteps = stateDependentExploration ?? 1;
    const remembered = memories.length > 0 ? memories : undefined;
    const outcome = rewardNormalizer ? { rewards, terminated: env.terminated, truncated: env.truncated } : env;
    buffer.clear();
    for (let step = 0; step < steps; step++) {
      observationNormalizer?.update(env.observations);
      this.prepare(env.observations, rollout.inputs.observations);
      if (env.actionMasks) {
        checkActionMasks(env.actionMasks, this.actionCounts, env.numEnvs);
        rollout.inputs.actionMasks?.set(env.actionMasks);
      }
      if (step % noiseSteps === 0) this.keys.forTraining(rollout.inputs.key);
      rollout.inputs.memories?.set(memories);
      const chosen = rollout.run();
      const seen = rollout.inputs.observations as Float32Array;
      buffer.beginStep(seen, chosen.actions, chosen.logProbabilities, chosen.values, env.actionMasks, remembered);
      if (chosen.memories) memories.set(chosen.memories);
      clipToBounds(env.actionSpace, chosen.actions, actions);
      training.step(actions);
      recorder.record(env);
      rewardNormalizer?.normalize(env, rewards);
      buffer.endStep(outcome);
      if (env.truncated.includes(1)) buffer.bootstrap(this.valuesOf(env.finalObservations));
      if (remembered) {
        forget(remembered, env.terminated);
        forget(remembered, env.truncated);
      }
    }
    buffer.finish(this.valuesOf(env.observations), gamma, gaeLambda);
  }

  /** Writes what the networks see of observations into `target`. */
  readonly prepare = (observations: Float32Array, target: TensorData): void => {
    target.set(observations);
    this.observationNormalizer?.normalize(observations, target as Float32Array);
  };

  private valuesOf(observations: Float32Array): TensorData {
    this.prepare(observations, this.value.inputs.observations);
    this.value.inputs.memories?.set(this.memories);
    return this.value.run().values;
  }

  getState(): StateDict {
    return {
      keys: this.keys.getState(),
      observationNormalizer: this.observationNormalizer?.getState() ?? null,
      rewardNormalizer: this.rewardNormalizer?.getState() ?? null,
      ...(this.memories.length > 0 && { memories: this.memories.slice() }),
    };
  }

  setState(state: StateDict): void {
    this.keys.setState(readState(state, 'keys'));
    this.observationNormalizer?.setState(readState(state, 'observationNormalizer'));
    if (this.training.resumed === 'with new episodes') {
      const returns = new Float64Array(this.rewards.length);
      this.rewardNormalizer?.setState({ ...readState(state, 'rewardNormalizer'), returns });
      return;
    }
    this.rewardNormalizer?.setState(readState(state, 'rewardNormalizer'));
    if (this.memories.length > 0) restoreArray(state, 'memories', this.memories);
  }

  /** Frees the programs, not the networks. */
  dispose(): void {
    for (const each of [this.rollout, this.value, this.policy]) each.dispose();
  }
}
