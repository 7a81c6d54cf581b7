import { DivergenceError } from '@gradus/core';

/** Throws `DivergenceError` for an error that is not finite: with too large a step size values grow beyond all bounds. */
export function checkConvergence(subject: string, error: number, alpha: number): void {
  if (error - error === 0) return;
  throw new DivergenceError(
    `${subject}: values have diverged, the error is ${error}; expected a smaller alpha, got ${alpha}`,
  );
}
