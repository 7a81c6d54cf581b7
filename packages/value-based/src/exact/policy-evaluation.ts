import {
  backUp,
  checkGamma,
  checkPolicy,
  checkTable,
  solveLinearSystem,
  terminalStates,
  type TransitionTable,
} from '@gradus/core';
import { policyChain, type PolicyChain } from './policy-chain.ts';
import { iterate, type IterationOptions, type IterationResult } from './successive-approximation.ts';

/**
 * The values of a policy, exactly (S1.2): the solution of Bellman's equations v = R_π + γ P_π v, [numStates]. Terminal states are
 * worth 0. `policy` is π(a | s), [numStates × numActions]. O(numStates³).
 *
 * Throws `RangeError` for rows of `policy` that do not sum to 1, for gamma outside [0, 1], and for γ = 1 where from some state the policy
 * may never end, so that values may diverge.
 */
export function evaluatePolicy(table: TransitionTable, policy: ArrayLike<number>, gamma: number): Float64Array {
  checkGamma(gamma);
  const chain = policyChain(table, policy);
  if (gamma === 1) checkEnds(chain);
  const matrix = chain.transitions.map((probability) => -gamma * probability);
  for (let state = 0; state < table.numStates; state++) matrix[state * table.numStates + state] += 1;
  const stateValues = chain.rewards.slice();
  if (!solveLinearSystem(matrix, stateValues, { rounding: Number.EPSILON })) {
    throw new RangeError(`gamma: ${gamma} is so near 1 that the values cannot be told from infinite ones`);
  }
  return stateValues;
}

/**
 * The values of a policy by repeated sweeps over all states (Sutton and Barto, 2018, §4.1): v ← R_π + γ P_π v from v = 0. Stopping
 * rule, error bound and options are those of value iteration, see {@link IterationOptions}; so are the errors thrown, and a row of
 * `policy` [numStates × numActions] that does not sum to 1 is one.
 */
export function evaluatePolicyIteratively(
  table: TransitionTable,
  policy: ArrayLike<number>,
  gamma: number,
  options: IterationOptions = {},
): IterationResult {
  checkTable(table);
  checkPolicy(table, policy);
  const { numStates, numActions } = table;
  const terminal = terminalStates(table);
  const q = new Float64Array(numStates * numActions);
  return iterate(numStates, gamma, options, (stateValues, next) => {
    backUp(table, terminal, stateValues, gamma, q);
    for (let state = 0; state < numStates; state++) {
      let value = 0;
      for (let pair = state * numActions; pair < (state + 1) * numActions; pair++) value += policy[pair] * q[pair];
      next[state] = value;
    }
  });
}

/** Throws unless the end of the episode can be reached from every state. */
function checkEnds({ transitions, terminations }: PolicyChain): void {
  const numStates = terminations.length;
  const ends = Uint8Array.from(terminations, (probability) => (probability > 0 ? 1 : 0));
  const queue = Array.from(ends.keys()).filter((state) => ends[state] === 1);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (let state = 0; state < numStates; state++) {
      if (ends[state] || transitions[state * numStates + next] === 0) continue;
      ends[state] = 1;
      queue.push(state);
    }
  }
  const endless = ends.indexOf(0);
  if (endless !== -1) {
    throw new RangeError(`gamma: expected less than 1, since from state ${endless} the policy never ends, got 1`);
  }
}
