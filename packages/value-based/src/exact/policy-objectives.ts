import type { TransitionTable } from '@gradus/core';
import { policyChain } from './policy-chain.ts';
import { evaluatePolicy } from './policy-evaluation.ts';
import { stationaryStateDistribution } from './state-distributions.ts';

/** Start value of a policy (S1.3): J₁ = Σ_s μ(s) V(s). Throws as {@link evaluatePolicy}. */
export function startValue(table: TransitionTable, policy: ArrayLike<number>, gamma: number): number {
  const stateValues = evaluatePolicy(table, policy, gamma);
  return dot(table.initialDistribution, stateValues);
}

/**
 * Average value of a policy (S1.3): J_avV = Σ_s d(s) V(s), with d of {@link stationaryStateDistribution}. Throws as that and
 * {@link evaluatePolicy} do.
 */
export function averageValue(table: TransitionTable, policy: ArrayLike<number>, gamma: number): number {
  return dot(stationaryStateDistribution(table, policy), evaluatePolicy(table, policy, gamma));
}

/**
 * Average reward per step of a policy (S1.3): J_avR = Σ_s d(s) Σ_a π(a | s) R(s, a), with d of {@link stationaryStateDistribution}. Throws
 * as that does.
 */
export function averageReward(table: TransitionTable, policy: ArrayLike<number>): number {
  return dot(stationaryStateDistribution(table, policy), policyChain(table, policy).rewards);
}

function dot(x: Float64Array, y: Float64Array): number {
  return x.reduce((sum, value, i) => sum + value * y[i], 0);
}
