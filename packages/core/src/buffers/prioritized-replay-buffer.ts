import { checkArguments, checkOptions, fraction, naturalNumber, nonNegativeNumber, optional } from '@gradus/tensor';
import { aRandomSource, anObject, numberList } from '../options/argument-checks.ts';
import { checkRows } from '../environments/check-rows.ts';
import type { NumberArray } from './gather-rows.ts';
import type { Random } from '../random/random.ts';
import { ReplayBuffer, type ReplayBatch, type ReplayBufferOptions, type ReplayedEnv } from './replay-buffer.ts';
import { readNumber, readState, restoreArray, type StateDict, type Stateful } from '../checkpoints/state.ts';
import { SumTree } from './sum-tree.ts';
import type { StepOutcome, VectorEnv } from '../environments/vector-env.ts';

/** Where `sample` copies a batch to. */
export interface PrioritizedReplayBatch extends ReplayBatch {
  /** wᵢ, the factor of each row's loss, at most 1: [rows]. */
  readonly weights: NumberArray;
}

/** What a prioritized replay buffer is asked to keep, and how it draws. */
export interface PrioritizedReplayBufferOptions extends Omit<ReplayBufferOptions, 'sampling'> {
  /** α ≥ 0: 0 draws uniformly, 1 in proportion to the errors. Schaul et al. use 0.6 with DQN, Rainbow 0.5. */
  readonly priorityExponent: number;
}

/** What {@link PrioritizedReplayBuffer.sample} is told besides. */
export interface PrioritizedSampleOptions {
  /** β, from 0, which corrects nothing, to 1, which corrects in full what not drawing uniformly does to expectations. Default 1. */
  readonly importanceExponent?: number | undefined;
}

/** ε, which keeps transitions without an error from never being drawn again; OpenAI Baselines' value. */
const SMALLEST_PRIORITY = 1e-6;

/**
 * A {@link ReplayBuffer} that draws transitions by their TD errors δ (Schaul et al., 2016: the proportional variant; S3.5):
 *
 *     P(i) = pᵢ^α / Σⱼ pⱼ^α,   p = |δ| + 10⁻⁶,   wᵢ = (N · P(i))^−β / maxⱼ wⱼ
 *
 * A new transition gets the largest p so far, 1 at first, so that it is soon drawn. The `count` draws are stratified: one from each
 * `count`-th part of the sum. The largest weight is that of the batch. After an update:
 *
 *     replay.sample(batchSize, random, update.inputs, { importanceExponent: beta });
 *     const { errors } = update.run();
 *     replay.updatePriorities(errors);
 */
export class PrioritizedReplayBuffer implements Stateful {
  private readonly transitions: ReplayBuffer;
  private readonly numEnvs: number;
  private readonly priorityExponent: number;
  /** pᵢ^α of each row. */
  private readonly priorities: SumTree;
  /** The largest pᵢ^α so far. */
  private largestPriority = 1;
  /** The rows sampled last. */
  private rows: Uint32Array = new Uint32Array(0);

  /** Throws `RangeError` as {@link ReplayBuffer} does, and for a `priorityExponent` that is negative or not finite. */
  constructor(env: ReplayedEnv, options: PrioritizedReplayBufferOptions) {
    checkArguments('PrioritizedReplayBuffer', { options }, { options: anObject });
    const { priorityExponent, ...others } = options;
    checkArguments('PrioritizedReplayBuffer', { priorityExponent }, { priorityExponent: nonNegativeNumber });
    if ('sampling' in others)
      throw new RangeError('PrioritizedReplayBuffer: expected no sampling, since errors decide what is drawn');
    this.transitions = new ReplayBuffer(env, others);
    this.numEnvs = env.numEnvs;
    this.priorityExponent = priorityExponent;
    this.priorities = new SumTree(this.transitions.capacity);
  }

  /** Transitions that fit. */
  get capacity(): number {
    return this.transitions.capacity;
  }

