import { checkOptions, fraction, positiveInteger } from '@gradus/tensor';
import { checkFiniteRows, checkStep } from './check-float32.ts';
import { actionMaskSize } from './dynamics.ts';
import { CheckpointError, EnvError } from './errors.ts';
import { gatherRows, type NumberArray } from './gather-rows.ts';
import type { Random } from './random.ts';
import { createActions, type ActionArray, type Space } from './spaces.ts';
import { readNumber, restoreArray, type StateDict, type Stateful, type TypedArray } from './state.ts';
import type { StepOutcome, VectorEnv } from './vector-env.ts';

/** Where `sample` copies a batch to: [rows] or [rows × size]. */
export interface ReplayBatch {
  readonly observations: NumberArray;
  readonly actions: NumberArray;
  /** Σ_{k<m} γᵏ rₜ₊ₖ₊₁, the discounted rewards of m steps. */
  readonly rewards: NumberArray;
  /** The observation m steps later, the final one of its episode if that ended there. */
  readonly nextObservations: NumberArray;
  /** The factor of the value of `nextObservations`: γᵐ, also where a time limit cut the episode off; 0 where the task ended. */
  readonly discounts: NumberArray;
  /**
   * Which actions make sense at `nextObservations`, 1 or else 0, [rows × number of actions]: only of environments with masks. All ones
   * where an episode ended, since nobody says what made sense there.
   */
  readonly nextActionMasks?: NumberArray | undefined;
}

/** What a replay buffer is asked to keep. */
export interface ReplayBufferOptions {
  /** Transitions that fit; rounded down to a multiple of the number of environments. */
  readonly capacity: number;
  /** γ, in [0, 1]. */
  readonly gamma: number;
  /** Most steps that a sampled transition takes in. Default 1. */
  readonly nSteps?: number | undefined;
}

/** What a replay buffer needs to know of the environments. */
export type ReplayedEnv = Pick<VectorEnv, 'numEnvs' | 'observationSpace' | 'actionSpace' | 'actionMasks'>;

/**
 * The last `capacity` transitions of n environments, sampled uniformly (Lin, 1992; Mnih et al., 2015; S3.3). Around each step:
 *
 *     replay.beginStep(env.observations, actions);
 *     env.step(actions);
 *     replay.endStep(env);
 *     replay.sample(batchSize, random, update.inputs);
 *
 * What is sampled are m-step transitions, m ≤ `nSteps`, for the target (Sutton, 1988; S2.4)
 *
 *     y = Σ_{k<m} γᵏ rₜ₊ₖ₊₁ + discount · max_a q(sₜ₊ₘ, a),   discount = γᵐ, or 0 where the task ended.
 *
 * m is less than `nSteps` where the episode ended or the newest transition was reached sooner. Observations of a uint8 `Box` are kept
 * as bytes, all others as float32.
 */
export class ReplayBuffer implements Stateful {
  /** Transitions that fit: the capacity asked for, rounded down to a multiple of n. */
  readonly capacity: number;
  private readonly numEnvs: number;
  private readonly gamma: number;
  private readonly nSteps: number;
  private readonly observationSize: number;
  private readonly actionSize: number;
  private readonly maskSize: number;
  private readonly observations: Float32Array | Uint8Array;
  private readonly actions: ActionArray;
  private readonly rewards: Float32Array;
  private readonly nextObservations: Float32Array | Uint8Array;
  private readonly terminated: Uint8Array;
  private readonly truncated: Uint8Array;
  /** Empty for environments without masks. */
  private readonly nextActionMasks: Uint8Array;
  /** The rows sampled last, and the rows in which their m steps end. */
  private indices: Uint32Array = new Uint32Array(0);
  private lastIndices: Uint32Array = new Uint32Array(0);
  /** Row that the next step writes first. */
  private position = 0;
  private stored = 0;

