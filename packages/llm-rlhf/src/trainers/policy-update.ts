import { UpdateMetrics, type Metrics } from '@gradus/core';
import * as t from '@gradus/tensor';
import { maskedMean } from '../losses/log-probabilities.ts';
import type { OnlineOptions } from './online-options.ts';
import type { Rollout, Rollouts } from './rollouts.ts';
import { policyOf, textInputs, writeTexts, type PolicyOutputs, type TextRoom, type TextTensors } from './texts.ts';
import type { TrainerParts, Updated } from './trainer.ts';

/** What a loss needs besides, by name: a number for each completion, or for each of its tokens. */
type ExtraInputs = Readonly<Record<string, 'completion' | 'token'>>;

/** What a loss sees of a minibatch of completions: [completions, time], or [completions] what there is one of for each. */
type OnlineBatch<Extras extends ExtraInputs> = TextTensors &
  Readonly<Record<'oldLogProbabilities' | 'referenceLogProbabilities' | keyof Extras, t.Tensor>>;

/** A loss, a scalar, and what else is reported, by the names for charts. */
type ReportedLoss = Readonly<Record<'loss', t.Tensor>> & Readonly<Record<string, t.Tensor>>;

/** The loss of an algorithm. */
export type LossOf<Extras extends ExtraInputs> = (policy: PolicyOutputs, batch: OnlineBatch<Extras>) => ReportedLoss;

/** Learns from the completions of a round: `epochs` passes over them in `minibatches` steps of AdamW each. The completions of a prompt stay together. */
export class PolicyUpdate<Extras extends ExtraInputs> {
  private readonly updated: Updated<OnlineOptions>;
  private readonly extras: Extras;
  private readonly room: TextRoom;
  private readonly groups: Int32Array;
  private names: readonly string[] = [];
  private readonly program: t.Program<Record<string, t.InputSpec>, { metrics: t.Tensor }>;

  /** `room`: of all completions of a round. */
  constructor(updated: Updated<OnlineOptions>, room: TextRoom, extras: Extras, lossOf: LossOf<Extras>) {
    const { batchSize, groupSize, minibatches } = updated.options;
    this.updated = updated;
    this.extras = extras;
    this.room = { ...room, rows: batchSize / minibatches };
    this.groups = Int32Array.from({ length: batchSize / groupSize }, (_, group) => group);
    this.program = this.compile(lossOf);
  }

  private compile(lossOf: LossOf<Extras>) {
    const { model, optimizer, options, device } = this.updated;
    const { rows, time } = this.room;
    const shapes = Object.entries(this.extras).map(([name, per]) => [name, per === 'token' ? [rows, time] : [rows]]);
    const inputs: Record<string, t.InputSpec> = {
      ...textInputs(this.room),
      oldLogProbabilities: [rows, time],
      referenceLogProbabilities: [rows, time],
      ...(Object.fromEntries(shapes) as Record<string, t.Shape>),
      learningRate: [],
    };
    return t.program(
      inputs,
      (batch) => {
        const texts = batch as OnlineBatch<Extras>;
        const policy = policyOf(model, texts, options.temperature);
        const { loss, ...others } = lossOf(policy, texts);
        const entropy = maskedMean(policy.entropy(), texts.mask);
        const { maxGradNorm } = options;
        const { gradientNorm } = optimizer.minimize(loss, { learningRate: batch.learningRate, maxGradNorm });
        const reported = { loss, ...others, entropy, grad_norm: gradientNorm };
        this.names = Object.keys(reported);
        return { metrics: t.stack(Object.values(reported)) };
      },
      { device },
    );
  }

  /** Learns from a round; `extras` of all its completions. Means over all steps. Throws `DivergenceError` where one is not finite. */
  learn(rollout: Rollout, extras: Readonly<Record<keyof Extras, Float32Array>>, learningRate: number): Metrics {
    const { program } = this;
    const { learner, options, random } = this.updated;
    const { epochs, minibatches } = options;
    const report = new UpdateMetrics(learner, this.names);
    program.inputs.learningRate[0] = learningRate;
    for (let epoch = 0; epoch < epochs; epoch++) {
      if (minibatches > 1) {
        // From the same order each time, so that it need not be saved.
        this.groups.sort();
        random.shuffle(this.groups);
      }
      for (let i = 0; i < minibatches; i++) {
        // One minibatch is the same in every pass.
        if (minibatches > 1 || epoch === 0) this.write(rollout, extras, i);
        report.add(program.run().metrics);
      }
    }
    return { ...report.means(), learning_rate: learningRate };
  }

  /** Writes the minibatch of that number. */
  private write(rollout: Rollout, extras: Readonly<Record<keyof Extras, Float32Array>>, minibatch: number): void {
    const { room, groups, program } = this;
    const { groupSize } = this.updated.options;
    const size = room.rows / groupSize;
    const rows = Array.from(groups.subarray(minibatch * size, (minibatch + 1) * size)).flatMap((group) =>
      Array.from({ length: groupSize }, (_, i) => group * groupSize + i),
    );
    const { inputs } = program;
    writeTexts(
      inputs as Parameters<typeof writeTexts>[0],
      rows.map((row) => rollout.texts[row]),
      room,
    );
    copyRows(rollout.logProbabilities, inputs.oldLogProbabilities, rows);
    copyRows(rollout.referenceLogProbabilities, inputs.referenceLogProbabilities, rows);
    for (const name of Object.keys(this.extras)) copyRows(extras[name], inputs[name], rows);
  }

  /** What a trainer is made of that learns so; `others` of its own besides. */
  partsWith(rollouts: Rollouts, others: Partial<TrainerParts> = {}): TrainerParts {
    const { model, optimizer } = this.updated;
    return {
      networks: { model: model.parameters, ...rollouts.reference.networks, ...others.networks },
      optimizer,
      state: { ...rollouts.state, ...others.state },
      programs: [this.program, rollouts, ...(others.programs ?? [])],
    };
  }
}

/** Rows of `source` to the beginning of `target`, which has as many as are named. */
function copyRows(source: Float32Array, target: t.TensorData, rows: readonly number[]): void {
  const width = target.length / rows.length;
  rows.forEach((row, i) => target.set(source.subarray(row * width, (row + 1) * width), i * width));
}
