import { UpdateMetrics, scheduleValue, type Agent, type Metrics, type Random, type RolloutBuffer } from '@gradus/core';
import * as t from '@gradus/tensor';
import type { PpoLoss } from './ppo-loss.ts';
import type { PpoOptions } from './ppo.ts';

/** What an update reports, in the order of its output `metrics`. */
const metricNames = [
  'train/policy_loss',
  'train/value_loss',
  'train/entropy',
  'train/approx_kl',
  'train/clip_fraction',
  'train/gradient_norm',
] as const;

/** Inside a program: what the update by a minibatch reports, the output `metrics`. */
export function updateMetrics(
  { policyLoss, valueLoss, entropy, kl, clipFraction }: PpoLoss,
  gradientNorm: t.Tensor,
): t.Tensor {
  return t.stack([policyLoss, valueLoss, entropy, kl, clipFraction, gradientNorm]);
}

/** The program of a minibatch step, with a memory or without. */
type UpdateProgram = t.Program<
  Record<'observations' | 'learningRate' | 'clipRange' | 'clipRangeValue', unknown>,
  Record<'metrics', unknown>
>;

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
 * Learns from a round as {@link PpoOptions} say: epochs of minibatch steps, until the policy has moved too far; the means of their metrics. Throws
 * `DivergenceError` at the first that is not finite.
 */
export function ppoEpochs(
  buffer: RolloutBuffer,
  update: UpdateProgram,
  random: Random,
  options: Omit<PpoOptions, 'klCoefficient' | 'klTarget'>,
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
