import { savedValues, type Metrics, type Progress, type Random, type Stateful } from '@gradus/core';
import * as t from '@gradus/tensor';
import { checkPromptExamples, type PromptExample } from '../data/examples.ts';
import { samplingChecks, type SamplingOptions } from '../generation/sampling.ts';
import { TextGenerator } from '../generation/text-generator.ts';
import { masked } from '../losses/log-probabilities.ts';
import { meanOf, squaredDistances } from '../mean.ts';
import type { Decoder } from '../model/decoder.ts';
import { truncateCompletions, type Completions } from '../rewards/completions.ts';
import { missingEndCheck, penalizeMissingEnd, type MissingEnd } from '../rewards/missing-end.ts';
import { tokenId } from '../checks.ts';
import { Reference, referenceSyncCheck, type ReferenceSync } from './reference.ts';
import { Rewards, type NamedReward, type Reward, type TextCodec } from './rewards.ts';
import { ShuffledRows } from './shuffled-rows.ts';
import { policyOf, textInputs, writeTexts, type Text, type TextRoom } from './texts.ts';
import { trainerChecks, trainerDefaults, type TrainerOptions } from './trainer.ts';

/** Options of trainers that learn from what the model writes. A round generates completions, rewards them, and learns from them. */
export interface OnlineOptions extends TrainerOptions, Required<SamplingOptions> {
  /** Completions of a round. Default 64. */
  readonly batchSize: number;
  /** Tokens of the longest completion. Default 53 (Stiennon et al., 2020, TL;DR). */
  readonly maxNewTokens: number;
  /** What a completion without end-of-text scores, see {@link MissingEnd}. Default `null`: what it is rewarded with. */
  readonly missingEnd: MissingEnd | null;
  /** Passes over the completions of a round. */
  readonly epochs: number;
  /** Steps of each pass, which divide a round's prompts evenly. Default 1. */
  readonly minibatches: number;
  /** Whether π_ref follows the policy, and how. Default `null`: it does not. */
  readonly referenceSync: ReferenceSync | null;
}

/** All tokens are drawn, at temperature 1: log π is then that of the policy that is trained (TRL). */
export const onlineDefaults: Omit<OnlineOptions, 'learningRate' | 'epochs'> = {
  ...trainerDefaults,
  temperature: 1,
  topK: null,
  topP: 1,
  batchSize: 64,
  maxNewTokens: 53,
  missingEnd: null,
  minibatches: 1,
  referenceSync: null,
};

/** What each of these options must be. */
export const onlineChecks: { readonly [Name in keyof OnlineOptions]: t.OptionCheck } = {
  ...trainerChecks,
  ...samplingChecks,
  // What is always taken is not learned from.
  temperature: t.positiveNumber,
  batchSize: t.positiveInteger,
  maxNewTokens: t.positiveInteger,
  missingEnd: t.nullable(missingEndCheck),
  epochs: t.positiveInteger,
  minibatches: t.positiveInteger,
  referenceSync: t.nullable(referenceSyncCheck),
};

/** What trainers that learn from what the model writes are given. */
export interface OnlineInputs {
  /** What is trained: its own weights change. */
  readonly model: Decoder;
  /** π_ref, from which the policy should not stray. Default: a copy of the model. */
  readonly reference?: Decoder | undefined;
  readonly prompts: readonly PromptExample[];
  /** What completions are rewarded by, or several. */
  readonly reward: Reward | readonly NamedReward[];
  /** Needed where a reward is a function, which sees texts. */
  readonly tokenizer?: TextCodec | undefined;
  /** The token that ends a completion. */
  readonly endOfText: number;
}

/** What a round generated, [completions] or [completions × time] each; numbers of tokens are 0 behind the end of a completion. */
export interface Rollout {
  readonly rows: readonly PromptExample[];
  readonly texts: readonly Text[];
  readonly completions: Completions;
  /** log π of the policy that wrote them. */
  readonly logProbabilities: Float32Array;
  readonly referenceLogProbabilities: Float32Array;
  /** log π − log π_ref of each token: k1. */
  readonly kl: Float32Array;
  /** What completions are worth, without a price for the divergence. */
  readonly scores: Float32Array;
  /** The rewards that they are the sum of. */
  readonly rewards: readonly Float32Array[];
  readonly metrics: Metrics;
}

/** A line of the table of completions: what was asked, answered, and what came of it, by the names of the rewards too. */
export type CompletionRow = Readonly<Record<string, string | number>>;

/** What is yielded after a round. */
export interface OnlineProgress extends Progress {
  /** The round's completions. Throws `RangeError` where there is no tokenizer. */
  completions(): CompletionRow[];
}

/** Generates completions, `groupSize` of each prompt side by side, and has them rewarded. */
export class Rollouts {
  readonly room: TextRoom;
  readonly reference: Reference;
  readonly rewards: Rewards;
  private readonly inputs: OnlineInputs;
  private readonly options: OnlineOptions;
  private readonly groupSize: number;
  private readonly random: Random;
  private readonly order: ShuffledRows;
  private readonly generator: TextGenerator;
  private readonly referee: ReturnType<typeof referenceProgram>;
  private readonly counts = { episodes: 0, tokens: 0 };

