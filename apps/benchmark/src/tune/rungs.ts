import type { Space } from './space.ts';

/** A stage of a search, at whose end trials are compared. */
export interface Rung {
  /** How many trials are in it. */
  readonly trials: number;
  /** Environment steps at which they are compared, counted from the beginning of their runs. */
  readonly steps: number;
  /** The same as a point of the run's learning curve, counted from 1; the last rung's has the number of all points. */
  readonly point: number;
}

/**
 * Successive halving (Jamieson and Talwalkar, 2016; Karnin et al., 2013) of n trials whose whole runs have R steps. Rung
 * i = 0 … s lets the best ⌊n η⁻ⁱ⌋ trials go on to step ⌈R ηⁱ⁻ˢ⌉, s = ⌊log_η n⌋ (as the innermost loop of Hyperband has it, Li et al.,
 * 2018), so that every rung trains about as many steps in all. `minSteps` bounds the first rung's steps from below
 * by leaving out early rungs.
 */
export function halvingRungs(trials: number, steps: number, eta: number, minSteps = 1): Rung[] {
  let last = 0;
  while (eta ** (last + 1) <= trials && steps / eta ** (last + 1) >= minSteps) last++;
  return Array.from({ length: last + 1 }, (_, i) => ({
    trials: Math.floor(trials / eta ** i),
    steps: Math.ceil(steps / eta ** (last - i)),
    point: eta ** i,
  }));
}

/** The rungs that so many trials of a space climb together: a single one, at the end of all runs, where none is given up on the way. */
export function spaceRungs({ strategy, steps, eta, minSteps }: Space, trials: number): Rung[] {
  const givesUp = strategy === 'halving' || (strategy === 'evolution' && minSteps !== undefined);
  return givesUp ? halvingRungs(trials, steps, eta, minSteps) : [{ trials, steps, point: 1 }];
}

/** Environment steps of a search with `seeds` runs of each trial: those who go on do not start over. */
export function totalSteps(rungs: readonly Rung[], seeds: number): number {
  return rungs.reduce((sum, rung, i) => sum + seeds * rung.trials * (rung.steps - (rungs[i - 1]?.steps ?? 0)), 0);
}
