import {
  checkArguments,
  checkOptions,
  fraction,
  naturalNumber,
  optional,
  positiveInteger,
  valueText,
} from '@gradus/tensor';
import { aRandomSource, aReplayedEnv, anObject, numberList, rowIndices } from '../options/argument-checks.ts';
import { checkFiniteRows, checkStep } from '../environments/check-float32.ts';
import { checkKeptActions } from '../environments/check-values.ts';
import { checkOutcome, checkRows } from '../environments/check-rows.ts';
import { actionMaskSize } from '../environments/dynamics.ts';
import { CheckpointError, EnvError } from '../errors.ts';
import { gatherRows, type NumberArray } from './gather-rows.ts';
import { withMemory } from './memory.ts';
import { observationBytes, ObservationHistory } from './observation-history.ts';
import { checkSampling, createSampler, type ReplaySampler, type ReplaySampling } from './replay-sampling.ts';
import type { Random } from '../random/random.ts';
import { createActions, type ActionArray, type Space } from '../spaces/spaces.ts';
import {
  readNumber,
  readState,
  restoreArray,
  type StateDict,
  type Stateful,
  type TypedArray,
} from '../checkpoints/state.ts';
import type { StepOutcome, VectorEnv } from '../environments/vector-env.ts';

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
  /** Which transitions are drawn. Default: all alike. */
  readonly sampling?: ReplaySampling | undefined;
}

/** Which draws a batch is of. */
export interface SampleOptions {
  /** Only of so many of the newest transitions, at least 1: a buffer that shrinks. Default: of all. Only where sampling is uniform. */
  readonly newest?: number | undefined;
}

/** What a replay buffer needs to know of the environments. */
export type ReplayedEnv = Pick<VectorEnv, 'numEnvs' | 'observationSpace' | 'actionSpace' | 'actionMasks' | 'goalRules'>;

/**
 * The last `capacity` transitions of n environments, sampled uniformly (Lin, 1992; Mnih et al., 2015; S3.3) or as `sampling` says. Around each step:
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
 * m is less than `nSteps` where the episode ended or the newest transition was reached sooner. Each observation is kept once, the next
 * one of a transition being that of the following one, and of stacked frames (`frameAxis` of the `Box`) each frame once; those of a
 * uint8 `Box` as bytes, all others as float32.
 */
export class ReplayBuffer implements Stateful {
  /** Transitions that fit: the capacity asked for, rounded down to a multiple of n. */
  readonly capacity: number;
  private readonly numEnvs: number;
  private readonly gamma: number;
  private readonly nSteps: number;
  private readonly observationSize: number;
  private readonly actionSpace: Space;
  private readonly actionSize: number;
  private readonly maskSize: number;
  private readonly history: ObservationHistory;
  /** By row the number of its observation in the history, and how many frames further on the next observation is. */
  private readonly numbers: Uint32Array;
  private readonly advances: Uint8Array;
  private readonly actions: ActionArray;
  private readonly rewards: Float32Array;
  private readonly terminated: Uint8Array;
  private readonly truncated: Uint8Array;
  /** Empty for environments without masks. */
  private readonly nextActionMasks: Uint8Array;
  /** The rows sampled last, and the rows in which their m steps end. */
  private indices: Uint32Array = new Uint32Array(0);
  private lastIndices: Uint32Array = new Uint32Array(0);
  private readonly sampling: ReplaySampling;
  private readonly sampler: ReplaySampler;
  /** Row that the next step writes first. */
  private position = 0;
  private stored = 0;

