import {
  checkUpdate,
  savedValues,
  type DeviceOption,
  type LearnMoreOptions,
  type LearnOptions,
  type Metrics,
  type Progress,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { checkCompletionExamples, type CompletionExample } from '../data/examples.ts';
import { sftLoss } from '../losses/sft.ts';
import type { Decoder } from '../model/decoder.ts';
import { ShuffledRows } from './shuffled-rows.ts';
import { longestOf, writeTokens } from './texts.ts';
import { Trainer, trainerChecks, trainerDefaults, type TrainerOptions, type TrainerParts } from './trainer.ts';

/**
 * Supervised fine-tuning: imitates texts (Ouyang et al., 2022, step 1; S7.1). Each update makes one step of AdamW on
 *
 *     L(θ) = −Σ mₜ log π(yₜ | y_{<t}; θ) / Σ mₜ
 *
 * over a minibatch, where the tokens of completions have weight 1 and those of prompts `promptLossWeight`.
 */
export interface SftOptions extends TrainerOptions {
  /** Texts in a minibatch. Default 8 (TRL). */
  readonly batchSize: number;
  /** m of the tokens of prompts: 0 as in TRL, 1 as in Huang et al. (2024). Default 0. */
  readonly promptLossWeight: number;
}

/** TRL's defaults. */
export const sftDefaults: SftOptions = { ...trainerDefaults, learningRate: 2e-5, batchSize: 8, promptLossWeight: 0 };

const optionChecks: { readonly [Name in keyof SftOptions]: t.OptionCheck } = {
  ...trainerChecks,
  batchSize: t.positiveInteger,
  promptLossWeight: t.fraction,
};

/** What an {@link SftTrainer} is given. */
export interface SftInputs {
  /** What is trained: its own weights change. */
  readonly model: Decoder;
  readonly rows: readonly CompletionExample[];
}

/** One step: the loss, its gradient, AdamW. */
function updateProgram(
  model: Decoder,
  optimizer: t.Optimizer,
  length: number,
  { batchSize, maxGradNorm }: SftOptions,
  device: t.Device,
) {
  return t.program(
    { tokens: { shape: [batchSize, length], dtype: 'int32' }, weights: [batchSize, length], learningRate: [] },
    ({ tokens, weights, learningRate }) => {
      const parts = sftLoss(model.logits(tokens), tokens, weights);
      const { gradientNorm } = optimizer.minimize(parts.loss, { learningRate, maxGradNorm });
      return { ...parts, gradientNorm };
    },
    { device },
  );
}

/** Supervised fine-tuning; see {@link SftOptions} for what it minimizes. */
export class SftTrainer extends Trainer<SftOptions> {
  static readonly algorithm = 'rlhf-sft';
  protected readonly parts: TrainerParts;
  private readonly rows: readonly CompletionExample[];
  private readonly order: ShuffledRows;
  private readonly length: number;
  private readonly update: ReturnType<typeof updateProgram>;
  private readonly counts = { tokens: 0 };

  /** @throws RangeError for an unknown option or a wrong one, and for a row that is longer than the model's longest text, or none. */
  constructor(inputs: SftInputs, options: Partial<SftOptions> & DeviceOption = {}) {
    super(
      { name: 'SftTrainer', algorithm: SftTrainer.algorithm, defaults: sftDefaults, checks: optionChecks },
      inputs,
      options,
    );
    const { decoder: model, device } = this;
    checkCompletionExamples('SftTrainer', inputs.rows, model.sizes.vocabulary);
    this.rows = inputs.rows;
    const lengths = inputs.rows.map(({ prompt, completion }) => prompt.length + completion.length);
    this.length = longestOf('SftTrainer', lengths, model);
    this.order = new ShuffledRows(this.rows.length, this.random.fork('order'));
    const optimizer = this.createOptimizer(model.parameters);
    this.update = updateProgram(model, optimizer, this.length, this.options, device);
    this.parts = {
      networks: { model: model.parameters },
      optimizer,
      state: { order: this.order, counts: savedValues(this.counts) },
      programs: [this.update],
    };
  }

  *learn(options: LearnOptions | LearnMoreOptions): Generator<Progress, void, void> {
    const { batchSize } = this.options;
    for (const learningRate of this.rounds(options)) yield this.progress(batchSize, this.improve(learningRate));
  }

  /** Learns from one minibatch. */
  private improve(learningRate: number): Metrics {
    const { update, order } = this;
    order.take(this.options.batchSize).forEach((row, i) => this.write(this.rows[row], i));
    update.inputs.learningRate[0] = learningRate;
    const { loss, entropy, meanTokenAccuracy, gradientNorm } = update.run();
    const metrics = {
      loss: loss[0],
      entropy: entropy[0],
      mean_token_accuracy: meanTokenAccuracy[0],
      num_tokens: this.counts.tokens,
      grad_norm: gradientNorm[0],
      learning_rate: learningRate,
      epoch: order.epochs,
    };
    checkUpdate(this, metrics);
    return metrics;
  }

  private write({ prompt, completion, mask }: CompletionExample, row: number): void {
    const { tokens, weights } = this.update.inputs;
    const { promptLossWeight } = this.options;
    const end = writeTokens(tokens, row, this.length, prompt, completion);
    const first = row * this.length;
    weights.fill(promptLossWeight, first, first + prompt.length);
    weights.fill(1, first + prompt.length, first + end);
    if (mask !== undefined) weights.set(mask, first + prompt.length);
    weights.fill(0, first + end, first + this.length);
    this.counts.tokens += end;
  }
}
