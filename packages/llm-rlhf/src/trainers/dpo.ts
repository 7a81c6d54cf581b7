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
import { checkPreferenceExamples, type PreferenceExample } from '../data/examples.ts';
import { dpoLoss, preferenceLossCheck, type PreferenceLoss } from '../losses/dpo.ts';
import { sequenceSum } from '../losses/log-probabilities.ts';
import type { Decoder } from '../model/decoder.ts';
import { Reference, referenceSyncCheck, type ReferenceSync } from './reference.ts';
import { ShuffledRows } from './shuffled-rows.ts';
import {
  chosenAndRejected,
  policyOf,
  roomForPairs,
  textInputs,
  textsOf,
  writeTexts,
  type TextRoom,
  type TextTensors,
} from './texts.ts';
import { Trainer, trainerChecks, trainerDefaults, type TrainerOptions, type TrainerParts } from './trainer.ts';

/**
 * Direct preference optimization (Rafailov et al., 2023; S7.2): preferences without a reward model and without generation. Each update makes one step of AdamW on
 *
 *     L(θ) = −log σ(β h),   h = log π(y⁺ | x; θ) / π_ref(y⁺ | x) − log π(y⁻ | x; θ) / π_ref(y⁻ | x)
 *
 * or one of its relatives, over a minibatch of pairs. π_ref is the model as it is given, unless there is another.
 */
export interface DpoOptions extends TrainerOptions {
  /** Pairs in a minibatch. Default 8 (TRL). */
  readonly batchSize: number;
  /** What is made of h. Default `{ kind: 'sigmoid', beta: 0.1 }` (TRL). */
  readonly loss: PreferenceLoss;
  /** Whether π_ref follows the policy, and how. Default `null`: it does not. */
  readonly referenceSync: ReferenceSync | null;
}

/** TRL's defaults. */
export const dpoDefaults: DpoOptions = {
  ...trainerDefaults,
  learningRate: 1e-6,
  batchSize: 8,
  loss: { kind: 'sigmoid', beta: 0.1 },
  referenceSync: null,
};

const optionChecks: { readonly [Name in keyof DpoOptions]: t.OptionCheck } = {
  ...trainerChecks,
  batchSize: t.positiveInteger,
  loss: preferenceLossCheck,
  referenceSync: t.nullable(referenceSyncCheck),
};

/** What a {@link DpoTrainer} is given. */
export interface DpoInputs {
  /** What is trained: its own weights change. */
  readonly model: Decoder;
  /** π_ref. Default: a copy of the model. */
  readonly reference?: Decoder | undefined;
  readonly rows: readonly PreferenceExample[];
}

/** log π of whole completions, a chosen one and then the rejected one of each pair: [2 · pairs]. */
function completionLogProbabilities(decoder: Decoder, texts: TextTensors): t.Tensor {
  return sequenceSum(policyOf(decoder, texts).logProbabilities, texts.mask);
}

/** What the reference says of a minibatch. */
function referenceProgram(reference: Decoder, room: TextRoom, device: t.Device) {
  return t.program(textInputs(room), (texts) => ({ logProbabilities: completionLogProbabilities(reference, texts) }), {
    device,
  });
}

/** One step: the loss, its gradient, AdamW. */
function updateProgram(
  model: Decoder,
  optimizer: t.Optimizer,
  room: TextRoom,
  { maxGradNorm, loss }: DpoOptions,
  device: t.Device,
) {
  return t.program(
    { ...textInputs(room), references: [room.rows], learningRate: [] },
    ({ references, learningRate, ...texts }) => {
      const [chosen, rejected] = chosenAndRejected(completionLogProbabilities(model, texts));
      const [referenceChosen, referenceRejected] = chosenAndRejected(references);
      const [chosenLengths, rejectedLengths] = chosenAndRejected(t.sum(texts.mask, { axis: 1 }));
      const pairs = { chosen, rejected, referenceChosen, referenceRejected, chosenLengths, rejectedLengths };
      const parts = dpoLoss(pairs, loss);
      const { gradientNorm } = optimizer.minimize(parts.loss, { learningRate, maxGradNorm });
      return {
        metrics: t.stack([
          parts.loss,
          t.mean(parts.chosenRewards),
          t.mean(parts.rejectedRewards),
          parts.margin,
          parts.accuracy,
          t.mean(chosen),
          t.mean(rejected),
          gradientNorm,
        ]),
      };
    },
    { device },
  );
}

