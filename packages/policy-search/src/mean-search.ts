import { readNumber, restoreArray, type StateDict } from '@gradus/core';
import { AskTellSearch } from './ask-tell-search.ts';
import { firstInfinite } from './vectors.ts';
import { clip } from './bounds.ts';
import type { MeanSearchOptions } from './search-options.ts';
import type { Termination } from './search.ts';

/**
 * What methods share that draw candidates around a mean and move it: the mean as a candidate of its own, where it may not go, and when it stands still. A
 * method is its `draw` and its `improve`.
 */
export abstract class MeanSearch extends AskTellSearch {
  readonly mean: Float64Array;
  private readonly previous: Float64Array;
  /** Candidates that `draw` writes. */
  private readonly drawn: number;
  private readonly limit: number;
  /** Iterations in a row in which the mean did not move. */
  private unmoved = 0;

  /** `initial`: θ at first, from `readInitial`; `drawn`: how many candidates `draw` writes. Throws as `AskTellSearch`. */
  protected constructor(name: string, initial: Float64Array, drawn: number, seed: number, options: MeanSearchOptions) {
    super(name, initial, options.evaluateMean ? drawn + 1 : drawn, seed, options);
    this.mean = initial;
    this.previous = initial.slice();
    this.drawn = drawn;
    this.limit = options.patience ?? Infinity;
  }

  /** Writes the first `drawn` candidates. */
  protected abstract draw(): void;

  /** Moves the mean. `utilities` [drawn]: as `learn` has them, −∞ for infeasible candidates. Returns why the search is finished, if it is. */
  protected abstract improve(utilities: Float64Array): Termination | null;

  protected override propose(): void {
    this.draw();
    for (let k = this.drawn; k < this.populationSize; k++) this.candidate(k).set(this.mean);
  }

  protected override learn(utilities: Float64Array): Termination | null {
    const { mean, previous, bounds } = this;
    previous.set(mean);
    const drawn = utilities.subarray(0, this.drawn);
    // Where none is feasible there is nothing to learn.
    const termination = drawn.some((utility) => utility > -Infinity) ? this.improve(drawn) : null;
    if (bounds) clip(bounds, mean);
    if (firstInfinite(mean) !== -1) {
      mean.set(previous);
      return 'diverged';
    }
    this.unmoved = mean.every((value, i) => value === previous[i]) ? this.unmoved + 1 : 0;
    return termination ?? (this.unmoved >= this.limit ? 'converged' : null);
  }

  protected override memory(): StateDict {
    return { mean: this.mean.slice(), unmoved: this.unmoved };
  }

  protected override setMemory(state: StateDict): void {
    restoreArray(state, 'mean', this.mean);
    this.unmoved = readNumber(state, 'unmoved');
  }
}
