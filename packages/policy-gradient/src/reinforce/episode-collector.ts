import {
  ProgramPolicy,
  ProgressRecorder,
  TrainingEnv,
  actionMaskSize,
  checkActionMasks,
  clipToBounds,
  createActions,
  endlessEpisode,
  episodeLimit,
  programKeys,
  readNumber,
  readState,
  type ActOptions,
  type ActionArray,
  type ActorCritic,
  type Metrics,
  type Observation,
  type Policy,
  type Progress,
  type SpaceValue,
  type StateDict,
  type Stateful,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { stateInputs } from '../programs/policy-inputs.ts';
import type { ReinforceOptions } from '../reinforce.ts';
import { EpisodeBuffer } from './episode-buffer.ts';

type EpisodeCollectorOptions = Pick<ReinforceOptions, 'episodes' | 'credit' | 'gamma' | 'seed' | 'maxEpisodeSteps'>;

/**
 * Plays rounds of `episodes` whole episodes of every environment copy with the present policy:
 *
 *     rollouts.begin(totalSteps);
 *     while (rollouts.step < totalSteps) {
 *       rollouts.collect(finalValue);             // fills rollouts.buffer
 *       yield rollouts.progress(improve(rollouts.buffer));
 *     }
 *
 * It is also the policy that the networks stand for. What `RolloutCollector` of core is for rounds of so many steps.
 */
export class EpisodeCollector implements Policy, Stateful {
  readonly buffer: EpisodeBuffer;
  private readonly env: VectorEnv;
  private readonly options: EpisodeCollectorOptions;
  private readonly rollout: ReturnType<typeof actProgram>;
  private readonly policy: ProgramPolicy;
  private readonly training: TrainingEnv;
  private readonly writeKey: ReturnType<typeof programKeys>;
  private readonly recorder: ProgressRecorder = new ProgressRecorder();
  private readonly actions: ActionArray;
  /** Episodes that each copy has yet to end in this round. */
  private readonly left: Int32Array;
  /** 1 where the last step ended an episode that is learned from. */
  private readonly ended: Uint8Array;
  /** The episodes that are learned from, which is what progress reports on. */
  private readonly heeded: Parameters<ProgressRecorder['record']>[0];
  /** Count keys, so that each run of a sampling program has one of its own: in episodes 0, 1, …, when acting −1, −2, …. */
  private draws = 0;
  private actingDraws = 0;

  constructor(env: VectorEnv, networks: ActorCritic, options: EpisodeCollectorOptions, device: t.Device) {
    const { observationSpace, actionSpace, numEnvs, episodeReturns, episodeLengths } = env;
    this.env = env;
    this.options = options;
    this.buffer = new EpisodeBuffer(env, options);
    this.rollout = actProgram(networks, env, numEnvs, false, device);
    this.policy = new ProgramPolicy({
      observationSpace,
      actionSpace,
      seed: options.seed,
      compile: (batch, deterministic) => actProgram(networks, env, batch, deterministic, device),
      nextKey: () => -++this.actingDraws,
    });
    this.writeKey = programKeys(options.seed);
    this.training = new TrainingEnv(env, options.seed);
    this.actions = createActions(actionSpace, numEnvs);
    this.left = new Int32Array(numEnvs);
    this.ended = new Uint8Array(numEnvs);
    const truncated = new Uint8Array(numEnvs);
    this.heeded = { numEnvs, terminated: this.ended, truncated, episodeReturns, episodeLengths };
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
   * Plays the episodes of one round. Throws as `EpisodeBuffer.endStep` does, and `RangeError` for masks without a legal action.
   * @param finalValue of the observation that an episode was cut off at, a row of one for each copy: what would have followed
   */
  collect(finalValue: (observations: Float32Array, copy: number) => number): void {
    const { env, buffer, actions, left, ended } = this;
    const { episodes, maxEpisodeSteps } = this.options;
    const longest = episodeLimit(env, maxEpisodeSteps ?? undefined);
    buffer.clear();
    left.fill(episodes);
    if (isWithinEpisode(env)) this.training.restart();
    while (buffer.numEpisodes < env.numEnvs * episodes) {
      const chosen = this.chooseActions();
      for (let i = 0; i < env.numEnvs; i++) {
        if (left[i] > 0) buffer.beginStep(i, env.observations, chosen, env.actionMasks);
      }
      clipToBounds(env.actionSpace, chosen, actions);
      this.training.step(actions);
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
      this.recorder.record(this.heeded);
    }
  }

  /** Actions of the present policy for all copies, as they were drawn: those of a `Box` may lie outside its bounds. */
  private chooseActions(): t.TensorData {
    const { env, rollout } = this;
    const { actionMasks, actionSpace } = env;
    rollout.inputs.observations.set(env.observations);
    if (actionMasks) {
      const counts = actionSpace.kind === 'multi-discrete' ? actionSpace.counts : actionMaskSize(actionSpace);
      checkActionMasks(actionMasks, counts, env.numEnvs);
      rollout.inputs.actionMasks?.set(actionMasks);
    }
    this.writeKey(rollout.inputs.key, this.draws++);
    return rollout.run().actions;
  }

  getState(): StateDict {
    return {
      draws: this.draws,
      actingDraws: this.actingDraws,
      recorder: this.recorder.getState(),
      training: this.training.getState(),
    };
  }

  setState(state: StateDict): void {
    this.draws = readNumber(state, 'draws');
    this.actingDraws = readNumber(state, 'actingDraws');
    this.recorder.setState(readState(state, 'recorder'));
    this.training.setState(readState(state, 'training'));
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
