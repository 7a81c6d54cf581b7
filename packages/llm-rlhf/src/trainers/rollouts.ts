import {
  checkParameters,
  savedValues,
  type Learner,
  type Metrics,
  type Progress,
  type Random,
  type Stateful,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { masked } from '../losses/log-probabilities.ts';
import { meanOf, squaredDistances } from '../mean.ts';
import type { Decoder } from '../model/decoder.ts';
import { penalizeMissingEnd } from '../rewards/missing-end.ts';
import { CompletionWriter } from './completion-writer.ts';
import { EpisodeWriter } from './episode-writer.ts';
import { checkRounds, type OnlineInputs, type OnlineOptions } from './online-options.ts';
import { Reference } from './reference.ts';
import { ShuffledRows } from './shuffled-rows.ts';
import type { TextWriter, Written } from './text-writer.ts';
import { policyOf, textInputs, writeTexts, type TextRoom } from './texts.ts';

/** What a round generated, and what the reference says of it, [completions × time]. */
export interface Rollout extends Omit<Written, 'metrics'> {
  readonly referenceLogProbabilities: Float32Array;
  /** log π − log π_ref of each token: k1. */
  readonly kl: Float32Array;
  readonly metrics: Metrics;
}

/** A line of the table of completions: what was asked, answered, and what came of it, by the names of the rewards too. */
export type CompletionRow = Readonly<Record<string, string | number>>;

/** What is yielded after a round. */
export interface OnlineProgress extends Progress {
  /** The round's completions. Throws `RangeError` where there is no tokenizer. */
  completions(): CompletionRow[];
}

/** Whose rounds they are, for messages, and where its numbers come from. */
interface RolloutsContext {
  readonly learner: Learner;
  readonly random: Random;
  readonly device: t.Device;
}

/** Rounds: has completions written, `groupSize` of each row side by side, and says how far they are from the reference. */
export class Rollouts {
  readonly room: TextRoom;
  readonly reference: Reference;
  private readonly learner: Learner;
  private readonly model: Decoder;
  private readonly options: OnlineOptions & { readonly groupSize: number };
  private readonly random: Random;
  private readonly order: ShuffledRows;
  private readonly writer: TextWriter;
  private readonly referee: ReturnType<typeof referenceProgram>;
  private readonly counts = { episodes: 0, tokens: 0 };

  /** Throws `RangeError` for prompts that are none or too long, what is no reward or no environment, and a batch that is not of whole groups. */
  constructor(
    subject: string,
    inputs: OnlineInputs,
    options: OnlineOptions & { readonly groupSize: number },
    { learner, random, device }: RolloutsContext,
  ) {
    checkRounds(subject, inputs, options);
    this.learner = learner;
    this.model = inputs.model;
    this.writer =
      inputs.environment === undefined
        ? new CompletionWriter(subject, inputs, options, device)
        : new EpisodeWriter(subject, inputs, options, device);
    this.options = options;
    this.random = random;
    this.room = this.writer.room;
    this.order = new ShuffledRows(this.writer.rowCount, random.fork('order'));
    this.reference = new Reference(subject, inputs.model, inputs.reference, options.referenceSync, device);
    this.referee = referenceProgram(this.reference.decoder, this.room, options.temperature, device);
  }

  /** What of it is to be saved. */
  get state(): Readonly<Record<string, Stateful>> {
    return { order: this.order, counts: savedValues(this.counts), ...this.reference.state };
  }

  /** A round. Throws `DivergenceError` where the model's weights are such that it cannot write. */
  async next(): Promise<Rollout> {
    const { batchSize, groupSize, missingEnd } = this.options;
    const rows = this.order.take(batchSize / groupSize).flatMap((row) => new Array<number>(groupSize).fill(row));
    const written = await this.write(rows);
    const { texts, completions, logProbabilities } = written;
    writeTexts(this.referee.inputs, texts, this.room);
    const referenceLogProbabilities = Float32Array.from(this.referee.run().logProbabilities);
    const kl = logProbabilities.map((logProbability, i) => logProbability - referenceLogProbabilities[i]);
    const scores =
      missingEnd === null ? written.scores : penalizeMissingEnd(written.scores, completions.ended, missingEnd);
    this.counts.episodes += batchSize;
    this.counts.tokens += texts.reduce((total, { prompt, completion }) => total + prompt.length + completion.length, 0);
    const rollout = { ...written, referenceLogProbabilities, kl, scores };
    return { ...rollout, metrics: { ...this.metricsOf(rollout), ...written.metrics } };
  }

  private async write(rows: readonly number[]): Promise<Written> {
    try {
      return await this.writer.write(rows, this.random);
    } catch (error) {
      // Such weights have no tokens to draw from, which is what the error says.
      checkParameters(this.learner, this.model.parameters);
      throw error;
    }
  }

  /** What TRL reports of a round. */
  private metricsOf({ completions, logProbabilities, kl, scores, rewards }: Omit<Rollout, 'metrics'>): Metrics {
    const { groupSize } = this.options;
    const { rows, time } = this.room;
    const lengths = groupsOf(completions.mask, time).map((mask) => mask.reduce((sum, each) => sum + each, 0));
    const ended = lengths.filter((_, i) => completions.ended[i] === 1);
    const groups = groupSize === 1 ? [Array.from(scores)] : groupsOf(scores, groupSize);
    const perCompletion = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / rows;
    const named = Object.entries(rewards).flatMap(([name, values]): [string, number][] => [
      [`rewards/${name}/mean`, meanOf(Array.from(values))],
      [`rewards/${name}/std`, deviation(Array.from(values))],
    ]);
    return {
      reward: meanOf(Array.from(scores)),
      reward_std: meanOf(groups.map(deviation)),
      ...(groupSize > 1 && { frac_reward_zero_std: meanOf(groups.map((group) => Number(deviation(group) === 0))) }),
      ...Object.fromEntries(named),
      'objective/kl': perCompletion(kl),
      'objective/entropy': -perCompletion(logProbabilities),
      'completions/mean_length': meanOf(lengths),
      'completions/min_length': lengths.reduce((least, length) => Math.min(least, length)),
      'completions/max_length': lengths.reduce((most, length) => Math.max(most, length)),
      ...(ended.length > 0 && { 'completions/mean_terminated_length': meanOf(ended) }),
      'completions/clipped_ratio': 1 - ended.length / lengths.length,
      num_tokens: this.counts.tokens,
      epoch: this.order.epochs,
    };
  }

  /** What is yielded of a round besides what it has learned. */
  progress(progress: Progress, rollout: Rollout, advantages?: ArrayLike<number>): OnlineProgress {
    this.reference.updated();
    return {
      ...progress,
      episodes: this.counts.episodes,
      episodeReturn: rollout.metrics.reward,
      episodeLength: rollout.metrics['completions/mean_length'],
      completions: () => this.tableOf(progress.step, rollout, advantages),
    };
  }

  private tableOf(step: number, rollout: Rollout, advantages: ArrayLike<number> | undefined): CompletionRow[] {
    const texts = this.writer.decode(rollout.texts);
    return texts.prompts.map((prompt, i) => ({
      step,
      prompt,
      completion: texts.completions[i],
      ...Object.fromEntries(Object.entries(rollout.rewards).map(([name, values]) => [name, values[i]])),
      score: rollout.scores[i],
      ...(advantages !== undefined && { advantage: advantages[i] }),
    }));
  }

  dispose(): void {
    this.writer.dispose();
    this.referee.dispose();
    this.reference.dispose();
  }
}

/** R of whole completions: scores less β for each nat between policy and reference, Σₜ k1ₜ. */
export function sequenceRewards({ scores, kl }: Rollout, klCoefficient: number): Float32Array {
  const time = kl.length / scores.length;
  return scores.map((score, i) => {
    const divergence = kl.subarray(i * time, (i + 1) * time).reduce((sum, each) => sum + each, 0);
    return score - klCoefficient * divergence;
  });
}

/** log π_ref of completions' tokens. */
function referenceProgram(reference: Decoder, room: TextRoom, temperature: number, device: t.Device) {
  return t.program(
    textInputs(room),
    (texts) => ({ logProbabilities: masked(policyOf(reference, texts, temperature).logProbabilities, texts.mask) }),
    { device },
  );
}

function groupsOf(values: Float32Array, size: number): number[][] {
  return Array.from({ length: values.length / size }, (_, i) => Array.from(values.subarray(i * size, (i + 1) * size)));
}

/** The standard deviation with n − 1 in the denominator, 0 of one number. */
function deviation(values: readonly number[]): number {
  return values.length === 1 ? 0 : Math.sqrt(squaredDistances(values) / (values.length - 1));
}
