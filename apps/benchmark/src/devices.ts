import { device, type Device } from '@gradus/tensor';
import { messageOf, UserError } from './user-error.ts';

/** Devices that `--device` accepts. */
export const deviceNames = ['native', 'wasm', 'tensorflow'] as const;

/** One of {@link deviceNames}. */
export type DeviceChoice = (typeof deviceNames)[number];

/**
 * The device of that name.
 * @throws UserError when it is not available, with the reason.
 */
export async function openDevice(name: DeviceChoice, threads = 1): Promise<Device> {
  try {
    if (name !== 'tensorflow') return device(name, { threads });
    const { tensorflow } = await import('@gradus/tfjs');
    return await tensorflow({ backend: 'tensorflow' });
  } catch (error) {
    throw new UserError(`--device ${name}: ${messageOf(error)}`);
  }
}
