import { checkArguments, checkOptions, defaultDevice, optional, positiveInteger, type Device } from '@gradus/tensor';
import type { DeviceOption, LearnOptions } from './agent.ts';
import { aDevice, anObject } from '../options/argument-checks.ts';

/** Splits what an agent is given into the device and its own options. Throws `RangeError` for what is no object, or no device. */
export function splitDevice<Options extends DeviceOption>(
  subject: string,
  options: Options,
): { readonly device: Device; readonly given: Omit<Options, 'device'> } {
  checkArguments(subject, { options }, { options: anObject });
  const { device, ...given } = options;
  checkArguments(subject, { device }, { device: optional(aDevice) });
  return { device: device ?? defaultDevice(), given };
}

/** The steps up to which `Agent.learn` is to train. Throws `RangeError` unless they are a positive integer. */
export function learnSteps(options: LearnOptions): number {
  checkOptions('learn', options, { steps: positiveInteger });
  checkArguments('learn', { steps: options.steps }, { steps: positiveInteger });
  return options.steps;
}