  /** Throws `RangeError` for prompts that are none or too long, what is no reward, and a batch that is not of whole groups. */
  constructor(
    subject: string,
    inputs: OnlineInputs,
    options: OnlineOptions & { readonly groupSize: number },
    random: Random,
    device: t.Device,
  ) {
    const { model, prompts, endOfText } = inputs;
    const { batchSize, groupSize, maxNewTokens, minibatches } = options;
    const { vocabulary } = model.sizes;
    checkPromptExamples(subject, prompts, vocabulary);
    t.checkArguments(subject, { endOfText }, { endOfText: tokenId });
    if (endOfText >= vocabulary) {
      throw new RangeError(
        `${subject}: expected endOfText to be one of the model's ${vocabulary} tokens, got ${endOfText}`,
      );
    }
    if (batchSize % (groupSize * minibatches) !== 0) {
      const unit = `${groupSize} completions of a prompt × ${minibatches} minibatches`;
      throw new RangeError(`${subject}: expected batchSize to be a multiple of ${unit}, got ${batchSize}`);
    }
    const promptLength = prompts.reduce((longest, { prompt }) => Math.max(longest, prompt.length), 0);
    this.inputs = inputs;
    this.options = options;
    this.groupSize = groupSize;
    this.random = random;
    this.room = { rows: batchSize, length: promptLength + maxNewTokens, time: maxNewTokens };
    this.rewards = new Rewards(subject, inputs.reward, inputs.tokenizer, endOfText);
    this.order = new ShuffledRows(prompts.length, random.fork('order'));
    this.generator = new TextGenerator(model, { rows: batchSize, promptLength, maxNewTokens, device });
    this.reference = new Reference(subject, model, inputs.reference, options.referenceSync, device);
    this.referee = referenceProgram(this.reference.decoder, this.room, options.temperature, device);
  }

  /** What of it is to be saved. */
  get state(): Readonly<Record<string, Stateful>> {
    return { order: this.order, counts: savedValues(this.counts), ...this.reference.state };
  }

  /** A round. */
  async next(): Promise<Rollout> {
    const { inputs, options, groupSize, room, random } = this;
    const { temperature, topK, topP, batchSize, missingEnd } = options;
    const chosen = this.order.take(batchSize / groupSize);
    const rows = chosen.flatMap((row) => new Array<PromptExample>(groupSize).fill(inputs.prompts[row]));
    const sampling = { temperature, topK, topP, stopTokens: [inputs.endOfText], random };
    const generated = this.generator.generate(
      rows.map(({ prompt }) => prompt),
      sampling,
    );
    // What stands behind an end is never looked at; it only must be another token.
    const completions = truncateCompletions(
      generated.tokens,
      room.time,
      inputs.endOfText,
      inputs.endOfText === 0 ? 1 : 0,
    );
    const texts = rows.map(({ prompt }, i) => {
      const first = i * room.time;
      return { prompt, completion: Array.from(completions.tokens.subarray(first, first + completions.lengths[i])) };
    });
    const { logProbabilities } = generated;
    writeTexts(this.referee.inputs, texts, room);
    const referenceLogProbabilities = Float32Array.from(this.referee.run().logProbabilities);
    const kl = logProbabilities.map((logProbability, i) => logProbability - referenceLogProbabilities[i]);
    const rewards = await this.rewards.each({ rows, completions: texts.map(({ completion }) => completion) });
    const sum = this.rewards.sum(rewards);
    const scores = missingEnd === null ? sum : penalizeMissingEnd(sum, completions.ended, missingEnd);
    this.counts.episodes += batchSize;
    this.counts.tokens += texts.reduce((total, { prompt, completion }) => total + prompt.length + completion.length, 0);
    const rollout = { rows, texts, completions, logProbabilities, referenceLogProbabilities, kl, scores, rewards };
    return { ...rollout, metrics: this.metricsOf(rollout) };
  }

  /** What TRL reports of a round. */
  private metricsOf({ completions, logProbabilities, kl, scores, rewards }: Omit<Rollout, 'metrics'>): Metrics {
    const { groupSize, room } = this;
    const lengths = Array.from(completions.lengths);
    const ended = lengths.filter((_, i) => completions.ended[i] === 1);
    const groups = groupSize === 1 ? [Array.from(scores)] : groupsOf(scores, groupSize);
    const perCompletion = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / room.rows;
    const named = this.rewards.names.flatMap((name, i): [string, number][] => [
      [`rewards/${name}/mean`, meanOf(Array.from(rewards[i]))],
      [`rewards/${name}/std`, deviation(Array.from(rewards[i]))],
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
    const completions = rollout.texts.map(({ completion }) => Array.from(completion));
    const texts = this.rewards.texts({ rows: rollout.rows, completions });
    return texts.prompts.map((prompt, i) => ({
      step,
      prompt,
      completion: texts.completions[i],
      ...Object.fromEntries(this.rewards.names.map((name, j) => [name, rollout.rewards[j][i]])),
      score: rollout.scores[i],
      ...(advantages !== undefined && { advantage: advantages[i] }),
    }));
  }

  dispose(): void {
    this.generator.dispose();
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
