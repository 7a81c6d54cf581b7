import { UpdateMetrics, type ActorCritic, type Agent, type Metrics, type Random, type VectorEnv } from '@gradus/core';
import * as t from '@gradus/tensor';

/** The observations of a round and the returns G that followed them. */
export interface RegressionData {
  /** Rows. */
  readonly size: number;
  /** Puts the rows into a new random order. */
  shuffle(random: Random): void;
  /** Copies rows start ≤ k < end of that order, all rows of `batch`; what follows the last row is up to the data. */
  gather(start: number, end: number, batch: Readonly<Record<'observations' | 'returns', t.TensorData>>): void;
}

/** How {@link ValueRegression} learns from a round. */
export interface ValueRegressionRound {
  /** Who learns, for messages. */
  readonly agent: Pick<Agent, 'algorithm' | 'step'>;
  /** Passes over the data. */
  readonly epochs: number;
  readonly learningRate: number;
  /** Shuffles the minibatches. */
  readonly random: Random;
}

/** Fits the critic of an algorithm whose actor learns otherwise: minibatch steps on E[(v(s) − G)²]. */
export class ValueRegression {
  private readonly batchSize: number;
  private readonly update: ReturnType<typeof updateProgram>;

  /** @param optimizer of the critic's parameters */
  constructor(networks: ActorCritic, env: VectorEnv, optimizer: t.Optimizer, batchSize: number, device: t.Device) {
    this.batchSize = batchSize;
    this.update = updateProgram(networks, optimizer, [batchSize, env.observationSpace.size], device);
  }

  /**
   * Makes the minibatch steps of one round. Their mean loss is `train/value_loss`; without epochs there is none. Throws `DivergenceError` at the
   * first that is not finite.
   */
  fit(data: RegressionData, { agent, epochs, learningRate, random }: ValueRegressionRound): Metrics {
    const { batchSize, update } = this;
    update.inputs.learningRate[0] = learningRate;
    const reported = new UpdateMetrics(agent, ['train/value_loss']);
    for (let epoch = 0; epoch < epochs; epoch++) {
      data.shuffle(random);
      for (let start = 0; start < data.size; start += batchSize) {
        data.gather(start, start + batchSize, update.inputs);
        reported.add(update.run().loss);
      }
    }
    return reported.means();
  }

  dispose(): void {
    this.update.dispose();
  }
}

function updateProgram(networks: ActorCritic, optimizer: t.Optimizer, shape: t.Shape, device: t.Device) {
  return t.program(
    { observations: shape, returns: [shape[0]], learningRate: [] },
    ({ observations, returns, learningRate }) => {
      const loss = t.mean(t.square(t.sub(networks.value(observations), returns)));
      optimizer.minimize(loss, { learningRate });
      return { loss };
    },
    { device },
  );
}