  /**
   * Throws `RangeError` for options out of range, where there is no room for one step of all environments, and for more transitions than
   * the machine's memory can hold.
   */
  constructor(env: ReplayedEnv, options: ReplayBufferOptions) {
    checkArguments('ReplayBuffer', { env }, { env: aReplayedEnv });
    const isCapacity = (value: unknown): boolean => positiveInteger.accepts(value) && Number(value) >= env.numEnvs;
    checkOptions('ReplayBuffer', options, {
      capacity: { expected: `an integer of at least ${env.numEnvs} (numEnvs)`, accepts: isCapacity },
      gamma: fraction,
      nSteps: optional(positiveInteger),
      sampling: optional(anObject),
    });
    checkArguments(
      'ReplayBuffer',
      { gamma: options.gamma, capacity: options.capacity },
      { gamma: fraction, capacity: positiveInteger },
    );
    const { capacity, gamma, nSteps = 1, sampling = { kind: 'uniform' } } = options;
    checkSampling(sampling);
    this.capacity = capacity - (capacity % env.numEnvs);
    this.numEnvs = env.numEnvs;
    this.gamma = gamma;
    this.nSteps = nSteps;
    this.observationSize = env.observationSpace.size;
    this.actionSpace = env.actionSpace;
    this.actionSize = env.actionSpace.size;
    this.maskSize = env.actionMasks ? actionMaskSize(env.actionSpace) : 0;
    const { history, numbers, advances, actions, rewards, terminated, truncated, nextActionMasks, sampler } =
      withMemory(
        `ReplayBuffer: ${this.capacity.toLocaleString('en-US')} transitions`,
        replayBytes(env, this.capacity),
        () => ({
          history: new ObservationHistory(env.observationSpace, env.numEnvs, this.capacity / env.numEnvs),
          numbers: new Uint32Array(this.capacity),
          advances: new Uint8Array(this.capacity),
          actions: createActions(env.actionSpace, this.capacity),
          rewards: new Float32Array(this.capacity),
          terminated: new Uint8Array(this.capacity),
          truncated: new Uint8Array(this.capacity),
          nextActionMasks: new Uint8Array(this.capacity * this.maskSize),
          sampler: createSampler(sampling, this.capacity, env.numEnvs),
        }),
      );
    this.sampling = sampling;
    this.sampler = sampler;
    this.history = history;
    this.numbers = numbers;
    this.advances = advances;
    this.actions = actions;
    this.rewards = rewards;
    this.terminated = terminated;
    this.truncated = truncated;
    this.nextActionMasks = nextActionMasks;
  }

  /** Transitions stored now. */
  get size(): number {
    return this.stored;
  }

  /** Whether there is anything to draw. */
  get isReady(): boolean {
    return this.stored > 0;
  }

  /** Row of the first environment's transition that the next step writes. */
  get nextRow(): number {
    return this.position;
  }

  /**
   * Records what was seen and chosen, before the environments step. Throws `RangeError` for arrays of another length than the n rows, and
   * `EnvError` for numbers that are not finite, and for discrete actions that are not in their space.
   */
  beginStep(observations: Float32Array, actions: ArrayLike<number>): void {
    checkRows('observations', observations, this.numEnvs, this.observationSize);
    checkRows('actions', actions, this.numEnvs, this.actionSize);
    checkFiniteRows('observation', observations, this.observationSize);
    checkKeptActions(this.actionSpace, actions);
    for (let i = 0; i < this.numEnvs; i++) this.numbers[this.position + i] = this.history.add(i, observations, i);
    this.actions.set(actions, this.position * this.actionSize);
  }

