import { checkGamma, checkOptions, optional, positiveInteger, positiveNumber } from '@gradus/core';

/**
 * When repeated sweeps v₀ = 0, v₁, v₂, … stop. A sweep contracts by γ in the maximum norm, so that
 *
 *     ‖vₖ − v‖ ≤ γ / (1 − γ) · ‖vₖ − vₖ₋₁‖
 *
 * (Banach; Puterman, 1994, Theorem 6.2.3). They stop when this bound is at most `tolerance`. With γ = 1 there is no such bound: they stop
 * when no value changed by more than `tolerance`.
 */
export interface IterationOptions {
  /** Largest error of any value. Default 10⁻⁹. */
  readonly tolerance?: number | undefined;
  /** Sweeps after which the values count as diverging, which is an error. Default 100,000. */
  readonly maxSweeps?: number | undefined;
}

/** Where the sweeps ended. */
export interface IterationResult {
  /** [numStates] */
  readonly stateValues: Float64Array;
  readonly sweeps: number;
  /** What no value differs from the true one by more than, up to rounding; `Infinity` with γ = 1. */
  readonly errorBound: number;
}

/**
 * Repeats `sweep`, which writes from the values the next ones, until {@link IterationOptions} say so. Throws `RangeError` for gamma outside
 * [0, 1], for bad options, and when `maxSweeps` were not enough.
 */
export function iterate(
  numStates: number,
  gamma: number,
  options: IterationOptions,
  sweep: (stateValues: Float64Array, next: Float64Array) => void,
): IterationResult {
  checkGamma(gamma);
  checkOptions<IterationOptions>('sweeps', options, {
    tolerance: optional(positiveNumber),
    maxSweeps: optional(positiveInteger),
  });
  const { tolerance = 1e-9, maxSweeps = 100_000 } = options;
  let stateValues = new Float64Array(numStates);
  let next = new Float64Array(numStates);
  let change = Infinity;
  for (let sweeps = 1; sweeps <= maxSweeps; sweeps++) {
    sweep(stateValues, next);
    [stateValues, next] = [next, stateValues];
    change = maximumDifference(stateValues, next);
    const errorBound = gamma < 1 ? (gamma / (1 - gamma)) * change : Infinity;
    if ((gamma < 1 ? errorBound : change) <= tolerance) return { stateValues, sweeps, errorBound };
  }
  throw new RangeError(
    `gamma: expected values that settle within ${maxSweeps} sweeps, but with ${gamma} the last changed one by ${change}`,
  );
}

function maximumDifference(x: Float64Array, y: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < x.length; i++) largest = Math.max(largest, Math.abs(x[i] - y[i]));
  return largest;
}
