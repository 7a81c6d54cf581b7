import { checkArguments, optional, positiveInteger, valueText } from '../check-options.ts';
import { isDevice } from './is-device.ts';
import type { Device } from './device.ts';
import { EmbeddedDevice } from './embedded-device.ts';
import type { Kernels } from './kernels.ts';
import { loadNative, type Unavailable } from './native-kernels.ts';
import { loadWasm, loadWasmRelaxed } from './wasm-kernels.ts';

declare const process: { readonly env: Readonly<Record<string, string | undefined>> } | undefined;
declare const console: { warn(message: string): void };

/**
 * Names of the devices that come with this package. `wasm` runs everywhere, with the same bits everywhere. `wasm-relaxed` is the same with fused multiply-adds in matrix
 * products: faster on most processors, the same bits wherever it runs, and there only where WebAssembly has relaxed SIMD and the processor fuses.
 */
export type DeviceName = Kernels['name'];

const kernels: Readonly<Record<DeviceName, (threads: number) => Kernels | Unavailable>> = {
  native: () => loadNative(),
  'wasm-relaxed': loadWasmRelaxed,
  wasm: loadWasm,
};

const names = "'native', 'wasm-relaxed' or 'wasm'";

function isDeviceName(name: unknown): name is DeviceName {
  return typeof name === 'string' && Object.hasOwn(kernels, name);
}

/** Options of {@link device}. */
export interface DeviceOptions {
  /**
   * Threads that one operation may use, on which results do not depend. Those of WebAssembly need memory that can be shared: in Node it can, in browsers in pages that are
   * cross-origin isolated; elsewhere there is one thread. Default: `GRADUS_THREADS`, else 1.
   */
  readonly threads?: number;
}

const devices = new Map<string, EmbeddedDevice>();

function environment(name: string): string | undefined {
  return typeof process === 'undefined' ? undefined : process.env[name];
}

/**
 * The device of that name; the same one for the same options.
 * @throws Error when that device is not available here, with the reason.
 * @throws RangeError for an unknown name, or a number of threads that is not at least 1.
 */
export function device(name: DeviceName, options: DeviceOptions = {}): EmbeddedDevice {
  if (!isDeviceName(name)) throw new RangeError(`device: expected ${names}, got ${valueText(name)}`);
  checkArguments('device', options, { threads: optional(positiveInteger) });
  const threads = options.threads ?? wantedThreads();
  const key = `${name}/${threads}`;
  const known = devices.get(key);
  if (known !== undefined) return known;
  const loaded = kernels[name](threads);
  if ('reason' in loaded) throw new Error(`device '${name}' is not available: ${loaded.reason}`);
  const made = new EmbeddedDevice(loaded, threads);
  devices.set(key, made);
  return made;
}

/** Those of the environment variable; one where it says nothing. */
function wantedThreads(): number {
  const wanted = environment('GRADUS_THREADS') ?? '';
  const threads = wanted === '' ? 1 : Number(wanted);
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new RangeError(`GRADUS_THREADS: expected a number of threads of at least 1, got '${wanted}'`);
}

let chosen: Device | undefined;

/**
 * The device of programs that name none: `native` where it loads, else `wasm-relaxed` where it does, else `wasm`. The environment variable `GRADUS_DEVICE`, one of these
 * names, decides otherwise; so does {@link setDefaultDevice}.
 * @throws Error for an unknown name in `GRADUS_DEVICE`.
 */
export function defaultDevice(): Device {
  chosen ??= chooseDevice();
  return chosen;
}

/** Makes `device` the one that programs use unless they name another. */
export function setDefaultDevice(device: Device): void {
  checkArguments('setDefaultDevice', { device }, { device: isDevice });
  chosen = device;
}

function chooseDevice(): Device {
  const wanted = environment('GRADUS_DEVICE');
  if (isDeviceName(wanted)) return device(wanted);
  if (wanted !== undefined && wanted !== '') {
    throw new Error(`GRADUS_DEVICE: expected ${names} (others are given to setDefaultDevice), got '${wanted}'`);
  }
  const native = loadNative();
  if (!('reason' in native)) return device('native');
  if (typeof process !== 'undefined')
    console.warn(`gradus: using WebAssembly, native kernels are not available: ${native.reason}`);
  return device('reason' in loadWasmRelaxed() ? 'wasm' : 'wasm-relaxed');
}
