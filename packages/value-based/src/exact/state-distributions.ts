import { solveLinearSystem, valueText, type TransitionTable } from '@gradus/core';
import { policyChain } from './policy-chain.ts';

/**
 * Where episodes are at step t under a policy, [numStates]: dₜ(s) = P(sₜ = s), d₀ = μ. Sums to the probability that an episode takes step t
 * at all. Throws `RangeError` for a step that is not a natural number and a policy [numStates × numActions] whose rows are no
 * distributions.
 */
export function stateDistribution(table: TransitionTable, policy: ArrayLike<number>, step: number): Float64Array {
  if (!Number.isSafeInteger(step) || step < 0) {
    throw new RangeError(`step: expected an integer of at least 0, got ${valueText(step)}`);
  }
  const { transitions } = policyChain(table, policy);
  let distribution = table.initialDistribution.slice();
  for (let t = 0; t < step; t++) {
    const next = new Float64Array(table.numStates);
    distribution.forEach((probability, state) => {
      if (probability === 0) return;
      const row = state * table.numStates;
      for (let s = 0; s < next.length; s++) next[s] += probability * transitions[row + s];
    });
    distribution = next;
  }
  return distribution;
}

/**
 * The discounted state distribution of a policy (S1.2), [numStates]: d(s) = (1 − γ) Σₜ γᵗ P(sₜ = s), so that the start value is
 * Σ_s d(s) R_π(s) / (1 − γ). Sums to 1 where episodes never end, else to less: what lies after the end is nowhere.
 * Throws `RangeError` for gamma outside [0, 1) and a policy [numStates × numActions] whose rows are no distributions.
 */
export function discountedStateDistribution(
  table: TransitionTable,
  policy: ArrayLike<number>,
  gamma: number,
): Float64Array {
  if (!(typeof (gamma as unknown) === 'number' && gamma >= 0 && gamma < 1))
    throw new RangeError(`gamma: expected a number in [0, 1), got ${valueText(gamma)}`);
  const { transitions } = policyChain(table, policy);
  const matrix = oneMinusTransposed(transitions, table.numStates, gamma);
  const distribution = table.initialDistribution.map((probability) => (1 - gamma) * probability);
  if (!solveLinearSystem(matrix, distribution, { rounding: Number.EPSILON })) {
    throw new RangeError(`gamma: ${gamma} is so near 1 that it cannot be told from it`);
  }
  return distribution;
}

/**
 * The stationary state distribution of a policy (S1.3), [numStates]: d = Pᵀ d, Σ_s d(s) = 1, of the chain that goes from μ on and starts
 * again from μ whenever an episode ends: the fraction of all steps that are taken in s. Throws `RangeError` for a policy
 * [numStates × numActions] whose rows are no distributions, and where the chain may stay in one of several parts for ever.
 */
export function stationaryStateDistribution(table: TransitionTable, policy: ArrayLike<number>): Float64Array {
  const { transitions, terminations } = policyChain(table, policy);
  const { numStates, initialDistribution } = table;
  for (let state = 0; state < numStates; state++) {
    for (let s = 0; s < numStates; s++)
      transitions[state * numStates + s] += terminations[state] * initialDistribution[s];
  }
  const visited = reachable(transitions, initialDistribution);
  const matrix = oneMinusTransposed(transitions, numStates, 1);
  const distribution = new Float64Array(numStates);
  // The balance equations of the visited states depend on each other: one gives way to Σ d = 1. Of the others only d = 0 is asked.
  const replaced = visited.indexOf(1);
  for (let row = 0; row < numStates; row++) {
    if (visited[row]) continue;
    matrix.fill(0, row * numStates, (row + 1) * numStates);
    matrix[row * numStates + row] = 1;
  }
  matrix.fill(1, replaced * numStates, (replaced + 1) * numStates);
  distribution[replaced] = 1;
  if (!solveLinearSystem(matrix, distribution, { rounding: Number.EPSILON })) {
    throw new RangeError(
      'policy: expected one with a single stationary distribution, but the chain may stay in several parts',
    );
  }
  return distribution;
}

/** I − γ Pᵀ, [numStates × numStates]. */
function oneMinusTransposed(transitions: Float64Array, numStates: number, gamma: number): Float64Array {
  const matrix = new Float64Array(numStates * numStates);
  for (let row = 0; row < numStates; row++) {
    for (let column = 0; column < numStates; column++) {
      matrix[row * numStates + column] = (row === column ? 1 : 0) - gamma * transitions[column * numStates + row];
    }
  }
  return matrix;
}

/** 1 for each state that the chain can come to from where it starts, else 0. */
function reachable(transitions: Float64Array, initialDistribution: Float64Array): Uint8Array {
  const numStates = initialDistribution.length;
  const visited = Uint8Array.from(initialDistribution, (probability) => (probability > 0 ? 1 : 0));
  const queue = Array.from(visited.keys()).filter((state) => visited[state] === 1);
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    for (let next = 0; next < numStates; next++) {
      if (visited[next] || transitions[state * numStates + next] === 0) continue;
      visited[next] = 1;
      queue.push(next);
    }
  }
  return visited;
}
