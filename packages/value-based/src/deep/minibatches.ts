import {
  PrioritizedReplayBuffer,
  ReplayBuffer,
  scheduleValue,
  type PrioritizedReplayBatch,
  type Random,
  type TrainingEnv,
} from '@gradus/core';
import type { DqnOptions } from './dqn-options.ts';

/** What of {@link DqnOptions} says which transitions are learned from. */
export type MinibatchOptions = Pick<
  DqnOptions,
  | 'replay'
  | 'bufferSize'
  | 'batchSize'
  | 'trainFrequency'
  | 'gradientSteps'
  | 'gamma'
  | 'nSteps'
  | 'priorityExponent'
  | 'importanceExponent'
>;

/** The replay buffer of an agent, and the minibatches that it learns from, as its option `replay` says. */
export class Minibatches {
  readonly buffer: () => ReplayBuffer | PrioritizedReplayBuffer;
  private readonly options: MinibatchOptions;
  private readonly random: Random;
  /** All rows of the buffer of `replay: 'none'`, which has room for just the transitions of one round. */
  private readonly allRows: Uint32Array;

  /** Throws `RangeError` for a buffer that does not fit into memory, and for options that do not fit together. */
  constructor(training: TrainingEnv, options: MinibatchOptions, random: Random) {
    const { replay, bufferSize, batchSize, trainFrequency, gradientSteps, gamma, nSteps, priorityExponent } = options;
    if (replay === 'none' && !(batchSize === trainFrequency && gradientSteps === 1)) {
      throw new RangeError(
        `replay 'none': expected batchSize ${trainFrequency} (trainFrequency) and gradientSteps 1, got ${batchSize} and ${gradientSteps}`,
      );
    }
    this.options = options;
    this.random = random;
    this.allRows = Uint32Array.from({ length: trainFrequency }, (_, row) => row);
    this.buffer = training.reserve(() => {
      const kept = { capacity: replay === 'none' ? trainFrequency : bufferSize, gamma, nSteps };
      if (replay !== 'prioritized') return new ReplayBuffer(training.env, kept);
      return new PrioritizedReplayBuffer(training.env, { ...kept, priorityExponent });
    });
  }

  /** Draws the next one into the inputs of an update; `progress` is the part of training done. */
  draw(inputs: PrioritizedReplayBatch, progress: number): void {
    const { random, allRows } = this;
    const { replay, batchSize, importanceExponent } = this.options;
    const buffer = this.buffer();
    if (buffer instanceof PrioritizedReplayBuffer) {
      buffer.sample(batchSize, random, inputs, scheduleValue(importanceExponent, progress));
    } else if (replay === 'none') buffer.gather(allRows, inputs);
    else buffer.sample(batchSize, random, inputs);
  }

  /** Takes the errors of the minibatch drawn last, [rows], for its transitions' priorities. */
  learnedFrom(errors: ArrayLike<number>): void {
    const buffer = this.buffer();
    if (buffer instanceof PrioritizedReplayBuffer) buffer.updatePriorities(errors);
  }
}