  /** Throws `RangeError` for options out of range, or where there is no room for one step of all environments. */
  constructor(env: ReplayedEnv, { capacity, gamma, nSteps = 1 }: ReplayBufferOptions) {
    checkOptions('ReplayBuffer', { gamma, nSteps }, { gamma: fraction, nSteps: positiveInteger });
    if (!(Number.isInteger(capacity) && capacity >= env.numEnvs)) {
      throw new RangeError(`capacity: expected an integer of at least ${env.numEnvs} (numEnvs), got ${capacity}`);
    }
    this.capacity = capacity - (capacity % env.numEnvs);
    this.numEnvs = env.numEnvs;
    this.gamma = gamma;
    this.nSteps = nSteps;
    this.observationSize = env.observationSpace.size;
    this.actionSize = env.actionSpace.size;
    this.maskSize = env.actionMasks ? actionMaskSize(env.actionSpace) : 0;
    this.observations = createObservations(env.observationSpace, this.capacity);
    this.actions = createActions(env.actionSpace, this.capacity);
    this.rewards = new Float32Array(this.capacity);
    this.nextObservations = createObservations(env.observationSpace, this.capacity);
    this.terminated = new Uint8Array(this.capacity);
    this.truncated = new Uint8Array(this.capacity);
    this.nextActionMasks = new Uint8Array(this.capacity * this.maskSize);
  }

  /** Transitions stored now. */
  get size(): number {
    return this.stored;
  }

  /** Row of the first environment's transition that the next step writes. */
  get nextRow(): number {
    return this.position;
  }

  /**
   * Records what was seen and chosen, before the environments step. Throws `RangeError` for arrays of another length than the n rows, and
   * `EnvError` for numbers that are not finite.
   */
  beginStep(observations: Float32Array, actions: ArrayLike<number>): void {
    checkLength('observations', observations, this.numEnvs, this.observationSize);
    checkLength('actions', actions, this.numEnvs, this.actionSize);
    checkFiniteRows('observation', observations, this.observationSize);
    checkFiniteRows('action', actions, this.actionSize);
    this.observations.set(observations, this.position * this.observationSize);
    this.actions.set(actions, this.position * this.actionSize);
  }

  /**
   * Records what came of it, after the environments stepped. Throws `EnvError`, and records nothing, for rewards and observations that are not finite, and
   * where masks are missing.
   */
  endStep(outcome: StepOutcome & Pick<VectorEnv, 'actionMasks'>): void {
    const { numEnvs, observationSize, maskSize, position } = this;
    checkStep({ ...outcome, numEnvs });
    const { actionMasks } = outcome;
    if (maskSize > 0) {
      if (!actionMasks) throw new EnvError('actionMasks: expected those that the environment had, got none');
      this.nextActionMasks.set(actionMasks, position * maskSize);
    }
    this.rewards.set(outcome.rewards, position);
    this.terminated.set(outcome.terminated, position);
    this.truncated.set(outcome.truncated, position);
    this.nextObservations.set(outcome.observations, position * observationSize);
    for (let i = 0; i < numEnvs; i++) {
      if (!outcome.terminated[i] && !outcome.truncated[i]) continue;
      // `observations` and `actionMasks` already belong to the next episode here.
      const final = outcome.finalObservations.subarray(i * observationSize, (i + 1) * observationSize);
      this.nextObservations.set(final, (position + i) * observationSize);
      this.nextActionMasks.fill(1, (position + i) * maskSize, (position + i + 1) * maskSize);
    }
    this.position = (position + numEnvs) % this.capacity;
    this.stored = Math.min(this.stored + numEnvs, this.capacity);
  }

  /** Copies `count` transitions, drawn uniformly with replacement, into `batch`. Throws `RangeError` when there are none, or for another size. */
  sample(count: number, random: Random, batch: ReplayBatch): void {
    if (this.stored === 0) throw new RangeError('ReplayBuffer: expected at least one transition to sample, got none');
    if (this.indices.length !== count) this.indices = new Uint32Array(count);
    for (let k = 0; k < count; k++) this.indices[k] = random.integer(this.stored);
    this.gather(this.indices, batch);
  }

