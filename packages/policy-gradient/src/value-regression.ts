import type { ActorCritic, Random, RolloutBuffer, VectorEnv } from '@gradus/core';
import * as t from '@gradus/tensor';

/** How {@link ValueRegression} learns from a round. */
export interface ValueRegressionRound {
  /** Passes over the round's transitions. */
  readonly epochs: number;
  readonly learningRate: number;
  /** Shuffles the minibatches. */
  readonly random: Random;
}

/** Fits the critic of an algorithm whose actor learns otherwise: minibatch steps of Adam on E[(v(s) − G)²]. */
export class ValueRegression {
  /** Moments and step counter of Adam. */
  readonly state: t.Parameters;
  private readonly batchSize: number;
  private readonly update: ReturnType<typeof valueUpdate>;

  constructor(networks: ActorCritic, env: VectorEnv, batchSize: number, device: t.Device) {
    // Adam's ε as Stable-Baselines3 has it.
    const optimizer = t.adam(networks.criticParameters, { epsilon: 1e-5 });
    this.state = optimizer.state;
    this.batchSize = batchSize;
    this.update = valueUpdate(networks, optimizer, [batchSize, env.observationSpace.size], device);
  }

  /** Makes the minibatch steps of one round, whose size `batchSize` divides; returns their mean loss. */
  fit(buffer: RolloutBuffer, { epochs, learningRate, random }: ValueRegressionRound): number {
    const { batchSize, update } = this;
    update.inputs.learningRate[0] = learningRate;
    let total = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      buffer.shuffle(random);
      for (let start = 0; start < buffer.size; start += batchSize) {
        buffer.gather(start, start + batchSize, update.inputs);
        total += update.run().loss[0];
      }
    }
    return (total * batchSize) / (epochs * buffer.size);
  }

  dispose(): void {
    this.update.dispose();
    t.disposeParameters(this.state);
  }
}

function valueUpdate(networks: ActorCritic, optimizer: t.Optimizer, shape: t.Shape, device: t.Device) {
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
