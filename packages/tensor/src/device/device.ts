import type { TensorData } from '../dtype.ts';
import type { Tensor, Trace } from '../tensor.ts';
import type { Variable } from '../variable.ts';
import type { StorageDevice } from './storage.ts';

/** A traced program, ready to be compiled: only the nodes that something depends on, inputs before users. */
export interface Graph {
  readonly trace: Trace;
  readonly nodes: readonly Tensor[];
  /** `input` nodes by name. */
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Variables that are read, with the node that stands for their value when the program starts. */
  readonly variables: ReadonlyMap<Variable, Tensor>;
  /** New values that variables take when the program has run. */
  readonly assignments: ReadonlyMap<Variable, Tensor>;
}

/** A program on its device. */
export interface Executable {
  /** Where to write an input: a view of the program's memory. Ask for it anew after other programs were made. */
  input(name: string): TensorData;
  run(): void;
  /** An output of the last run: a view, overwritten by the next run. */
  output(name: string): TensorData;
  dispose(): void;
}

/** Where programs run: the embedded kernels (`native`, `wasm`) or another engine such as TensorFlow.js. */
export interface Device extends StorageDevice {
  compile(graph: Graph): Executable;
}
