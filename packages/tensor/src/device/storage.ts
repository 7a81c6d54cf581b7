import type { DType, TensorData } from '../dtype.ts';

/** Memory of one variable on a device. */
export interface Storage {
  /** A copy of its values. */
  read(): TensorData;
  /** Its values where they lie, of devices whose memory is within reach. Good until anything is run, written or made. */
  view?(): TensorData;
  write(values: ArrayLike<number>): void;
  dispose(): void;
}

/** What a variable asks of its device: memory. */
export interface StorageDevice {
  readonly name: string;
  /** Threads that one operation may use, where there are several devices of that name. */
  readonly threads?: number;
  /** Copies values into memory of the device. */
  store(dtype: DType, values: TensorData): Storage;
}
