import {
  fraction,
  nonNegativeNumber,
  nullable,
  optional,
  positiveInteger,
  positiveNumber,
  type OptionCheck,
} from '@gradus/tensor';
import { HindsightReplayBuffer, someHindsight, type HindsightOptions } from '../buffers/hindsight-replay-buffer.ts';
import {
  PrioritizedReplayBuffer,
  type PrioritizedReplayBatch,
  type PrioritizedSampleOptions,
} from '../buffers/prioritized-replay-buffer.ts';
import { ReplayBuffer, type SampleOptions } from '../buffers/replay-buffer.ts';
import { samplingKinds, type ReplaySampling } from '../buffers/replay-sampling.ts';
import type { Stateful } from '../checkpoints/state.ts';
import type { StepOutcome, VectorEnv } from '../environments/vector-env.ts';
import { variantCheck } from '../options/variant-check.ts';
import type { Random } from '../random/random.ts';
import { scheduleOf, scheduleValue, type Schedule } from '../training/schedules.ts';
import type { TrainingEnv } from '../training/training-env.ts';

/** Transitions are drawn by their errors (Schaul et al., 2016), see {@link PrioritizedReplayBuffer}. */
export interface PrioritizedSampling {
  readonly kind: 'prioritized';
  /** α: P ∝ error^α. Default 0.6 (Schaul et al., 2016). */
  readonly priorityExponent?: number | undefined;
  /** β of the weights (N P)^−β, over the progress of training. Default 1: what not drawing uniformly does to expectations is corrected in full. */
  readonly importanceExponent?: Schedule | undefined;
}

/** What a replay buffer keeps, and which minibatches are drawn from it. */
export interface SamplingOptions {
  /** Transitions that the replay buffer holds. Default 1,000,000 (SB3). */
  readonly bufferSize: number;
  /** Transitions in a minibatch. Default 256 (SB3). */
  readonly batchSize: number;
  /** n of n-step returns, shorter where an episode ends. Default 1. */
  readonly nSteps: number;
  /** Which transitions are drawn: see {@link ReplaySampling} and {@link PrioritizedSampling}. Default `{ kind: 'uniform' }`. */
  readonly sampling: ReplaySampling | PrioritizedSampling;
  /** Draws only from so many of the newest transitions, over the progress of training: a buffer that shrinks. Default `null`: from all. */
  readonly newest: Schedule | null;
  /**
   * In environments with goals: hindsight experience replay (Andrychowicz et al., 2017), which learns from most transitions as if what came of them had been
   * wanted, see {@link HindsightReplayBuffer}; only with uniform sampling of all, one step each. `{}` is the paper's `{ strategy: 'future', sampledGoals: 4 }`,
   * `null` none. Default `null`.
   */
  readonly hindsight: HindsightOptions | null;
}

/** Stable-Baselines3's defaults. */
export const samplingDefaults: SamplingOptions = {
  bufferSize: 1_000_000,
  batchSize: 256,
  nSteps: 1,
  sampling: { kind: 'uniform' },
  newest: null,
  hindsight: null,
};

/** What each of these options must be. */
export const samplingChecks: { readonly [Name in keyof SamplingOptions]: OptionCheck } = {
  bufferSize: positiveInteger,
  batchSize: positiveInteger,
  nSteps: positiveInteger,
  sampling: variantCheck({
    ...samplingKinds,
    prioritized: { priorityExponent: optional(nonNegativeNumber), importanceExponent: optional(scheduleOf(fraction)) },
  }),
  newest: nullable(scheduleOf(positiveNumber)),
  hindsight: nullable(someHindsight),
};

/** No replay: a minibatch is of the newest transitions, the oldest of them first. */
interface LatestSampling {
  readonly kind: 'latest';
}

/** What {@link Minibatches} are of. */
export interface MinibatchOptions extends Omit<SamplingOptions, 'sampling'> {
  readonly sampling: SamplingOptions['sampling'] | LatestSampling;
  /** γ of n-step returns. */
  readonly gamma: number;
}

/** Any buffer that minibatches are drawn from. */
export interface AnyReplayBuffer extends Stateful {
  readonly capacity: number;
  readonly size: number;
  readonly isReady: boolean;
  beginStep(observations: Float32Array, actions: ArrayLike<number>): void;
  endStep(outcome: StepOutcome & Pick<VectorEnv, 'actionMasks'>): void;
  sample(
    count: number,
    random: Random,
    batch: PrioritizedReplayBatch,
    options: SampleOptions & PrioritizedSampleOptions,
  ): void;
  /** Where it draws the newest, too. */
  latest?(count: number, batch: PrioritizedReplayBatch): void;
  /** Where it draws by errors. */
  updatePriorities?(errors: ArrayLike<number>): void;
}

/** The replay buffer of an agent, and the minibatches that it learns from, of one transition or several in each row. */
export class Minibatches {
  readonly buffer: () => AnyReplayBuffer;
  private readonly options: MinibatchOptions;
  private readonly random: Random;

  /** Throws `RangeError` for a buffer that has no room, and for options that do not fit together. */
  constructor(training: TrainingEnv, options: MinibatchOptions, random: Random) {
    const { sampling, newest, nSteps, hindsight } = options;
    if (newest !== null && sampling.kind !== 'uniform') {
      throw new RangeError(`newest: expected it with uniform sampling, got '${sampling.kind}'`);
    }
    if (hindsight !== null && !(sampling.kind === 'uniform' && newest === null && nSteps === 1)) {
      const got = `${sampling.kind} sampling of ${newest === null ? 'all' : 'the newest'}, and ${nSteps}`;
      throw new RangeError(`hindsight: expected uniform sampling of all transitions, and nSteps 1, got ${got}`);
    }
    this.options = options;
    this.random = random;
    this.buffer = training.reserve(() => {
      const { bufferSize, gamma } = options;
      if (hindsight !== null) {
        return new HindsightReplayBuffer(training.env, { capacity: bufferSize, gamma, ...hindsight });
      }
      const kept = { capacity: bufferSize, gamma, nSteps };
      if (sampling.kind === 'latest') return new ReplayBuffer(training.env, kept);
      if (sampling.kind !== 'prioritized') return new ReplayBuffer(training.env, { ...kept, sampling });
      const { priorityExponent = 0.6 } = sampling;
      return new PrioritizedReplayBuffer(training.env, { ...kept, priorityExponent });
    });
  }

  /** Whether there is anything to draw from. */
  get areReady(): boolean {
    return this.buffer().isReady;
  }

  /** Draws the next one into the inputs of an update; `progress` is the part of training done. */
  draw(inputs: PrioritizedReplayBatch, progress: number): void {
    const { batchSize, sampling, newest } = this.options;
    const buffer = this.buffer();
    if (sampling.kind === 'latest') buffer.latest?.(batchSize, inputs);
    else buffer.sample(batchSize, this.random, inputs, sampleOptions(sampling, newest, progress));
  }

  /** Tells the buffer the errors of the minibatch drawn last, [rows]. */
  learnedFrom(errors: ArrayLike<number>): void {
    this.buffer().updatePriorities?.(errors);
  }
}

/** What the buffer is told besides. */
function sampleOptions(
  sampling: SamplingOptions['sampling'],
  newest: Schedule | null,
  progress: number,
): SampleOptions & PrioritizedSampleOptions {
  if (sampling.kind === 'prioritized')
    return { importanceExponent: scheduleValue(sampling.importanceExponent ?? 1, progress) };
  return newest === null ? {} : { newest: Math.ceil(scheduleValue(newest, progress)) };
}
