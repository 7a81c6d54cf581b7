import {
  checkUpdate,
  objectOf,
  type DeviceOption,
  type LearnMoreOptions,
  type LearnOptions,
  type Metrics,
  type Progress,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { checkPreferenceExamples, type PreferenceExample } from '../data/examples.ts';
import { bradleyTerryLoss } from '../losses/bradley-terry.ts';
import type { ModelConfig } from '../model/config.ts';
import { emptyDecoder } from '../model/decoder.ts';
import { aRewardModel, RewardModel } from '../model/reward-model.ts';
import { ShuffledRows } from './shuffled-rows.ts';
import {
  chosenAndRejected,
  roomForPairs,
  statesAtEnd,
  textInputs,
  textsOf,
  writeTexts,
  type TextRoom,
} from './texts.ts';
import { Trainer, trainerChecks, trainerDefaults, type TrainerOptions, type TrainerParts } from './trainer.ts';

/**
 * A reward model from preferences (Bradley and Terry, 1952; Ouyang et al., 2022, step 2; S7.1). Each update makes one step of AdamW on
 *
 *     L = −log σ(r(x, y⁺) − r(x, y⁻) − m) + c (r(x, y⁺) + r(x, y⁻))²
 *
 * over a minibatch of pairs, with the margins m of the rows that have one. One epoch is usual: more overfit.
 */
export interface RewardOptions extends TrainerOptions {
  /** Pairs in a minibatch. Default 8 (TRL). */
  readonly batchSize: number;
  /** c, which keeps rewards around 0; TRL recommends 0.01. Default 0 (TRL). */
  readonly centeringCoefficient: number;
}

/** TRL's defaults. */
export const rewardDefaults: RewardOptions = {
  ...trainerDefaults,
  learningRate: 1e-4,
  batchSize: 8,
  centeringCoefficient: 0,
};

const optionChecks: { readonly [Name in keyof RewardOptions]: t.OptionCheck } = {
  ...trainerChecks,
  batchSize: t.positiveInteger,
  centeringCoefficient: t.nonNegativeNumber,
};

/** What a {@link RewardTrainer} is given. */
export interface RewardInputs {
  /** What is trained: its own weights change. */
  readonly model: RewardModel;
  readonly rows: readonly PreferenceExample[];
}

const rewardInputs = objectOf('what to learn from (with model, a RewardModel, and rows)', { model: aRewardModel });

/** One step: the loss, its gradient, AdamW. */
function updateProgram(
  { decoder, head }: RewardModel,
  optimizer: t.Optimizer,
  room: TextRoom,
  { batchSize, maxGradNorm, centeringCoefficient }: RewardOptions,
  device: t.Device,
) {
  return t.program(
    { ...textInputs(room), margin: [batchSize], learningRate: [] },
    ({ margin, learningRate, ...texts }) => {
      const rewards = head.apply(statesAtEnd(decoder, texts));
      const [chosen, rejected] = chosenAndRejected(rewards);
      const parts = bradleyTerryLoss(chosen, rejected, { margin, centeringCoefficient });
      const { gradientNorm } = optimizer.minimize(parts.loss, { learningRate, maxGradNorm });
      return { ...parts, min: t.min(rewards), mean: t.mean(rewards), max: t.max(rewards), gradientNorm };
    },
    { device },
  );
}

/** Trains a {@link RewardModel}; see {@link RewardOptions} for what it minimizes. */
export class RewardTrainer extends Trainer<RewardOptions> {
  static readonly algorithm = 'rlhf-reward';
  protected readonly parts: TrainerParts;
  private readonly rows: readonly PreferenceExample[];
  private readonly order: ShuffledRows;
  private readonly room: TextRoom;
  private readonly update: ReturnType<typeof updateProgram>;

  /** @throws RangeError for an unknown option or a wrong one, and for a row that is longer than the model's longest text, or none. */
  constructor(inputs: RewardInputs, options: Partial<RewardOptions> & DeviceOption = {}) {
    t.checkArguments('RewardTrainer', { inputs }, { inputs: rewardInputs });
    const { model, rows } = inputs;
    super(
      { name: 'RewardTrainer', algorithm: RewardTrainer.algorithm, defaults: rewardDefaults, checks: optionChecks },
      { model: model.decoder },
      options,
    );
    checkPreferenceExamples('RewardTrainer', rows, model.decoder.sizes.vocabulary);
    this.rows = rows;
    this.room = roomForPairs('RewardTrainer', rows, this.options.batchSize, model.decoder);
    this.order = new ShuffledRows(rows.length, this.random.fork('order'));
    const optimizer = this.createOptimizer(model.parameters);
    this.update = updateProgram(model, optimizer, this.room, this.options, this.device);
    this.parts = {
      networks: { model: model.parameters },
      optimizer,
      state: { order: this.order, model },
      programs: [this.update],
    };
  }

  static override createModel(config: ModelConfig): RewardModel {
    return new RewardModel(emptyDecoder(config), { nextFloat: () => 0, normal: () => 0 });
  }

  *learn(options: LearnOptions | LearnMoreOptions): Generator<Progress, void, void> {
    const { batchSize } = this.options;
    for (const learningRate of this.rounds(options)) yield this.progress(batchSize, this.improve(learningRate));
  }

  /** Learns from one minibatch. */
  private improve(learningRate: number): Metrics {
    const { update, order, rows } = this;
    const { batchSize } = this.options;
    const pairs = order.take(batchSize).map((row) => rows[row]);
    writeTexts(update.inputs, textsOf(pairs), this.room);
    update.inputs.margin.set(pairs.map(({ margin = 0 }) => margin));
    update.inputs.learningRate[0] = learningRate;
    const { loss, accuracy, margin, min, mean, max, gradientNorm } = update.run();
    const metrics = {
      loss: loss[0],
      accuracy: accuracy[0],
      margin: margin[0],
      min_reward: min[0],
      mean_reward: mean[0],
      max_reward: max[0],
      grad_norm: gradientNorm[0],
      learning_rate: learningRate,
      epoch: order.epochs,
    };
    checkUpdate(this, metrics);
    return metrics;
  }
}
