import type { OptionCheck } from '../check-options.ts';
import type { Device } from './device.ts';

/** A check of arguments. */
export const isDevice: OptionCheck = {
  expected: "a device, such as device('wasm')",
  accepts: (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const { name, store, compile } = value as Partial<Device>;
    return typeof name === 'string' && typeof store === 'function' && typeof compile === 'function';
  },
};
