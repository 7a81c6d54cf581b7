import {
  scheduleValue,
  type ActorCritic,
  type FloatArray,
  type Random,
  type Schedule,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import type { EpisodeBuffer } from './episode-buffer.ts';

/** How a {@link ValueBaseline} learns. */
interface ValueBaselineOptions {
  readonly valueLearningRate: Schedule;
  readonly valueEpochs: number;
  readonly batchSize: number;
}

/** A baseline v(s) that is learned: a network fitted to the returns of each round after the round was learned from (S5.4), by Adam on E[(v(s) − G)²]. */
export class ValueBaseline {
  readonly optimizer: t.Optimizer;
  private readonly options: ValueBaselineOptions;
  private readonly evaluation: ReturnType<typeof valueProgram>;
  private readonly step: ReturnType<typeof valueStepProgram>;

  constructor(networks: ActorCritic, env: VectorEnv, options: ValueBaselineOptions, device: t.Device) {
    this.options = options;
    this.optimizer = t.adam(networks.criticParameters);
    this.evaluation = valueProgram(networks, env, options.batchSize, device);
    this.step = valueStepProgram(networks, this.optimizer, env, options.batchSize, device);
  }

  /** v of one observation, the row `row` of [rows × size]. */
  valueOf(observations: Float32Array, row: number): number {
    const { inputs } = this.evaluation;
    const size = inputs.observations.length / this.options.batchSize;
    inputs.observations.set(observations.subarray(row * size, (row + 1) * size));
    return this.evaluation.run().values[0];
  }

  /** Writes v of the first `count` of `observations`, [rows × size], into `target`. */
  values(observations: Float32Array, count: number, target: FloatArray): void {
    const { batchSize } = this.options;
    const { inputs } = this.evaluation;
    const size = inputs.observations.length / batchSize;
    for (let start = 0; start < count; start += batchSize) {
      const end = Math.min(start + batchSize, count);
      inputs.observations.set(observations.subarray(start * size, end * size));
      target.set(this.evaluation.run().values.subarray(0, end - start), start);
    }
  }

  /** Passes over the steps of a round in random order, the last minibatch filled up from the first; the mean loss. */
  fit(buffer: EpisodeBuffer, order: Uint32Array, random: Random, progress: number): number {
    const { valueLearningRate, valueEpochs, batchSize } = this.options;
    const { inputs } = this.step;
    inputs.learningRate[0] = scheduleValue(valueLearningRate, progress);
    let total = 0;
    let steps = 0;
    for (let epoch = 0; epoch < valueEpochs; epoch++) {
      random.shuffle(order);
      for (let start = 0; start < order.length; start += batchSize) {
        buffer.gather(order, start, inputs);
        for (let row = 0; row < batchSize; row++) {
          inputs.returns[row] = buffer.returns[order[(start + row) % order.length]];
        }
        total += this.step.run().loss[0];
        steps++;
      }
    }
    return total / steps;
  }

  dispose(): void {
    for (const each of [this.evaluation, this.step]) each.dispose();
    t.disposeParameters(this.optimizer.state);
  }
}

/** v(s) of `batchSize` observations. */
function valueProgram(networks: ActorCritic, { observationSpace }: VectorEnv, batchSize: number, device: t.Device) {
  return t.program(
    { observations: [batchSize, observationSpace.size] },
    ({ observations }) => ({ values: networks.value(observations) }),
    { device },
  );
}

/** A minibatch step on the loss above. */
function valueStepProgram(
  networks: ActorCritic,
  optimizer: t.Optimizer,
  { observationSpace }: VectorEnv,
  batchSize: number,
  device: t.Device,
) {
  return t.program(
    { observations: [batchSize, observationSpace.size], returns: [batchSize], learningRate: [] },
    ({ observations, returns, learningRate }) => {
      const loss = t.mean(t.square(t.sub(networks.value(observations), returns)));
      optimizer.minimize(loss, { learningRate });
      return { loss };
    },
    { device },
  );
}
