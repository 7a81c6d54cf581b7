import type { Device, Program, TensorData } from '@gradus/tensor';

/** One update (or forward pass) that is measured: networks, fixed made-up data, and a call that does it once. */
export interface MicroCase {
  /** As in reports: algorithm, batch size, sizes of the networks. */
  readonly name: string;
  /** Whether its networks are large enough to gain by a second thread. */
  readonly isLarge: boolean;
  /** Of language models: tokens that an update learns from, or generates. */
  readonly tokens?: number;
  /** Compiles it for a device. Everything about it follows from a fixed seed. */
  create(device: Device): MicroUpdate;
}

/** What an update has computed: losses, or logits. */
type Outputs = Readonly<Record<string, TensorData>>;

/** A compiled case. */
export interface MicroUpdate {
  /** Does one update, or one forward pass, at once or after a while. */
  readonly run: () => Outputs | Promise<Outputs>;
  readonly dispose: () => void;
}

/** The program as a case's update, its inputs filled with `batch` once. */
export function fixedBatch<Inputs extends object>(
  program: Program<Inputs, Record<string, TensorData>>,
  batch: { readonly [Name in keyof Inputs]: ArrayLike<number> },
): MicroUpdate {
  const inputs: Readonly<Record<string, TensorData>> = program.inputs;
  for (const [name, values] of Object.entries<ArrayLike<number>>(batch)) inputs[name].set(values);
  return { run: () => program.run(), dispose: () => program.dispose() };
}
