import { CheckpointError, Random, readNumber, readState, readString, restoreArray, type StateDict } from '@gradus/core';
import { allocate } from './allocate.ts';
import { clip, findOutside, readBounds, type Bounds } from './bounds.ts';
import type { SearchOptions } from './search-options.ts';
import type { Best, Search, Termination } from './search.ts';
import { firstInfinite } from './vectors.ts';

const terminations: readonly Termination[] = ['converged', 'flat', 'unbounded', 'diverged', 'ill-conditioned'];

/**
 * What all methods share: the buffer of candidates and their bounds, the order of `ask` and `tell`, the checks, the best so far, the end where utilities
 * are flat, and the state. A method is its `propose` and its `learn`.
 */
export abstract class AskTellSearch implements Search {
  readonly dimension: number;
  readonly populationSize: number;
  /** What `ask` hands out, [populationSize × dimension]. */
  protected readonly candidates: Float64Array;
  protected readonly bounds: Bounds | undefined;
  protected readonly random: Random;
  private readonly name: string;
  private readonly patience: number;
  /** What was told, [populationSize], −∞ for candidates that are infeasible. */
  private readonly utilities: Float64Array;
  /** Iterations in a row whose utilities were all equal, and what they were. */
  private flatIterations = 0;
  private flatUtility = NaN;
  private asked = false;
  private tells = 0;
  private end: Termination | null = null;
  private currentBest: Best;

  /** `name` begins messages of errors. `initial`: θ at first, from `readInitial`. Throws `RangeError` for wrong bounds, and as `allocate` does. */
  protected constructor(
    name: string,
    initial: Float64Array,
    populationSize: number,
    seed: number,
    options: SearchOptions,
  ) {
    this.name = name;
    this.dimension = initial.length;
    this.populationSize = populationSize;
    this.bounds = readBounds(name, options, initial);
    this.patience = options.patience ?? Infinity;
    this.candidates = allocate(name, 'candidates', populationSize * this.dimension);
    this.utilities = new Float64Array(populationSize);
    this.random = new Random(seed);
    this.currentBest = { parameters: initial.slice(), utility: -Infinity };
  }

  /** Writes the next candidates; those outside of the bounds are then moved to the nearest point inside. */
  protected abstract propose(): void;

  /**
   * Learns from the utilities of `candidates`, [populationSize]: finite, or −∞ where a candidate is infeasible. `iteration` is 0 the first
   * time. Returns why the search is finished, if it is.
   */
  protected abstract learn(utilities: Float64Array): Termination | null;

  /** What the method itself remembers. */
  protected abstract memory(): StateDict;

  /** Puts back what `memory` gave. */
  protected abstract setMemory(state: StateDict): void;

  get iteration(): number {
    return this.tells;
  }

  get best(): Best {
    return this.currentBest;
  }

  get finished(): boolean {
    return this.end !== null;
  }

  get termination(): Termination | null {
    return this.end;
  }

  ask(): Float64Array {
    if (!this.asked) {
      this.propose();
      if (this.bounds) clip(this.bounds, this.candidates);
    }
    this.asked = true;
    return this.candidates;
  }

  tell(utilities: ArrayLike<number>): void {
    this.read(utilities);
    this.checkCandidates();
    const best = this.indexOfBest();
    this.noteFlatness(this.utilities[best]);
    this.keepBest(best);
    const termination = this.learn(this.utilities);
    this.end ??= this.flatIterations >= this.patience ? 'flat' : termination;
    this.asked = false;
    this.tells++;
  }

  /** Copies `utilities`, once they are known to be right. */
  private read(utilities: ArrayLike<number>): void {
    const { name, populationSize } = this;
    if (!this.asked) throw new RangeError(`${name}: expected ask before tell, got utilities of nothing`);
    const given: unknown = utilities;
    const length = typeof given === 'object' && given !== null && 'length' in given ? given.length : typeof given;
    if (length !== populationSize) {
      throw new RangeError(`${name}: expected ${populationSize} utilities, got ${String(length)}`);
    }
    for (let k = 0; k < populationSize; k++) {
      const utility: unknown = utilities[k];
      if (typeof utility === 'number' && utility !== Infinity) continue;
      const got = typeof utility === 'number' ? utility : typeof utility;
      throw new RangeError(
        `${name}: expected utilities that are numbers less than Infinity, got ${got} for candidate ${k}`,
      );
    }
    for (let k = 0; k < populationSize; k++) {
      this.utilities[k] = Number.isNaN(utilities[k]) ? -Infinity : utilities[k];
    }
  }

  /** The rows may have been written since they were asked for. */
  private checkCandidates(): void {
    const { name, candidates, dimension, bounds } = this;
    const outside = bounds ? findOutside(bounds, candidates) : -1;
    const wrong = outside === -1 ? firstInfinite(candidates) : outside;
    if (wrong === -1) return;
    const expected = bounds ? 'parameters within the bounds' : 'finite parameters';
    throw new RangeError(
      `${name}: expected ${expected}, got ${candidates[wrong]} at index ${wrong % dimension} of candidate ${Math.floor(wrong / dimension)}`,
    );
  }

  private indexOfBest(): number {
    const { utilities } = this;
    let best = 0;
    for (let k = 1; k < utilities.length; k++) if (utilities[k] > utilities[best]) best = k;
    return best;
  }

  private noteFlatness(best: number): void {
    const isFlat = this.utilities.every((utility) => utility === best);
    this.flatIterations = isFlat ? (best === this.flatUtility ? this.flatIterations + 1 : 1) : 0;
    this.flatUtility = best;
  }

  private keepBest(best: number): void {
    const utility = this.utilities[best];
    if (utility > this.currentBest.utility) this.currentBest = { parameters: this.candidate(best).slice(), utility };
  }

  /** Row k of `candidates`, a view. */
  protected candidate(k: number): Float64Array {
    return this.candidates.subarray(k * this.dimension, (k + 1) * this.dimension);
  }

  getState(): StateDict {
    const { asked, tells, candidates, currentBest } = this;
    return {
      name: this.name,
      asked,
      tells,
      termination: this.end,
      flatIterations: this.flatIterations,
      flatUtility: this.flatUtility,
      // Those that were told already are never read again.
      candidates: asked ? candidates.slice() : null,
      bestParameters: currentBest.parameters.slice(),
      bestUtility: currentBest.utility,
      random: this.random.getState(),
      memory: this.memory(),
    };
  }

  setState(state: StateDict): void {
    const name = readString(state, 'name');
    if (name !== this.name) throw new CheckpointError(`state 'name': expected "${this.name}", got "${name}"`);
    const parameters = new Float64Array(this.dimension);
    restoreArray(state, 'bestParameters', parameters);
    this.currentBest = { parameters, utility: readNumber(state, 'bestUtility') };
    this.asked = state.asked === true;
    if (this.asked) restoreArray(state, 'candidates', this.candidates);
    this.tells = readNumber(state, 'tells');
    this.end = terminations.find((each) => each === state.termination) ?? null;
    this.flatIterations = readNumber(state, 'flatIterations');
    this.flatUtility = readNumber(state, 'flatUtility');
    this.random.setState(readState(state, 'random'));
    this.setMemory(readState(state, 'memory'));
  }
}
