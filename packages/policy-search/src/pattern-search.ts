import {
  CheckpointError,
  checkOptions,
  positiveNumber,
  readNumber,
  readString,
  restoreArray,
  type OptionCheck,
  type StateDict,
} from '@gradus/core';
import { AskTellSearch } from './ask-tell-search.ts';
import { clip } from './bounds.ts';
import { readInitial } from './read-initial.ts';
import { searchChecks, searchDefaults, width, type SearchOptions } from './search-options.ts';
import type { Termination } from './search.ts';

/** Options of {@link PatternSearch}. Of `patience` it has no need: where nothing is better, its steps shrink. */
export interface PatternSearchOptions extends Omit<SearchOptions, 'patience'> {
  /** δ at first, in every coordinate. Default 0.5. */
  readonly initialStep: number;
  /** What δ is multiplied by where no neighbour is better; less than 1. Default ½. */
  readonly shrinkFactor: number;
  /** The search is finished when δ is smaller. Default 10⁻⁶. */
  readonly minimumStep: number;
}

/** Those that {@link PatternSearchOptions} names. */
export const patternSearchDefaults: PatternSearchOptions = {
  lower: searchDefaults.lower,
  upper: searchDefaults.upper,
  initialStep: 0.5,
  shrinkFactor: 0.5,
  minimumStep: 1e-6,
};

const checks: { readonly [Name in keyof PatternSearchOptions]: OptionCheck } = {
  lower: searchChecks.lower,
  upper: searchChecks.upper,
  initialStep: width,
  shrinkFactor: {
    expected: 'a number between 0 and 1',
    accepts: (value) => typeof value === 'number' && value > 0 && value < 1,
  },
  minimumStep: positiveNumber,
};

/** What the utility of the present candidate decides. */
type Phase = 'start' | 'explore' | 'pattern';

/**
 * Pattern search (S4.2; Hooke and Jeeves, 1961): no randomness, one candidate at a time. An exploration around a point tries x + δ e_i, then
 * x − δ e_i, coordinate by coordinate, and keeps what is better at once. From base b:
 *
 *     explore around b           → b′;   no better:  δ ← δ · shrinkFactor, again
 *     explore around 2 b′ − b    → b″;   better than b′:  b, b′ ← b′, b″, again;   else:  b ← b′, back to the first line
 *
 * The second line is the pattern move: what just helped is done again, so that steps grow along a valley. `mean` is the base.
 * Infeasible candidates are never better. The search is finished when δ is too small for any coordinate, or less than `minimumStep`.
 */
export class PatternSearch extends AskTellSearch {
  readonly options: PatternSearchOptions;
  /** b, the best point that an exploration ended in, [dimension]. */
  readonly mean: Float64Array;
  private baseUtility = -Infinity;
  /** Where the exploration has come to. */
  private readonly point: Float64Array;
  private pointUtility = -Infinity;
  private phase: Phase = 'start';
  private coordinate = 0;
  private direction = 1;
  /** Whether the exploration began at a pattern move's end. */
  private afterPattern = false;
  private delta: number;

  /** `initial`: θ at first. Throws `RangeError` for parameters that are not finite, and unknown or wrong options. */
  constructor(initial: ArrayLike<number>, options: Partial<PatternSearchOptions> = {}) {
    checkOptions<PatternSearchOptions>('PatternSearch', options, checks);
    const settings = { ...patternSearchDefaults, ...options };
    const parameters = readInitial('PatternSearch', initial);
    super('PatternSearch', parameters, 1, 0, { ...settings, patience: null });
    this.options = settings;
    this.mean = parameters;
    this.point = parameters.slice();
    this.delta = this.options.initialStep;
  }

  /** δ. */
  get stepSize(): number {
    return this.delta;
  }

  protected override propose(): void {
    this.candidates.set(this.point);
    if (this.phase === 'explore') this.candidates[this.coordinate] += this.direction * this.delta;
  }

  protected override learn(utilities: Float64Array): Termination | null {
    const utility = utilities[0];
    if (this.phase === 'explore') return this.judge(utility);
    this.pointUtility = utility;
    if (this.phase === 'start') this.baseUtility = utility;
    this.explore(this.phase === 'pattern');
    return null;
  }

  private explore(afterPattern: boolean): void {
    this.phase = 'explore';
    this.afterPattern = afterPattern;
    this.coordinate = 0;
    this.direction = 1;
  }

  private judge(utility: number): Termination | null {
    const isBetter = utility > this.pointUtility;
    if (isBetter) {
      this.point.set(this.candidates);
      this.pointUtility = utility;
    } else if (this.direction === 1) {
      this.direction = -1;
      return null;
    }
    this.direction = 1;
    this.coordinate++;
    return this.coordinate === this.dimension ? this.endExploration() : null;
  }

  private endExploration(): Termination | null {
    const { mean, point, bounds } = this;
    if (this.pointUtility > this.baseUtility) {
      this.baseUtility = this.pointUtility;
      for (let i = 0; i < point.length; i++) {
        const reached = point[i];
        point[i] = 2 * reached - mean[i];
        mean[i] = reached;
      }
      if (bounds) clip(bounds, point);
      this.phase = 'pattern';
      return null;
    }
    if (!this.afterPattern) this.delta *= this.options.shrinkFactor;
    point.set(mean);
    this.pointUtility = this.baseUtility;
    this.explore(false);
    const isSmall = this.delta < this.options.minimumStep || mean.every((value) => value + this.delta === value);
    return isSmall ? 'converged' : null;
  }

  protected override memory(): StateDict {
    return {
      base: this.mean.slice(),
      baseUtility: this.baseUtility,
      point: this.point.slice(),
      pointUtility: this.pointUtility,
      phase: this.phase,
      coordinate: this.coordinate,
      direction: this.direction,
      afterPattern: this.afterPattern,
      stepSize: this.delta,
    };
  }

  protected override setMemory(state: StateDict): void {
    restoreArray(state, 'base', this.mean);
    this.baseUtility = readNumber(state, 'baseUtility');
    restoreArray(state, 'point', this.point);
    this.pointUtility = readNumber(state, 'pointUtility');
    this.phase = readPhase(state);
    this.coordinate = readNumber(state, 'coordinate');
    this.direction = readNumber(state, 'direction');
    this.afterPattern = state.afterPattern === true;
    this.delta = readNumber(state, 'stepSize');
  }
}

function readPhase(state: StateDict): Phase {
  const phase = readString(state, 'phase');
  if (phase === 'start' || phase === 'explore' || phase === 'pattern') return phase;
  throw new CheckpointError(`state 'phase': expected "start", "explore" or "pattern", got "${phase}"`);
}