/** What an update reports, in this order, as TRL calls it. */
const metricNames = [
  'loss',
  'rewards/chosen',
  'rewards/rejected',
  'rewards/margins',
  'rewards/accuracies',
  'logps/chosen',
  'logps/rejected',
  'grad_norm',
];

/** Direct preference optimization; see {@link DpoOptions} for the algorithm. */
export class DpoTrainer extends Trainer<DpoOptions> {
  static readonly algorithm = 'rlhf-dpo';
  protected readonly parts: TrainerParts;
  private readonly rows: readonly PreferenceExample[];
  private readonly order: ShuffledRows;
  private readonly room: TextRoom;
  private readonly update: ReturnType<typeof updateProgram>;
  private readonly reference: Reference;
  private readonly referee: ReturnType<typeof referenceProgram>;
  /** log π_ref of each row's completions, chosen and rejected; NaN before they are needed for the first time. */
  private readonly known: Float32Array;

  /** @throws RangeError for an unknown option or a wrong one, and for a row that is longer than the model's longest text, or none. */
  constructor(inputs: DpoInputs, options: Partial<DpoOptions> & DeviceOption = {}) {
    super(
      { name: 'DpoTrainer', algorithm: DpoTrainer.algorithm, defaults: dpoDefaults, checks: optionChecks },
      inputs,
      options,
    );
    const { model, reference, rows } = inputs;
    checkPreferenceExamples('DpoTrainer', rows, model.sizes.vocabulary);
    this.rows = rows;
    this.room = roomForPairs('DpoTrainer', rows, this.options.batchSize, model);
    this.order = new ShuffledRows(rows.length, this.random.fork('order'));
    this.known = new Float32Array(2 * rows.length).fill(NaN);
    const optimizer = this.createOptimizer(model.parameters);
    this.reference = new Reference('DpoTrainer', model, reference, this.options.referenceSync, this.device);
    this.update = updateProgram(model, optimizer, this.room, this.options, this.device);
    this.referee = referenceProgram(this.reference.decoder, this.room, this.device);
    this.parts = {
      networks: { model: model.parameters, ...this.reference.networks },
      optimizer,
      state: { order: this.order, known: savedValues({ logProbabilities: this.known }), ...this.reference.state },
      programs: [this.update, this.referee, this.reference],
    };
  }

  *learn(options: LearnOptions | LearnMoreOptions): Generator<Progress, void, void> {
    const { batchSize } = this.options;
    for (const learningRate of this.rounds(options)) yield this.progress(batchSize, this.improve(learningRate));
  }

  /** Learns from one minibatch. */
  private improve(learningRate: number): Metrics {
    const { update, order } = this;
    const chosen = order.take(this.options.batchSize);
    this.write(update.inputs, chosen);
    update.inputs.references.set(this.referencesOf(chosen));
    update.inputs.learningRate[0] = learningRate;
    const reported = update.run().metrics;
    const metrics = Object.fromEntries(metricNames.map((name, i) => [name, reported[i]]));
    checkUpdate(this, metrics);
    if (this.reference.updated()) this.known.fill(NaN);
    return { ...metrics, learning_rate: learningRate, epoch: order.epochs };
  }

  /** log π_ref of the completions of these rows, a chosen one and a rejected one of each; computed once for each row. */
  private referencesOf(rows: readonly number[]): number[] {
    const { known, referee } = this;
    if (rows.some((row) => Number.isNaN(known[2 * row]))) {
      this.write(referee.inputs, rows);
      const { logProbabilities } = referee.run();
      rows.forEach((row, i) => {
        if (!Number.isNaN(known[2 * row])) return;
        known[2 * row] = logProbabilities[2 * i];
        known[2 * row + 1] = logProbabilities[2 * i + 1];
      });
    }
    return rows.flatMap((row) => [known[2 * row], known[2 * row + 1]]);
  }

  private write(inputs: Parameters<typeof writeTexts>[0], rows: readonly number[]): void {
    writeTexts(inputs, textsOf(rows.map((row) => this.rows[row])), this.room);
  }
}
