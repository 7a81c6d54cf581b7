import {
  checkArguments,
  fraction,
  nonNegativeNumber,
  scheduleOf,
  scheduleValue,
  type OptionCheck,
  type Schedule,
} from '@gradus/core';

/** A step size that falls with the number n of times that a value has been updated, the present one included: α_n = (offset + n)^−exponent. */
export interface VisitStepSize {
  readonly kind: 'visits';
  readonly exponent: number;
  readonly offset: number;
}

/**
 * α, how far a table's value moves towards its target, v ← (1 − α) v + α target: a number or a schedule over the progress of training,
 * or one that falls with visits.
 *
 * | rule                                             | `alpha`                  |
 * | ------------------------------------------------ | ------------------------ |
 * | for deterministic worlds, v ← target (S2.2)      | `1`                      |
 * | for others, α_n = 1 / (1 + visits_n) (S2.3)      | `visitStepSize(1, 1)`    |
 * | the mean of all targets, α_n = 1 / n             | `visitStepSize()`        |
 * | α_n = n^−ω (Even-Dar and Mansour, 2003)          | `visitStepSize(ω)`       |
 */
export type StepSize = Schedule | VisitStepSize;

/** α_n = (offset + n)^−exponent. Values converge for exponents in (½, 1] (Robbins and Monro, 1951). */
export function visitStepSize(exponent = 1, offset = 0): VisitStepSize {
  checkArguments('visitStepSize', { exponent, offset }, { exponent: nonNegativeNumber, offset: nonNegativeNumber });
  return { kind: 'visits', exponent, offset };
}

/** α for the update that is number `visits` of its value; `progress` is the part of training that is done. */
export function stepSizeValue(alpha: StepSize, visits: number, progress: number): number {
  if (typeof alpha === 'number') return alpha;
  if (alpha.kind !== 'visits') return scheduleValue(alpha, progress);
  const n = alpha.offset + visits;
  return alpha.exponent === 1 ? 1 / n : n ** -alpha.exponent;
}

const schedule = scheduleOf(fraction);

/** What the option `alpha` must be. */
export const stepSize: OptionCheck = {
  ...schedule,
  expected: `${schedule.expected}, or visitStepSize(exponent, offset) with both at least 0`,
  accepts(value) {
    if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== 'visits') {
      return schedule.accepts(value);
    }
    const { exponent, offset } = value as Partial<Record<keyof VisitStepSize, unknown>>;
    if (Object.keys(value).length !== 3) return false;
    return nonNegativeNumber.accepts(exponent) && nonNegativeNumber.accepts(offset);
  },
};