  /** Transitions stored now. */
  get size(): number {
    return this.transitions.size;
  }

  /** Whether there is anything to draw. */
  get isReady(): boolean {
    return this.size > 0;
  }

  /** Records what was seen and chosen, before the environments step. */
  beginStep(observations: Float32Array, actions: ArrayLike<number>): void {
    this.transitions.beginStep(observations, actions);
  }

  /** Records what came of it, after the environments stepped. Throws `EnvError` as {@link ReplayBuffer} does. */
  endStep(outcome: StepOutcome & Pick<VectorEnv, 'actionMasks'>): void {
    const row = this.transitions.nextRow;
    this.transitions.endStep(outcome);
    for (let i = 0; i < this.numEnvs; i++) this.priorities.set(row + i, this.largestPriority);
  }

  /**
   * Copies `count` transitions, drawn by priority with replacement, and their weights into `batch`.
   * Throws `RangeError` when there are no transitions, for another size, or for a β outside [0, 1].
   */
  sample(count: number, random: Random, batch: PrioritizedReplayBatch, options: PrioritizedSampleOptions = {}): void {
    if (this.size === 0) {
      throw new RangeError('PrioritizedReplayBuffer: expected at least one transition to sample, got none');
    }
    checkArguments(
      'sample',
      { count, random, batch },
      { count: naturalNumber, random: aRandomSource, batch: anObject },
    );
    checkOptions('sample', options, { importanceExponent: optional(fraction) });
    const { importanceExponent = 1 } = options;
    checkRows('batch.weights', batch.weights, count, 1);
    if (this.rows.length !== count) this.rows = new Uint32Array(count);
    const { rows, priorities } = this;
    const part = priorities.total / count;
    let smallest = Infinity;
    for (let k = 0; k < count; k++) {
      rows[k] = priorities.find((k + random.nextFloat()) * part);
      smallest = Math.min(smallest, priorities.get(rows[k]));
    }
    // N and Σ pⱼ^α cancel against those of the largest weight, which is that of the smallest priority.
    for (let k = 0; k < count; k++) batch.weights[k] = (smallest / priorities.get(rows[k])) ** importanceExponent;
    this.transitions.gather(rows, batch);
  }

  /**
   * Gives the transitions sampled last, before any further step, the priorities of their TD errors δ, [rows].
   * Throws `RangeError` for another number of errors, or one that is not finite.
   */
  updatePriorities(errors: ArrayLike<number>): void {
    const { rows, priorities, priorityExponent } = this;
    checkArguments('updatePriorities', { errors }, { errors: numberList });
    if (errors.length !== rows.length) {
      throw new RangeError(`errors: expected ${rows.length}, one for each row sampled last, got ${errors.length}`);
    }
    for (let k = 0; k < rows.length; k++) {
      if (!Number.isFinite(errors[k])) throw new RangeError(`errors[${k}]: expected a finite number, got ${errors[k]}`);
      const priority = (Math.abs(errors[k]) + SMALLEST_PRIORITY) ** priorityExponent;
      priorities.set(rows[k], priority);
      this.largestPriority = Math.max(this.largestPriority, priority);
    }
  }

  getState(): StateDict {
    const { size, priorities, largestPriority } = this;
    return {
      transitions: this.transitions.getState(),
      priorities: Float64Array.from({ length: size }, (_, row) => priorities.get(row)),
      largestPriority,
    };
  }

  /** Throws `CheckpointError` when the saved buffer had another capacity or other spaces. */
  setState(state: StateDict): void {
    this.transitions.setState(readState(state, 'transitions'));
    const priorities = new Float64Array(this.size);
    restoreArray(state, 'priorities', priorities);
    for (let row = 0; row < this.capacity; row++) this.priorities.set(row, row < this.size ? priorities[row] : 0);
    this.largestPriority = readNumber(state, 'largestPriority');
  }
}
