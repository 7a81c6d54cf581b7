import {
  ProgramPolicy,
  SamplingKeys,
  actionMaskSize,
  checkActionMasks,
  clipToBounds,
  createActions,
  endlessEpisode,
  episodeLimit,
  readState,
  stateInputs,
  type ActionArray,
  type ActorCritic,
  type Metrics,
  type Progress,
  type ProgressRecorder,
  type StateDict,
  type Stateful,
  type TrainingEnv,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import type { ReinforceOptions } from '../reinforce-options.ts';
import { EpisodeBuffer } from './episode-buffer.ts';

type EpisodeCollectorOptions = Pick<ReinforceOptions, 'episodes' | 'credit' | 'gamma' | 'seed' | 'maxEpisodeSteps'>;

/** The value of the observation that a copy's episode was cut off at, a row of one for each copy. */
type FinalValue = (observations: Float32Array, copy: number) => number;

/**
 * Plays rounds of `episodes` whole episodes of every environment copy with the present policy:
 *
 *     training.begin(totalSteps);
 *     for (const progress of rollouts.rounds(totalSteps, finalValue)) {      // fills rollouts.buffer
 *       yield rollouts.progress(improve(rollouts.buffer, progress));
 *     }
 *
 * What `RolloutCollector` of core is for rounds of so many steps.
 */
export class EpisodeCollector implements Stateful {
  readonly buffer: EpisodeBuffer;
  /** How the networks act. */
  readonly policy: ProgramPolicy;
  private readonly training: TrainingEnv;
  private readonly options: EpisodeCollectorOptions;
  private readonly rollout: ReturnType<typeof actProgram>;
  private readonly keys: SamplingKeys;
  private readonly actions: ActionArray;
  /** Episodes that each copy has yet to end in this round. */
  private readonly left: Int32Array;
  /** 1 where the last step ended an episode that is learned from. */
  private readonly ended: Uint8Array;
  /** The episodes that are learned from, which is what progress reports on. */
  private readonly heeded: Parameters<ProgressRecorder['record']>[0];

  constructor(training: TrainingEnv, networks: ActorCritic, options: EpisodeCollectorOptions, device: t.Device) {
    const { env } = training;
    const { observationSpace, actionSpace, numEnvs, episodeReturns, episodeLengths } = env;
    this.training = training;
    this.options = options;
    this.buffer = new EpisodeBuffer(env, options);
    this.rollout = actProgram(networks, env, numEnvs, false, device);
    this.keys = new SamplingKeys(options.seed);
    this.policy = new ProgramPolicy({
      observationSpace,
      actionSpace,
      compile: (batch, deterministic) => actProgram(networks, env, batch, deterministic, device),
      writeKey: this.keys.forActing,
    });
    this.actions = createActions(actionSpace, numEnvs);
    this.left = new Int32Array(numEnvs);
    this.ended = new Uint8Array(numEnvs);
    const truncated = new Uint8Array(numEnvs);
    this.heeded = { numEnvs, terminated: this.ended, truncated, episodeReturns, episodeLengths };
  }

  /**
   * Plays a round whenever it is asked for the next one, until `totalSteps` environment steps are done; the part of training that was done before it.
   * `finalValue` as in {@link EpisodeCollector.collect}.
   */
  *rounds(totalSteps: number, finalValue: FinalValue): Generator<number, void, void> {
    const { recorder } = this.training;
    while (recorder.step < totalSteps) {
      const progress = recorder.step / totalSteps;
      this.collect(finalValue);
      yield progress;
    }
  }

  /** The record to yield after a round; `metrics` are the update's own. */
  progress(metrics: Metrics): Progress {
    return this.training.recorder.progress(metrics);
  }

  /**
   * Plays the episodes of one round. Throws as `EpisodeBuffer.endStep` does, and `RangeError` for masks without a legal action.
   * @param finalValue of the observation that an episode was cut off at, a row of one for each copy: what would have followed
   */
  collect(finalValue: FinalValue): void {
    const { training, buffer, actions, left, ended } = this;
    const { env, recorder } = training;
    const { episodes, maxEpisodeSteps } = this.options;
    const longest = episodeLimit(env, maxEpisodeSteps ?? undefined);
    buffer.clear();
    left.fill(episodes);
    if (isWithinEpisode(env)) training.restart();
    while (buffer.numEpisodes < env.numEnvs * episodes) {
      const chosen = this.chooseActions();
      for (let i = 0; i < env.numEnvs; i++) {
        if (left[i] > 0) buffer.beginStep(i, env.observations, chosen, env.actionMasks);
      }
      clipToBounds(env.actionSpace, chosen, actions);
      training.step(actions);
      ended.fill(0);
      for (let i = 0; i < env.numEnvs; i++) {
        if (left[i] === 0) continue;
        buffer.endStep(i, env.rewards[i]);
        if (!env.terminated[i] && !env.truncated[i]) {
          if (env.episodeLengths[i] >= longest) throw endlessEpisode('Reinforce', longest);
          continue;
        }
        buffer.endEpisode(i, env.terminated[i] ? 0 : finalValue(env.finalObservations, i));
        left[i]--;
        ended[i] = 1;
      }
      recorder.record(this.heeded);
    }
  }

  /** Actions of the present policy for all copies, as they were drawn: those of a `Box` may lie outside its bounds. */
  private chooseActions(): t.TensorData {
    const { rollout } = this;
    const { env } = this.training;
    const { actionMasks, actionSpace } = env;
    rollout.inputs.observations.set(env.observations);
    if (actionMasks) {
      const counts = actionSpace.kind === 'multi-discrete' ? actionSpace.counts : actionMaskSize(actionSpace);
      checkActionMasks(actionMasks, counts, env.numEnvs);
      rollout.inputs.actionMasks?.set(actionMasks);
    }
    this.keys.forTraining(rollout.inputs.key);
    return rollout.run().actions;
  }

  getState(): StateDict {
    return { keys: this.keys.getState() };
  }

  setState(state: StateDict): void {
    this.keys.setState(readState(state, 'keys'));
  }

  /** Frees the programs, not the networks. */
  dispose(): void {
    for (const each of [this.rollout, this.policy]) each.dispose();
  }
}

/** Chooses actions. */
function actProgram(networks: ActorCritic, env: VectorEnv, batch: number, deterministic: boolean, device: t.Device) {
  const inputs = { ...stateInputs(env, batch), key: { shape: [2], dtype: 'int32' } } as const;
  return t.program(
    inputs,
    ({ observations, key, actionMasks }) => {
      const policy = networks.policy(observations, actionMasks);
      return { actions: deterministic ? policy.mode() : policy.sample(key) };
    },
    { device },
  );
}

/** Whether any copy has begun an episode that it has not ended. */
function isWithinEpisode({ numEnvs, terminated, truncated, episodeLengths }: VectorEnv): boolean {
  for (let i = 0; i < numEnvs; i++) if (episodeLengths[i] > 0 && !terminated[i] && !truncated[i]) return true;
  return false;
}
