import { defaultDevice, device, type Device } from '@gradus/tensor';
import { Option } from 'commander';
import { messageOf, UserError } from '../user-error.ts';

/** Devices that `--device` accepts; `tensorflow` is TensorFlow.js on the library of `@tensorflow/tfjs-node`. */
export const deviceNames = ['native', 'wasm-relaxed', 'wasm', 'tensorflow'] as const;

/** One of {@link deviceNames}. */
export type DeviceChoice = (typeof deviceNames)[number];

/** `--device`, for commands that run on one device. */
export function deviceOption(): Option {
  return new Option(
    '--device <name>',
    'where networks run (default: native where it loads, else wasm-relaxed where it does, else wasm)',
  )
    .choices(deviceNames)
    .env('GRADUS_DEVICE');
}

/** The name of the device that is used where none was chosen. */
export function defaultDeviceName(): DeviceChoice {
  return defaultDevice().name as DeviceChoice;
}

/**
 * The device of that name.
 * @param threads that one operation may use; default: `GRADUS_THREADS`, else 1
 * @throws UserError when it is not available, with the reason.
 */
export async function openDevice(name: DeviceChoice, threads?: number): Promise<Device> {
  try {
    if (name !== 'tensorflow') return device(name, threads === undefined ? {} : { threads });
    // Loading TensorFlow.js takes longer than everything else together.
    const { tensorflow } = await import('@gradus/tfjs');
    return await tensorflow({ backend: 'tensorflow' });
  } catch (error) {
    throw new UserError(`--device ${name}: ${messageOf(error)}`);
  }
}
