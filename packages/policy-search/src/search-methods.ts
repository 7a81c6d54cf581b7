import { CmaEs, cmaEsDefaults, type CmaEsOptions } from './cma-es.ts';
import {
  CrossEntropyMethod,
  crossEntropyMethodDefaults,
  type CrossEntropyMethodOptions,
} from './cross-entropy-method.ts';
import {
  EvolutionStrategies,
  evolutionStrategiesDefaults,
  type EvolutionStrategiesOptions,
} from './evolution-strategies.ts';
import { FiniteDifferences, finiteDifferencesDefaults, type FiniteDifferencesOptions } from './finite-differences.ts';
import { GeneticAlgorithm, geneticAlgorithmDefaults, type GeneticAlgorithmOptions } from './genetic-algorithm.ts';
import { PatternSearch, patternSearchDefaults, type PatternSearchOptions } from './pattern-search.ts';
import { RandomSearch, randomSearchDefaults, type RandomSearchOptions } from './random-search.ts';
import type { Search } from './search.ts';

/** A way to search for a policy's parameters: one of {@link searchMethods}, or one's own. */
export interface SearchMethod<Options extends object> {
  /** What the agent's `algorithm` is. */
  readonly name: string;
  /** All of its options. Where `seed` is one, the agent sets it. */
  readonly defaults: Options;
  /** A search from `initial`, [dimension], on. */
  create(initial: Float64Array, options: Partial<Options>): Search;
}

/** A policy acts by the mean, whatever it is worth. */
const policyDefaults = { evaluateMean: false };

/** The methods of this package, by the names of their agents. */
export const searchMethods: {
  readonly cem: SearchMethod<CrossEntropyMethodOptions>;
  readonly ars: SearchMethod<RandomSearchOptions>;
  readonly es: SearchMethod<EvolutionStrategiesOptions>;
  readonly cmaEs: SearchMethod<CmaEsOptions>;
  readonly ga: SearchMethod<GeneticAlgorithmOptions>;
  readonly finiteDifferences: SearchMethod<FiniteDifferencesOptions>;
  readonly patternSearch: SearchMethod<PatternSearchOptions>;
} = {
  cem: {
    name: 'cem',
    defaults: { ...crossEntropyMethodDefaults, ...policyDefaults },
    create: (initial, options) => new CrossEntropyMethod(initial, { ...policyDefaults, ...options }),
  },
  ars: {
    name: 'ars',
    defaults: { ...randomSearchDefaults, ...policyDefaults },
    create: (initial, options) => new RandomSearch(initial, { ...policyDefaults, ...options }),
  },
  es: {
    name: 'es',
    defaults: { ...evolutionStrategiesDefaults, ...policyDefaults },
    create: (initial, options) => new EvolutionStrategies(initial, { ...policyDefaults, ...options }),
  },
  cmaEs: {
    name: 'cma-es',
    defaults: { ...cmaEsDefaults, ...policyDefaults },
    create: (initial, options) => new CmaEs(initial, { ...policyDefaults, ...options }),
  },
  ga: {
    name: 'ga',
    defaults: geneticAlgorithmDefaults,
    create: (initial, options) => new GeneticAlgorithm(initial, options),
  },
  finiteDifferences: {
    name: 'finite-differences',
    defaults: { ...finiteDifferencesDefaults, ...policyDefaults },
    create: (initial, options) => new FiniteDifferences(initial, { ...policyDefaults, ...options }),
  },
  patternSearch: {
    name: 'pattern-search',
    defaults: patternSearchDefaults,
    create: (initial, options) => new PatternSearch(initial, options),
  },
};
