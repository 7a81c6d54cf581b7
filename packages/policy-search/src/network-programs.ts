import { defaultDevice, program, type Device, type Program } from '@gradus/tensor';
import type { PolicyNetwork } from './policy-network.ts';

/** Outputs of a network for θ [candidates × dimension] and observations [candidates · n × size], see `PolicyNetwork.outputs`. */
export type NetworkProgram = Program<Record<'parameters' | 'observations', unknown>, Record<'outputs', unknown>>;

/** Programs that compute a network for many observations in one call: made when they are first asked for, and kept. */
export class NetworkPrograms {
  private readonly network: PolicyNetwork;
  private readonly device: Device | undefined;
  private readonly programs = new Map<string, NetworkProgram>();
  private isDisposed = false;

  /** `device`: where they run. Default: the default device. */
  constructor(network: PolicyNetwork, device?: Device) {
    this.network = network;
    this.device = device;
  }

  /** The program for `candidates` parameter vectors with `each` observations each. Throws `Error` once disposed. */
  for(candidates: number, each: number): NetworkProgram {
    if (this.isDisposed) throw new Error('this program was disposed');
    const { network, programs } = this;
    const key = `${candidates} × ${each}`;
    let known = programs.get(key);
    if (known === undefined) {
      known = program(
        {
          parameters: [candidates, network.dimension],
          observations: [candidates * each, network.observationSpace.size],
        },
        ({ parameters, observations }) => ({ outputs: network.outputs(parameters, observations) }),
        { device: this.device ?? defaultDevice() },
      );
      programs.set(key, known);
    }
    return known;
  }

  /** Frees the programs. */
  dispose(): void {
    this.isDisposed = true;
    for (const each of this.programs.values()) each.dispose();
    this.programs.clear();
  }
}