  /**
   * Records what came of it, after the environments stepped. Throws `EnvError`, and records nothing, for rewards and observations that are not finite, and
   * where masks are missing.
   */
  endStep(outcome: StepOutcome & Pick<VectorEnv, 'actionMasks'>): void {
    const { numEnvs, maskSize, position, history, numbers } = this;
    checkOutcome(outcome, numEnvs);
    checkRows('observations', outcome.observations, numEnvs, this.observationSize);
    checkRows('finalObservations', outcome.finalObservations, numEnvs, this.observationSize);
    const { observations, finalObservations, rewards, terminated, truncated, actionMasks } = outcome;
    checkStep({ numEnvs, observations, finalObservations, rewards, terminated, truncated });
    if (maskSize > 0) {
      if (!actionMasks) throw new EnvError('actionMasks: expected those that the environment had, got none');
      checkRows('actionMasks', actionMasks, numEnvs, maskSize);
      this.nextActionMasks.set(actionMasks, position * maskSize);
    }
    this.rewards.set(outcome.rewards, position);
    this.terminated.set(outcome.terminated, position);
    this.truncated.set(outcome.truncated, position);
    for (let i = 0; i < numEnvs; i++) {
      const row = position + i;
      const ends = outcome.terminated[i] !== 0 || outcome.truncated[i] !== 0;
      // `observations` and `actionMasks` already belong to the next episode where one has ended.
      const next = history.add(i, ends ? outcome.finalObservations : outcome.observations, i);
      this.advances[row] = next - numbers[row];
      if (ends) this.nextActionMasks.fill(1, row * maskSize, (row + 1) * maskSize);
      this.sampler.add(row, this.rewards[row], ends);
    }
    this.position = (position + numEnvs) % this.capacity;
    this.stored = Math.min(this.stored + numEnvs, this.capacity);
    // The rows written next are the oldest ones now.
    if (this.stored === this.capacity) {
      for (let i = 0; i < numEnvs; i++) history.dropBefore(i, numbers[this.position + i]);
    }
  }

  /**
   * Copies `count` transitions, drawn with replacement, into `batch`. Throws `RangeError` when there are none, for another size, and for
   * `newest` where sampling is not uniform.
   */
  sample(count: number, random: Random, batch: ReplayBatch, options: SampleOptions = {}): void {
    checkArguments('sample', { count, random }, { count: naturalNumber, random: aRandomSource });
    checkOptions('sample', options, { newest: optional(positiveInteger) });
    if (this.stored === 0) throw new RangeError('ReplayBuffer: expected at least one transition to sample, got none');
    if (this.indices.length !== count) this.indices = new Uint32Array(count);
    if (options.newest === undefined) this.sampler.draw(this.indices, random);
    else this.drawNewest(options.newest, random);
    this.gather(this.indices, batch);
  }

  /** Copies the `count` newest transitions, the oldest of them first, into `batch`. Throws `RangeError` when there are fewer, and for another size. */
  latest(count: number, batch: ReplayBatch): void {
    checkArguments('latest', { count }, { count: naturalNumber });
    if (count > this.stored) {
      throw new RangeError(`ReplayBuffer: expected at least ${count} transitions, got ${this.stored}`);
    }
    const { capacity, position } = this;
    if (this.indices.length !== count) this.indices = new Uint32Array(count);
    for (let k = 0; k < count; k++) this.indices[k] = (position - count + k + capacity) % capacity;
    this.gather(this.indices, batch);
  }

  private drawNewest(newest: number, random: Random): void {
    const { capacity, indices, position } = this;
    if (this.sampling.kind !== 'uniform') {
      throw new RangeError(`newest: expected it with uniform sampling, got '${this.sampling.kind}'`);
    }
    const size = Math.min(newest, this.stored);
    for (let k = 0; k < indices.length; k++) indices[k] = (position - 1 - random.integer(size) + capacity) % capacity;
  }

  /**
   * Copies the transitions that begin in `rows`, each less than `size`, into `batch`. `nextActionMasks` stay as they are where the
   * environments have none. Throws `RangeError` for a batch of another size.
   */
  gather(rows: Uint32Array, batch: ReplayBatch): void {
    checkArguments('gather', { rows, batch }, { rows: rowIndices, batch: anObject });
    const count = rows.length;
    checkRows('batch.observations', batch.observations, count, this.observationSize);
    checkRows('batch.actions', batch.actions, count, this.actionSize);
    checkRows('batch.rewards', batch.rewards, count, 1);
    checkRows('batch.nextObservations', batch.nextObservations, count, this.observationSize);
    checkRows('batch.discounts', batch.discounts, count, 1);
    if (this.lastIndices.length !== count) this.lastIndices = new Uint32Array(count);
    const { lastIndices, history, numbers, advances, numEnvs } = this;
    this.walk(rows, batch);
    for (let k = 0; k < count; k++) {
      const last = lastIndices[k];
      history.copy(rows[k] % numEnvs, numbers[rows[k]], batch.observations, k);
      history.copy(last % numEnvs, numbers[last] + advances[last], batch.nextObservations, k);
    }
    gatherRows(this.actions, this.actionSize, rows, 0, count, batch.actions);
    if (batch.nextActionMasks && this.maskSize > 0) {
      checkRows('batch.nextActionMasks', batch.nextActionMasks, count, this.maskSize);
      gatherRows(this.nextActionMasks, this.maskSize, lastIndices, 0, count, batch.nextActionMasks);
    }
  }

