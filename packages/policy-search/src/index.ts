export { CmaEs, cmaEsDefaults, type CmaEsOptions } from './cma-es.ts';
export {
  CrossEntropyMethod,
  crossEntropyMethodDefaults,
  type CrossEntropyMethodOptions,
} from './cross-entropy-method.ts';
export {
  EvolutionStrategies,
  evolutionStrategiesDefaults,
  type EvolutionStrategiesOptions,
} from './evolution-strategies.ts';
export { FiniteDifferences, finiteDifferencesDefaults, type FiniteDifferencesOptions } from './finite-differences.ts';
export { GeneticAlgorithm, geneticAlgorithmDefaults, type GeneticAlgorithmOptions } from './genetic-algorithm.ts';
export type { Ascent } from './gradient-ascent.ts';
export { maximize, maximizeAsync, type MaximizeOptions, type Maximum } from './maximize.ts';
export {
  MonteCarloUtility,
  monteCarloUtilityDefaults,
  type CandidateReturns,
  type MonteCarloUtilityOptions,
} from './monte-carlo-utility.ts';
export { NetworkPolicy } from './network-policy.ts';
export { PatternSearch, patternSearchDefaults, type PatternSearchOptions } from './pattern-search.ts';
export { PolicyNetwork, policyNetworkDefaults, type PolicyNetworkOptions } from './policy-network.ts';
export { arsSettings, type ArsSettings } from './policy-search-settings.ts';
export {
  PolicySearch,
  policySearchDefaults,
  type PolicySearchLoadOptions,
  type PolicySearchOptions,
} from './policy-search.ts';
export { RandomSearch, randomSearchDefaults, type RandomSearchOptions } from './random-search.ts';
export { searchMethods, type SearchMethod } from './search-methods.ts';
export type { MeanSearchOptions, SearchOptions } from './search-options.ts';
export type { Best, Search, Termination } from './search.ts';