  /**
   * Copies the transitions that begin in `rows`, each less than `size`, into `batch`. `nextActionMasks` stay as they are where the
   * environments have none. Throws `RangeError` for a batch of another size.
   */
  gather(rows: Uint32Array, batch: ReplayBatch): void {
    const count = rows.length;
    checkLength('batch.observations', batch.observations, count, this.observationSize);
    checkLength('batch.actions', batch.actions, count, this.actionSize);
    checkLength('batch.rewards', batch.rewards, count, 1);
    checkLength('batch.nextObservations', batch.nextObservations, count, this.observationSize);
    checkLength('batch.discounts', batch.discounts, count, 1);
    if (this.lastIndices.length !== count) this.lastIndices = new Uint32Array(count);
    const { lastIndices, observationSize } = this;
    this.walk(rows, batch);
    gatherRows(this.observations, observationSize, rows, 0, count, batch.observations);
    gatherRows(this.actions, this.actionSize, rows, 0, count, batch.actions);
    gatherRows(this.nextObservations, observationSize, lastIndices, 0, count, batch.nextObservations);
    if (batch.nextActionMasks && this.maskSize > 0) {
      checkLength('batch.nextActionMasks', batch.nextActionMasks, count, this.maskSize);
      gatherRows(this.nextActionMasks, this.maskSize, lastIndices, 0, count, batch.nextActionMasks);
    }
  }

  /** From each of `rows` up to `nSteps` steps on: sums the rewards, and finds the factor of what follows and the last row. */
  private walk(rows: Uint32Array, { rewards, discounts }: Pick<ReplayBatch, 'rewards' | 'discounts'>): void {
    const { nSteps, gamma, numEnvs, capacity, position, terminated, truncated } = this;
    for (let k = 0; k < rows.length; k++) {
      let row = rows[k];
      let sum = this.rewards[row];
      let discount = gamma;
      for (let m = 1; m < nSteps && terminated[row] === 0 && truncated[row] === 0; m++) {
        const next = row + numEnvs < capacity ? row + numEnvs : row + numEnvs - capacity;
        // The row after the newest is the oldest one, or empty.
        if (next >= position && next < position + numEnvs) break;
        row = next;
        sum += discount * this.rewards[row];
        discount *= gamma;
      }
      this.lastIndices[k] = row;
      rewards[k] = sum;
      discounts[k] = terminated[row] === 0 ? discount : 0;
    }
  }

  getState(): StateDict {
    const { capacity, numEnvs, position, stored } = this;
    const arrays = Object.entries(this.arrays(stored)).map(([name, array]) => [name, array.slice()] as const);
    return { capacity, numEnvs, position, stored, ...Object.fromEntries(arrays) };
  }

  /** Throws `CheckpointError` when the saved buffer had another capacity, another number of environments or other spaces. */
  setState(state: StateDict): void {
    for (const name of ['capacity', 'numEnvs'] as const) {
      const saved = readNumber(state, name);
      if (saved === this[name]) continue;
      throw new CheckpointError(`replay buffer: expected ${name} ${this[name]}, got ${saved}`);
    }
    const stored = readNumber(state, 'stored');
    for (const [name, array] of Object.entries(this.arrays(stored))) restoreArray(state, name, array);
    this.position = readNumber(state, 'position');
    this.stored = stored;
  }

  /** The first `rows` rows of all that is kept. */
  private arrays(rows: number): Record<string, TypedArray> {
    const { observationSize, actionSize, maskSize } = this;
    return {
      observations: this.observations.subarray(0, rows * observationSize),
      actions: this.actions.subarray(0, rows * actionSize),
      rewards: this.rewards.subarray(0, rows),
      nextObservations: this.nextObservations.subarray(0, rows * observationSize),
      terminated: this.terminated.subarray(0, rows),
      truncated: this.truncated.subarray(0, rows),
      nextActionMasks: this.nextActionMasks.subarray(0, rows * maskSize),
    };
  }
}

function createObservations(space: Space, rows: number): Float32Array | Uint8Array {
  const isBytes = space.kind === 'box' && space.dtype === 'uint8';
  return isBytes ? new Uint8Array(rows * space.size) : new Float32Array(rows * space.size);
}

function checkLength(name: string, array: ArrayLike<number>, rows: number, width: number): void {
  if (array.length === rows * width) return;
  throw new RangeError(`${name} has ${array.length} elements, expected ${rows} × ${width}`);
}