  /**
   * Copies the observations that the transitions of `rows`, each less than `size`, led to, a step later, into the first rows of `observations`. Throws
   * `RangeError` where these are too few.
   */
  gatherNext(rows: Uint32Array, observations: NumberArray): void {
    checkArguments('gatherNext', { rows, observations }, { rows: rowIndices, observations: numberList });
    if (observations.length < rows.length * this.observationSize) {
      const expected = `${rows.length} × ${this.observationSize} at least`;
      throw new RangeError(`gatherNext: expected ${expected} numbers in observations, got ${observations.length}`);
    }
    const { history, numbers, advances, numEnvs } = this;
    for (let k = 0; k < rows.length; k++) {
      const row = rows[k];
      history.copy(row % numEnvs, numbers[row] + advances[row], observations, k);
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
    const { capacity, numEnvs, position, stored, history } = this;
    const arrays = Object.entries(this.arrays(stored)).map(([name, array]) => [name, array.slice()] as const);
    const numbers = this.numbers.subarray(0, stored).map((number, row) => number - history.start(row % numEnvs));
    const sampler = { kind: this.sampling.kind, ...this.sampler.getState() };
    return {
      capacity,
      numEnvs,
      position,
      stored,
      ...Object.fromEntries(arrays),
      numbers,
      history: history.getState(),
      sampler,
    };
  }

  /** Throws `CheckpointError` when the saved buffer had another capacity, another number of environments or other spaces. */
  setState(state: StateDict): void {
    for (const name of ['capacity', 'numEnvs'] as const) {
      const saved = readNumber(state, name);
      if (saved === this[name]) continue;
      throw new CheckpointError(`replay buffer: expected ${name} ${this[name]}, got ${saved}`);
    }
    const stored = readNumber(state, 'stored');
    const sampler = readState(state, 'sampler');
    if (sampler.kind !== this.sampling.kind) {
      throw new CheckpointError(
        `replay buffer: expected sampling '${this.sampling.kind}', got ${valueText(sampler.kind)}`,
      );
    }
    for (const [name, array] of Object.entries(this.arrays(stored))) restoreArray(state, name, array);
    restoreArray(state, 'numbers', this.numbers.subarray(0, stored));
    this.history.setState(readState(state, 'history'));
    this.sampler.restore(sampler, this.rewards.subarray(0, stored));
    this.position = readNumber(state, 'position');
    this.stored = stored;
  }

  /** The first `rows` rows of all that is kept but the history. */
  private arrays(rows: number): Record<string, TypedArray> {
    const { actionSize, maskSize } = this;
    return {
      advances: this.advances.subarray(0, rows),
      actions: this.actions.subarray(0, rows * actionSize),
      rewards: this.rewards.subarray(0, rows),
      terminated: this.terminated.subarray(0, rows),
      truncated: this.truncated.subarray(0, rows),
      nextActionMasks: this.nextActionMasks.subarray(0, rows * maskSize),
    };
  }
}

/** Bytes of a buffer, but for those that episodes' beginnings and ends add. */
function replayBytes({ observationSpace, actionSpace, actionMasks }: ReplayedEnv, capacity: number): number {
  const masks = actionMasks ? actionMaskSize(actionSpace) : 0;
  // Actions and rewards of 4 bytes, the observation's number of 4, and three single bytes.
  return capacity * (observationBytes(observationSpace) + 4 * actionSpace.size + 11 + masks);
}
