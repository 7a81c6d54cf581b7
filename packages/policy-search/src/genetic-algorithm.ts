import {
  checkOptions,
  fraction,
  naturalNumber,
  positiveInteger,
  restoreArray,
  type OptionCheck,
  type StateDict,
} from '@gradus/core';
import { AskTellSearch } from './ask-tell-search.ts';
import { rankDescending } from './ranking.ts';
import { readInitial } from './read-initial.ts';
import { searchChecks, searchDefaults, width, type SearchOptions } from './search-options.ts';
import type { Termination } from './search.ts';

/** Options of {@link GeneticAlgorithm}. The defaults are of no particular source: scale deviations to the parameters at hand. */
export interface GeneticAlgorithmOptions extends SearchOptions {
  /** Individuals of a generation. Default 100. */
  readonly populationSize: number;
  /** Standard deviation of the first generation around the initial parameters. Default 1. */
  readonly initialDeviation: number;
  /** Individuals drawn, with replacement, for a tournament, whose best becomes a parent. 1 selects nobody. Default 3. */
  readonly tournamentSize: number;
  /** The best so many pass into the next generation unchanged. Less than `populationSize`. Default 1. */
  readonly eliteSize: number;
  /** Probability that a child has two parents, each gene from either with probability ½; else it copies one. Default 0.9. */
  readonly crossoverRate: number;
  /** Probability that a gene of a child mutates. Default 1. */
  readonly mutationRate: number;
  /** Standard deviation of what a mutation adds. Default 0.1. */
  readonly mutationDeviation: number;
  /** Default 0. */
  readonly seed: number;
}

/** Those that {@link GeneticAlgorithmOptions} names. */
export const geneticAlgorithmDefaults: GeneticAlgorithmOptions = {
  ...searchDefaults,
  populationSize: 100,
  initialDeviation: 1,
  tournamentSize: 3,
  eliteSize: 1,
  crossoverRate: 0.9,
  mutationRate: 1,
  mutationDeviation: 0.1,
  seed: 0,
};

const checks: { readonly [Name in keyof GeneticAlgorithmOptions]: OptionCheck } = {
  ...searchChecks,
  populationSize: positiveInteger,
  initialDeviation: width,
  tournamentSize: positiveInteger,
  eliteSize: naturalNumber,
  crossoverRate: fraction,
  mutationRate: fraction,
  mutationDeviation: width,
  seed: naturalNumber,
};

/**
 * Genetic algorithm on vectors of real numbers (S4.2; Eiben and Smith, 2015): generations of
 *
 *     child = mutate(crossover(tournament(), tournament())),   mutate(x)_i = x_i + σ N(0, 1) with probability `mutationRate`
 *
 * after the elite, which is evaluated anew in each generation, so that luck with a noisy utility does not last. The first generation is the
 * initial parameters and others around them. The search is finished when nothing mutates and all individuals are the same.
 */
export class GeneticAlgorithm extends AskTellSearch {
  readonly options: GeneticAlgorithmOptions;
  /** The last generation that was told, and its rows from best to worst. */
  private readonly parents: Float64Array;
  private readonly order: Int32Array;

  /** `initial`: θ at first. Throws `RangeError` for parameters that are not finite, and unknown or wrong options. */
  constructor(initial: ArrayLike<number>, options: Partial<GeneticAlgorithmOptions> = {}) {
    checkOptions<GeneticAlgorithmOptions>('GeneticAlgorithm', options, checks);
    const settings = { ...geneticAlgorithmDefaults, ...options };
    const { populationSize, eliteSize } = settings;
    if (eliteSize >= populationSize) {
      throw new RangeError(`GeneticAlgorithm: expected eliteSize to be less than ${populationSize}, got ${eliteSize}`);
    }
    const parameters = readInitial('GeneticAlgorithm', initial);
    super('GeneticAlgorithm', parameters, populationSize, settings.seed, settings);
    this.options = settings;
    this.parents = new Float64Array(this.candidates.length);
    for (let k = 0; k < populationSize; k++) this.parents.set(parameters, k * this.dimension);
    this.order = new Int32Array(populationSize);
  }

  protected override propose(): void {
    const { parents, order, candidates, dimension, options } = this;
    if (this.iteration === 0) {
      candidates.set(parents);
      for (let k = 1; k < this.populationSize; k++) this.mutate(this.candidate(k), 1, options.initialDeviation);
      return;
    }
    for (let k = 0; k < this.populationSize; k++) {
      const child = this.candidate(k);
      if (k < options.eliteSize) {
        child.set(parents.subarray(order[k] * dimension, (order[k] + 1) * dimension));
      } else {
        this.breed(child);
        this.mutate(child, options.mutationRate, options.mutationDeviation);
      }
    }
  }

  private breed(child: Float64Array): void {
    const { parents, dimension, random } = this;
    const first = this.tournament() * dimension;
    const hasTwoParents = random.nextFloat() < this.options.crossoverRate;
    const second = hasTwoParents ? this.tournament() * dimension : first;
    for (let i = 0; i < dimension; i++) {
      const fromFirst = !hasTwoParents || random.nextFloat() < 0.5;
      child[i] = parents[(fromFirst ? first : second) + i];
    }
  }

  /** The row of the winner. */
  private tournament(): number {
    let best = this.populationSize;
    for (let k = 0; k < this.options.tournamentSize; k++) {
      best = Math.min(best, this.random.integer(this.populationSize));
    }
    return this.order[best];
  }

  private mutate(child: Float64Array, rate: number, deviation: number): void {
    const { random } = this;
    for (let i = 0; i < child.length; i++) {
      if (rate === 1 || random.nextFloat() < rate) child[i] += deviation * random.normal();
    }
  }

  protected override learn(utilities: Float64Array): Termination | null {
    const { parents, dimension, options } = this;
    parents.set(this.candidates);
    rankDescending(utilities, this.order);
    const isUniform = options.mutationRate === 0 && parents.every((gene, at) => gene === parents[at % dimension]);
    return isUniform ? 'converged' : null;
  }

  protected override memory(): StateDict {
    return { parents: this.parents.slice(), order: this.order.slice() };
  }

  protected override setMemory(state: StateDict): void {
    restoreArray(state, 'parents', this.parents);
    restoreArray(state, 'order', this.order);
  }
}
