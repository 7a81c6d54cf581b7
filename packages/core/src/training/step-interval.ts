import { checkOptions, positiveInteger } from '@gradus/tensor';

/** Tells a callback when it is its turn. */
export interface StepInterval {
  /** Begins at `step`, which training starts from. */
  start(step: number): void;
  /** Whether training has passed a multiple of the interval since it was last asked; `step`: environment steps done by now. */
  passed(step: number): boolean;
}

/**
 * Turns at the multiples of `interval` environment steps, or at the first update past them. They do not depend on where training
 * began, so a resumed training has the same turns as an uninterrupted one. Throws `RangeError`, naming `subject`, unless
 * `interval` is a positive integer.
 */
export function stepInterval(subject: string, interval: number): StepInterval {
  checkOptions(subject, { interval }, { interval: positiveInteger });
  let turns = 0;
  return {
    start(step) {
      turns = Math.floor(step / interval);
    },
    passed(step) {
      const before = turns;
      turns = Math.floor(step / interval);
      return turns > before;
    },
  };
}
