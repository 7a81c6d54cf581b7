/** What CMA-ES derives from the dimension n and the population size λ: Table 1 of Hansen's tutorial, whose names these are. */
export interface CmaParameters {
  /** µ, how many of the best make the new mean: those of positive weight. */
  readonly parents: number;
  /** w_i, from the best to the worst candidate, [λ]: the first µ add up to 1, the others are not positive. */
  readonly weights: Float64Array;
  /** µ_eff = 1 / Σ_{i ≤ µ} w_i². */
  readonly effectiveParents: number;
  /** c_σ and d_σ, of the step size. */
  readonly stepSizePathRate: number;
  readonly stepSizeDamping: number;
  /** c_c, of the path of the rank-one update. */
  readonly covariancePathRate: number;
  /** c_1. */
  readonly rankOneRate: number;
  /** c_µ. */
  readonly rankMuRate: number;
  /** χ_n ≈ E‖N(0, I)‖. */
  readonly expectedNorm: number;
  /** Iterations between two decompositions of C, so that these cost O(n²) an evaluation (§B.2). */
  readonly decompositionInterval: number;
}

/** λ = 4 + ⌊3 ln n⌋. */
export function defaultPopulationSize(dimension: number): number {
  return 4 + Math.floor(3 * Math.log(dimension));
}

/** The defaults of Hansen's tutorial (arXiv:1604.00772v2, Table 1), c_m = 1 and α_cov = 2, for λ ≥ 2. */
export function cmaParameters(dimension: number, populationSize: number): CmaParameters {
  const n = dimension;
  const parents = Math.floor(populationSize / 2);
  const raw = Float64Array.from({ length: populationSize }, (_, i) => Math.log((populationSize + 1) / 2 / (i + 1)));
  const effectiveParents = effectiveSize(raw.subarray(0, parents));
  const rankOneRate = 2 / ((n + 1.3) ** 2 + effectiveParents);
  const rankMuRate = Math.min(
    1 - rankOneRate,
    (2 * (0.25 + effectiveParents + 1 / effectiveParents - 2)) / ((n + 2) ** 2 + effectiveParents),
  );
  const stepSizePathRate = (effectiveParents + 2) / (n + effectiveParents + 5);
  return {
    parents,
    weights: scaledWeights(raw, parents, n, rankOneRate, rankMuRate),
    effectiveParents,
    stepSizePathRate,
    stepSizeDamping: 1 + 2 * Math.max(0, Math.sqrt((effectiveParents - 1) / (n + 1)) - 1) + stepSizePathRate,
    covariancePathRate: (4 + effectiveParents / n) / (n + 4 + (2 * effectiveParents) / n),
    rankOneRate,
    rankMuRate,
    expectedNorm: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
    decompositionInterval: Math.max(1, Math.floor(1 / (10 * n * (rankOneRate + rankMuRate)))),
  };
}

/** Positive weights that add up to 1, and negative ones that add up to as much as keeps C positive definite and its trace in balance. */
function scaledWeights(
  raw: Float64Array,
  parents: number,
  n: number,
  rankOneRate: number,
  rankMuRate: number,
): Float64Array {
  const best = raw.subarray(0, parents);
  const others = raw.subarray(parents);
  const negative = Math.min(
    1 + rankOneRate / rankMuRate,
    1 + (2 * effectiveSize(others)) / (effectiveSize(best) + 2),
    (1 - rankOneRate - rankMuRate) / (n * rankMuRate),
  );
  const [bestSum, othersSum] = [sum(best), sum(others)];
  return raw.map((weight, i) => (i < parents ? weight / bestSum : (-weight * negative) / othersSum));
}

/** (Σ w)² / Σ w². */
function effectiveSize(weights: Float64Array): number {
  return sum(weights) ** 2 / weights.reduce((total, weight) => total + weight * weight, 0);
}

function sum(weights: Float64Array): number {
  return weights.reduce((total, weight) => total + weight, 0);
}
