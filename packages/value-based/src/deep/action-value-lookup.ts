import { NetworkLookup, type Observation, type VectorEnv } from '@gradus/core';
import { program, type Device, type Tensor } from '@gradus/tensor';

/** Shows what a Q-network makes of one observation, or of many. */
export class ActionValueLookup {
  private readonly lookup: NetworkLookup<'values'>;

  /** `values`: q(s, ·) of observations [batch × size], inside a program. */
  constructor(env: VectorEnv, device: Device, values: (observations: Tensor) => Tensor) {
    this.lookup = new NetworkLookup({
      env,
      compile: (batch) =>
        program(
          { observations: [batch, env.observationSpace.size] },
          ({ observations }) => ({ values: values(observations) }),
          { device },
        ),
    });
  }

  /** q(s, ·; w) without noise, [n × actions], of one observation or of many in a Float32Array [n × observation size]. Throws as `NetworkLookup.run` does. */
  readonly actionValues = (observations: Observation | Float32Array): Float32Array =>
    this.lookup.run(observations).values;

  /** Frees the programs, not the network. */
  dispose(): void {
    this.lookup.dispose();
  }
}
