import type { ActionArray } from '@gradus/core';
import type { Device } from '@gradus/tensor';
import { NetworkPrograms, type NetworkProgram } from './network-programs.ts';
import type { PolicyNetwork } from './policy-network.ts';

/**
 * The policies of candidates that play side by side, each in a copy of the environment of its own: in one call of a program for all, whose rows are the
 * copies that still play. When half of its rows have nothing to do, a program of half as many takes over, so that one long episode does not cost as much as many.
 */
export class CandidateActors {
  private readonly network: PolicyNetwork;
  private readonly programs: NetworkPrograms;
  private readonly numEnvs: number;
  private program: NetworkProgram | undefined;
  private rows = 0;
  /** Copies that play, by row of the program; and the row of each copy. */
  private readonly copies: Int32Array;
  private readonly rowOf: Int32Array;
  private count = 0;

  constructor(network: PolicyNetwork, numEnvs: number, device?: Device) {
    this.network = network;
    this.programs = new NetworkPrograms(network, device);
    this.numEnvs = numEnvs;
    this.copies = new Int32Array(numEnvs);
    this.rowOf = new Int32Array(numEnvs);
  }

  /** Lets the first `count` copies play, or all there are; which candidates is said next. */
  begin(count: number): void {
    this.count = Math.min(count, this.numEnvs);
    for (let i = 0; i < this.count; i++) this.copies[i] = this.rowOf[i] = i;
    this.rows = this.numEnvs;
    this.program = this.fittingProgram();
  }

  /** Gives a copy that plays the candidate whose parameters begin at `first` in `candidates`. */
  assign(copy: number, candidates: Float64Array, first: number): void {
    const { dimension } = this.network;
    this.program?.inputs.parameters.set(candidates.subarray(first, first + dimension), this.rowOf[copy] * dimension);
  }

  /** Takes a copy out of those that play. */
  release(copy: number): void {
    const { copies, rowOf, program } = this;
    const { dimension } = this.network;
    const row = rowOf[copy];
    const last = --this.count;
    copies[row] = copies[last];
    rowOf[copies[row]] = row;
    if (program === undefined) return;
    program.inputs.parameters.copyWithin(row * dimension, last * dimension, (last + 1) * dimension);
    this.program = this.fittingProgram();
    if (this.program === program) return;
    // Asked for now, since a new program may have moved what the memory of a WebAssembly device holds.
    this.program.inputs.parameters.set(program.inputs.parameters.subarray(0, this.count * dimension));
  }

  /** Writes the actions of the copies that play. */
  act(observations: Float32Array, actions: ActionArray, masks: Uint8Array | undefined): void {
    const { network, copies, count, program } = this;
    if (program === undefined) return;
    const { size } = network.observationSpace;
    const seen = program.inputs.observations;
    for (let row = 0; row < count; row++) {
      for (let j = 0, at = copies[row] * size; j < size; j++) seen[row * size + j] = observations[at + j];
    }
    const { outputs } = program.run();
    const width = outputs.length / this.rows;
    for (let row = 0; row < count; row++) network.chooseAction(outputs, row * width, copies[row], actions, masks);
  }

  /** Frees the programs. */
  dispose(): void {
    this.programs.dispose();
  }

  /** That for as few rows as there is need of, of all copies, half of them, a quarter, … */
  private fittingProgram(): NetworkProgram {
    while (this.rows > 1 && this.count <= Math.ceil(this.rows / 2)) this.rows = Math.ceil(this.rows / 2);
    return this.programs.for(this.rows, 1);
  }
}
