import { checkPolicy, checkTable, terminalStates, type TransitionTable } from '@gradus/core';

/** The Markov chain with rewards that a policy makes of a decision process. Rows of terminal states are 0. */
export interface PolicyChain {
  /** P_π(s, s′) = Σ_a π(a | s) P(s′, going on | s, a), [numStates × numStates]. */
  readonly transitions: Float64Array;
  /** R_π(s) = Σ_a π(a | s) R(s, a), [numStates]. */
  readonly rewards: Float64Array;
  /** The probability that the next step ends the episode, [numStates]; 1 in terminal states. */
  readonly terminations: Float64Array;
}

/** The chain of `policy`, [numStates × numActions]. Throws `RangeError` for a policy whose rows are no distributions. */
export function policyChain(table: TransitionTable, policy: ArrayLike<number>): PolicyChain {
  checkTable(table);
  checkPolicy(table, policy);
  const { numStates, numActions, offsets, probabilities, nextStates } = table;
  const transitions = new Float64Array(numStates * numStates);
  const rewards = new Float64Array(numStates);
  const terminal = terminalStates(table);
  const terminations = Float64Array.from(terminal);
  for (let pair = 0; pair < numStates * numActions; pair++) {
    const state = Math.floor(pair / numActions);
    if (terminal[state]) continue;
    for (let k = offsets[pair]; k < offsets[pair + 1]; k++) {
      const probability = policy[pair] * probabilities[k];
      rewards[state] += probability * table.rewards[k];
      if (table.terminated[k]) terminations[state] += probability;
      else transitions[state * numStates + nextStates[k]] += probability;
    }
  }
  return { transitions, rewards, terminations };
}
