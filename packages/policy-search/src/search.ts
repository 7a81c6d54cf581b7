import type { Stateful } from '@gradus/core';

/** Parameters and what they were worth. */
export interface Best {
  /** θ, [dimension]; later candidates do not overwrite it. */
  readonly parameters: Float64Array;
  /** U(θ) as it was told; −∞ before any that is feasible was. */
  readonly utility: number;
}

/**
 * Why a search is finished:
 *
 * - `converged`: what it would still change is 0, too small to matter, or has been nothing for `patience` iterations;
 * - `flat`: all candidates of `patience` iterations in a row had one and the same utility, so that there is nothing to learn;
 * - `unbounded`: steps have become 10⁴ times as long as the first, since the utility has no maximum, or they were far too short;
 * - `diverged`: its next step leads beyond all numbers, since steps are too long;
 * - `ill-conditioned`: its numbers do not suffice to go on, as where utilities depend on some direction 10¹⁴ times as much as on another.
 */
export type Termination = 'converged' | 'flat' | 'unbounded' | 'diverged' | 'ill-conditioned';

/**
 * A method that maximizes a utility U(θ) from its values alone (S4): asks for the utilities of some candidates, and is told them, again and again.
 *
 *     const candidates = search.ask(); // [populationSize × dimension]
 *     search.tell(utilities);          // [populationSize]
 *
 * The same seed and utilities give the same candidates; a state taken at any moment, between `ask` and `tell` too, restores them to the bit.
 */
export interface Search extends Stateful {
  /** Length of θ. */
  readonly dimension: number;
  /** Candidates of each `ask`. */
  readonly populationSize: number;
  /** How often `tell` was called. */
  readonly iteration: number;
  /**
   * The candidate of the largest utility so far, the first of equal ones. Where utilities are noisy, it is partly luck that chose it, and `mean` is
   * the better answer.
   */
  readonly best: Best;
  /** Where the method stands, [dimension]: the mean of what it draws from, or the point it improves. A genetic algorithm has none. */
  readonly mean?: Float64Array | undefined;
  /** Whether nothing is left to gain from going on, as the method's own rules say. */
  readonly finished: boolean;
  /** Why it is finished; null while it is not. */
  readonly termination?: Termination | null;
  /** Candidates, one a row, [populationSize × dimension], always in the same buffer; the same ones until they are told. */
  ask(): Float64Array;
  /**
   * Learns from U of each candidate, [populationSize]. NaN and −∞ are those of candidates that are infeasible, which count as worse than all others; where
   * all are, a mean stays where it is. Throws `RangeError` for a wrong number of utilities, for one that is no number or +∞, naming its
   * candidate, and where nothing was asked; the search is then as it was before.
   */
  tell(utilities: ArrayLike<number>): void;
}
