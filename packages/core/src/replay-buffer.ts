import { CheckpointError } from './errors.ts';
import { gatherRows, type NumberArray } from './gather-rows.ts';
import type { Random } from './random.ts';
import { createActions, type ActionArray } from './spaces.ts';
import { readNumber, restoreArray, type StateDict, type Stateful } from './state.ts';
import type { StepOutcome, VectorEnv } from './vector-env.ts';

/** Where `sample` copies a batch to: [rows] or [rows × size]. */
export interface ReplayBatch {
  readonly observations: NumberArray;
  readonly actions: NumberArray;
  readonly rewards: NumberArray;
  /** The observation that the action led to, the final one of its episode if it ended there. */
  readonly nextObservations: NumberArray;
  /** 1 where the task ended, so that nothing is to be bootstrapped; 0 also where a time limit cut it off. */
  readonly terminated: NumberArray;
}

/**
 * The last `capacity` transitions of n environments, sampled uniformly (Lin, 1992; Mnih et al., 2015; S3.3). Around each step:
 *
 *     replay.beginStep(env.observations, actions);
 *     env.step(actions);
 *     replay.endStep(env);
 *     replay.sample(batchSize, random, update.inputs);
 */
export class ReplayBuffer implements Stateful {
  /** Transitions that fit: the capacity asked for, rounded down to a multiple of n. */
  readonly capacity: number;
  private readonly numEnvs: number;
  private readonly observationSize: number;
  private readonly actionSize: number;
  private readonly observations: Float32Array;
  private readonly actions: ActionArray;
  private readonly rewards: Float32Array;
  private readonly nextObservations: Float32Array;
  private readonly terminated: Uint8Array;
  private indices: Uint32Array = new Uint32Array(0);
  /** Row that the next step writes first. */
  private position = 0;
  private stored = 0;

  /** Throws `RangeError` unless there is room for one step of all environments. */
  constructor(env: Pick<VectorEnv, 'numEnvs' | 'observationSpace' | 'actionSpace'>, capacity: number) {
    if (!(Number.isInteger(capacity) && capacity >= env.numEnvs)) {
      throw new RangeError(`capacity: expected an integer of at least ${env.numEnvs} (numEnvs), got ${capacity}`);
    }
    this.capacity = capacity - (capacity % env.numEnvs);
    this.numEnvs = env.numEnvs;
    this.observationSize = env.observationSpace.size;
    this.actionSize = env.actionSpace.size;
    this.observations = new Float32Array(this.capacity * this.observationSize);
    this.actions = createActions(env.actionSpace, this.capacity);
    this.rewards = new Float32Array(this.capacity);
    this.nextObservations = new Float32Array(this.capacity * this.observationSize);
    this.terminated = new Uint8Array(this.capacity);
  }

  /** Transitions stored now. */
  get size(): number {
    return this.stored;
  }

  /** Records what was seen and chosen, before the environments step. */
  beginStep(observations: Float32Array, actions: ArrayLike<number>): void {
    this.observations.set(observations, this.position * this.observationSize);
    this.actions.set(actions, this.position * this.actionSize);
  }

  /** Records what came of it, after the environments stepped. */
  endStep(outcome: StepOutcome): void {
    const { numEnvs, observationSize, position } = this;
    this.rewards.set(outcome.rewards, position);
    this.terminated.set(outcome.terminated, position);
    this.nextObservations.set(outcome.observations, position * observationSize);
    for (let i = 0; i < numEnvs; i++) {
      if (!outcome.terminated[i] && !outcome.truncated[i]) continue;
      // `observations` already belongs to the next episode here.
      const final = outcome.finalObservations.subarray(i * observationSize, (i + 1) * observationSize);
      this.nextObservations.set(final, (position + i) * observationSize);
    }
    this.position = (position + numEnvs) % this.capacity;
    this.stored = Math.min(this.stored + numEnvs, this.capacity);
  }

  /** Copies `count` transitions, drawn uniformly with replacement, into `batch`. Throws `RangeError` when there are none. */
  sample(count: number, random: Random, batch: ReplayBatch): void {
    if (this.stored === 0) throw new RangeError('ReplayBuffer: expected at least one transition to sample, got none');
    if (this.indices.length !== count) this.indices = new Uint32Array(count);
    const { indices, observationSize } = this;
    for (let k = 0; k < count; k++) indices[k] = random.integer(this.stored);
    gatherRows(this.observations, observationSize, indices, 0, count, batch.observations);
    gatherRows(this.actions, this.actionSize, indices, 0, count, batch.actions);
    gatherRows(this.rewards, 1, indices, 0, count, batch.rewards);
    gatherRows(this.nextObservations, observationSize, indices, 0, count, batch.nextObservations);
    gatherRows(this.terminated, 1, indices, 0, count, batch.terminated);
  }

  getState(): StateDict {
    const { capacity, position, stored, observationSize, actionSize } = this;
    return {
      capacity,
      position,
      stored,
      observations: this.observations.slice(0, stored * observationSize),
      actions: this.actions.slice(0, stored * actionSize),
      rewards: this.rewards.slice(0, stored),
      nextObservations: this.nextObservations.slice(0, stored * observationSize),
      terminated: this.terminated.slice(0, stored),
    };
  }

  /** Throws `CheckpointError` when the saved buffer had another capacity or other spaces. */
  setState(state: StateDict): void {
    const { observationSize, actionSize } = this;
    const capacity = readNumber(state, 'capacity');
    if (capacity !== this.capacity) {
      throw new CheckpointError(`replay buffer: expected a capacity of ${this.capacity}, got ${capacity}`);
    }
    const stored = readNumber(state, 'stored');
    restoreArray(state, 'observations', this.observations.subarray(0, stored * observationSize));
    restoreArray(state, 'actions', this.actions.subarray(0, stored * actionSize));
    restoreArray(state, 'rewards', this.rewards.subarray(0, stored));
    restoreArray(state, 'nextObservations', this.nextObservations.subarray(0, stored * observationSize));
    restoreArray(state, 'terminated', this.terminated.subarray(0, stored));
    this.position = readNumber(state, 'position');
    this.stored = stored;
  }
}
