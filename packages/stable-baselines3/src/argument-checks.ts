import { aSpace, type OptionCheck } from '@gradus/core';

/** Accepts the content of a file. */
export const someBytes: OptionCheck = {
  expected: 'a Uint8Array',
  accepts: (value) => value instanceof Uint8Array,
};

/** Accepts the name of a file. */
export const someText: OptionCheck = {
  expected: 'a text',
  accepts: (value) => typeof value === 'string' && value !== '',
};

/** Accepts options. */
export const someObject: OptionCheck = {
  expected: 'an object',
  accepts: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
};

/** Accepts whatever has the spaces of an environment. */
export const anEnvironment: OptionCheck = {
  expected: 'an environment with its two spaces',
  accepts: (value) => {
    const { observationSpace, actionSpace } = (value ?? {}) as Readonly<Record<string, unknown>>;
    return aSpace.accepts(observationSpace) && aSpace.accepts(actionSpace);
  },
};

/** The most bytes that a file may have when it is inflated, where nobody says otherwise: 256 MiB. */
export const DEFAULT_MAX_BYTES: number = 2 ** 28;
