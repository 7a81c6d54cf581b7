import { checkArguments } from '../check-options.ts';
import type { DType, TensorData } from '../dtype.ts';
import type { Device, Executable, Graph } from './device.ts';
import { isDevice } from './is-device.ts';
import type { Storage } from './storage.ts';

/** See {@link lazyDevice}. */
export class LazyDevice implements Device {
  readonly name: string;
  readonly device: Device;

  constructor(device: Device) {
    this.name = device.name;
    this.device = device;
  }

  store(dtype: DType, values: TensorData): Storage {
    return this.device.store(dtype, values);
  }

  compile(graph: Graph): Executable {
    return this.device.compile(graph);
  }
}

/** `device`, but programs are traced and compiled, and take memory, when they are first used: for those who may never use some of theirs. */
export function lazyDevice(device: Device): Device {
  checkArguments('lazyDevice', { device }, { device: isDevice });
  return device instanceof LazyDevice ? device : new LazyDevice(device);
}
