import {
  UpdateMetrics,
  scheduleValue,
  type Agent,
  type Metrics,
  type Random,
  type RolloutBuffer,
  type Schedule,
} from '@gradus/core';
import * as t from '@gradus/tensor';

/** What the update by a minibatch reports, in the order of its output `metrics`. */
const metricNames = [
  'train/policy_loss',
  'train/value_loss',
  'train/entropy',
  'train/approx_kl',
  'train/clip_fraction',
  'train/gradient_norm',
] as const;

/** Inside a program: the output `metrics` of such an update. */
export function updateMetrics(
  parts: Readonly<Record<'policyLoss' | 'valueLoss' | 'entropy' | 'kl' | 'clipFraction', t.Tensor>>,
  gradientNorm: t.Tensor,
): t.Tensor {
  return t.stack([parts.policyLoss, parts.valueLoss, parts.entropy, parts.kl, parts.clipFraction, gradientNorm]);
}

/** The program of a minibatch step, with a memory or without. */
type UpdateProgram = t.Program<
  Record<'observations' | 'learningRate' | 'clipRange' | 'clipRangeValue', unknown>,
  Record<'metrics', unknown>
>;

/** How a round is learned from: some of `PpoOptions`, which say what they mean. */
export interface PpoEpochsOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: Schedule;
  readonly clipRange: Schedule | null;
  readonly clipRangeValue: Schedule | null;
  readonly targetKl: number | null;
}

/** Whose round, which one, and how it is cut up. */
export interface PpoRound {
  /** Who learns, for messages. */
  readonly agent: Pick<Agent, 'algorithm' | 'step'>;
  /** The part of training that was done before it. */
  readonly progress: number;
  /** Minibatches are of sequences of so many steps of one copy. Default 1. */
  readonly sequenceLength?: number | undefined;
}

/**
 * Learns from a round: epochs of minibatch steps, until the policy has moved too far; the means of their metrics. Throws
 * `DivergenceError` at the first that is not finite.
 */
export function ppoEpochs(
  buffer: RolloutBuffer,
  update: UpdateProgram,
  random: Random,
  options: PpoEpochsOptions,
  { agent, progress, sequenceLength = 1 }: PpoRound,
): Metrics {
  const { epochs, batchSize, learningRate, clipRange, clipRangeValue } = options;
  const targetKl = options.targetKl ?? Infinity;
  const rate = scheduleValue(learningRate, progress);
  update.inputs.learningRate[0] = rate;
  update.inputs.clipRange[0] = scheduleValue(clipRange ?? Infinity, progress);
  update.inputs.clipRangeValue[0] = scheduleValue(clipRangeValue ?? 0, progress);
  const reported = new UpdateMetrics(agent, metricNames);
  let isTooFar = false;
  for (let epoch = 0; epoch < epochs && !isTooFar; epoch++) {
    buffer.shuffle(random, sequenceLength);
    for (let start = 0; start < buffer.size && !isTooFar; start += batchSize) {
      buffer.gather(start, start + batchSize, update.inputs);
      const { metrics } = update.run();
      reported.add(metrics);
      // SB3's tolerance.
      isTooFar = metrics[metricNames.indexOf('train/approx_kl')] > 1.5 * targetKl;
    }
  }
  return { ...reported.means(), 'train/learning_rate': rate };
}
