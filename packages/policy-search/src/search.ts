import type { Stateful } from '@gradus/core';

/** Parameters and what they were worth. */
export interface Best {
  /** θ, [dimension]; later candidates do not overwrite it. */
  readonly parameters: Float64Array;
  /** U(θ) as it was told; −∞ before anything was. */
  readonly utility: number;
}

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
  /** Candidates, one a row, [populationSize × dimension], always in the same buffer; the same ones until they are told. */
  ask(): Float64Array;
  /**
   * Learns from U of each candidate, [populationSize]. Throws `RangeError` for a wrong number of utilities, for one that is not finite, naming its
   * candidate, and where nothing was asked; the search is then as it was before.
   */
  tell(utilities: ArrayLike<number>): void;
}
