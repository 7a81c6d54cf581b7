import { CheckpointError, Random, readNumber, readState, restoreArray, type StateDict } from '@gradus/core';
import type { Best, Search } from './search.ts';

/**
 * What all methods share: the buffer of candidates, the order of `ask` and `tell`, the checks, the best so far, and the state. A method is its
 * `propose` and its `learn`.
 */
export abstract class AskTellSearch implements Search {
  readonly dimension: number;
  readonly populationSize: number;
  /** What `ask` hands out, [populationSize × dimension]. */
  protected readonly candidates: Float64Array;
  protected readonly random: Random;
  /** What `finished` says: for `learn` to set. */
  protected exhausted = false;
  private readonly name: string;
  private asked = false;
  private tells = 0;
  private currentBest: Best;

  /** `name` begins messages of errors. Throws `RangeError` unless `initial`, θ at first, is one or more finite numbers. */
  protected constructor(name: string, initial: ArrayLike<number>, populationSize: number, seed: number) {
    if (initial.length === 0) throw new RangeError(`${name}: expected at least one initial parameter, got none`);
    const parameters = Float64Array.from(initial);
    const wrong = parameters.findIndex((value) => !Number.isFinite(value));
    if (wrong !== -1) {
      throw new RangeError(`${name}: expected finite initial parameters, got ${parameters[wrong]} at index ${wrong}`);
    }
    this.name = name;
    this.dimension = parameters.length;
    this.populationSize = populationSize;
    this.candidates = new Float64Array(populationSize * this.dimension);
    this.random = new Random(seed);
    this.currentBest = { parameters, utility: -Infinity };
  }

  /** Writes the next candidates. */
  protected abstract propose(): void;

  /** Learns from the utilities of `candidates`, all finite. `iteration` is 0 the first time. */
  protected abstract learn(utilities: ArrayLike<number>): void;

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
    return this.exhausted;
  }

  ask(): Float64Array {
    if (!this.asked) this.propose();
    this.asked = true;
    return this.candidates;
  }

  tell(utilities: ArrayLike<number>): void {
    this.check(utilities);
    this.keepBest(utilities);
    this.learn(utilities);
    this.asked = false;
    this.tells++;
  }

  private check(utilities: ArrayLike<number>): void {
    const { name, populationSize } = this;
    if (!this.asked) throw new RangeError(`${name}: expected ask before tell, got utilities of nothing`);
    if (utilities.length !== populationSize) {
      throw new RangeError(`${name}: expected ${populationSize} utilities, got ${utilities.length}`);
    }
    for (let k = 0; k < populationSize; k++) {
      if (Number.isFinite(utilities[k])) continue;
      throw new RangeError(`${name}: expected finite utilities, got ${utilities[k]} for candidate ${k}`);
    }
  }

  private keepBest(utilities: ArrayLike<number>): void {
    let best = 0;
    for (let k = 1; k < utilities.length; k++) if (utilities[k] > utilities[best]) best = k;
    if (!(utilities[best] > this.currentBest.utility)) return;
    this.currentBest = { parameters: this.candidate(best).slice(), utility: utilities[best] };
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
      exhausted: this.exhausted,
      // Those that were told already are never read again.
      candidates: asked ? candidates.slice() : null,
      bestParameters: currentBest.parameters.slice(),
      bestUtility: currentBest.utility,
      random: this.random.getState(),
      memory: this.memory(),
    };
  }

  setState(state: StateDict): void {
    if (state.name !== this.name) {
      throw new CheckpointError(`state 'name': expected "${this.name}", got ${JSON.stringify(state.name)}`);
    }
    const parameters = new Float64Array(this.dimension);
    restoreArray(state, 'bestParameters', parameters);
    this.currentBest = { parameters, utility: readNumber(state, 'bestUtility') };
    this.asked = state.asked === true;
    if (this.asked) restoreArray(state, 'candidates', this.candidates);
    this.tells = readNumber(state, 'tells');
    this.exhausted = state.exhausted === true;
    this.random.setState(readState(state, 'random'));
    this.setMemory(readState(state, 'memory'));
  }
}
