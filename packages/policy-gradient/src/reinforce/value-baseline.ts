import {
  scheduleValue,
  type ActorCritic,
  type Agent,
  type FloatArray,
  type Metrics,
  type Random,
  type VectorEnv,
} from '@gradus/core';
import * as t from '@gradus/tensor';
import { ValueRegression, type RegressionData } from '../programs/value-regression.ts';
import type { ReinforceOptions } from '../reinforce-options.ts';
import type { EpisodeBuffer } from './episode-buffer.ts';

type ValueBaselineOptions = Pick<ReinforceOptions, 'valueLearningRate' | 'valueEpochs' | 'batchSize'>;

/** A round to learn from: the `agent` that learns, for messages, and the part of training that was done before it. */
interface ValueBaselineRound {
  readonly agent: Pick<Agent, 'algorithm' | 'step'>;
  readonly random: Random;
  readonly progress: number;
}

/** A baseline v(s) that is learned: a network fitted to the returns of each round after the round was learned from (S5.4). */
export class ValueBaseline {
  readonly optimizer: t.Optimizer;
  private readonly options: ValueBaselineOptions;
  private readonly regression: ValueRegression;
  private readonly evaluation: ReturnType<typeof valueProgram>;

  constructor(networks: ActorCritic, env: VectorEnv, options: ValueBaselineOptions, device: t.Device) {
    const { batchSize } = options;
    this.options = options;
    this.optimizer = t.adam(networks.criticParameters);
    this.regression = new ValueRegression(networks, env, this.optimizer, batchSize, device);
    this.evaluation = valueProgram(networks, env, batchSize, device);
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

  /** Passes over the steps of a round in random order, the last minibatch filled up from the first; the mean loss. Throws as `ValueRegression.fit`. */
  fit(buffer: EpisodeBuffer, { agent, random, progress }: ValueBaselineRound): Metrics {
    const order = buffer.rows();
    const data: RegressionData = {
      size: buffer.size,
      shuffle: () => {
        random.shuffle(order);
      },
      gather: (start, _end, batch) => {
        buffer.gather(order, start, batch);
      },
    };
    const learningRate = scheduleValue(this.options.valueLearningRate, progress);
    return this.regression.fit(data, { agent, epochs: this.options.valueEpochs, learningRate, random });
  }

  dispose(): void {
    for (const each of [this.evaluation, this.regression]) each.dispose();
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
