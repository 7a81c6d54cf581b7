export { registerAlgorithm, type Algorithm, type AlgorithmOptions, type Settings } from './catalog/algorithms.ts';
export { runGradus } from './gradus.ts';
