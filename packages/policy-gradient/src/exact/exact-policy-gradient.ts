import {
  checkArguments,
  checkTable,
  flag,
  fraction,
  optional,
  solveLinearSystem,
  valueText,
  type TransitionTable,
} from '@gradus/core';
import { aScoredPolicy } from '../policies/checks.ts';
import type { DiscretePolicy } from '../policies/scored-policy.ts';

/** How to differentiate. */
export interface ExactPolicyGradientOptions {
  readonly gamma: number;
  /**
   * Whether a state counts γᵗ when it is visited at step t, as the gradient of J demands, or 1. The latter is what the reward-to-go without γᵗ
   * estimates; it is the gradient of no function (Nota and Thomas, 2020), and needs episodes that end. Default true.
   */
  readonly discountsSteps?: boolean | undefined;
}

/** The gradient of a policy's start value, and what it is made of. */
export interface ExactPolicyGradient {
  /** J = Σ_s μ(s) v_π(s) */
  readonly startValue: number;
  /** ∇_θ J, [numParameters]. */
  readonly gradient: Float64Array;
  /** v_π, [numStates]; 0 for states in which no episode ever acts. */
  readonly stateValues: Float64Array;
  /** q_π, [numStates × numActions]; of states in which no episode ever acts 0. */
  readonly actionValues: Float64Array;
  /** d(s) = Σ_t γᵗ P(s_t = s), [numStates]: how often s is visited, discounted; not normalized. */
  readonly visits: Float64Array;
}

/**
 * The policy gradient of a finite process, exactly, by the policy-gradient theorem (S5.5; Sutton et al., 2000):
 *
 *     ∇J(θ) = Σ_s d(s) Σ_a q_π(s, a) ∇π(a | s) = E[Σ_t γᵗ q_π(S_t, A_t) ∇ log π(A_t | S_t)]
 *
 * Two linear systems have v_π and d: (I − γ P_π) v = R_π and (I − γ P_πᵀ) d = μ. O(numStates³).
 *
 * Throws `RangeError` for a policy with another number of actions than the table, γ outside [0, 1], and where γ = 1 (or steps are not
 * discounted) and the policy may go on for ever.
 */
export function exactPolicyGradient(
  table: TransitionTable,
  policy: DiscretePolicy,
  options: ExactPolicyGradientOptions,
): ExactPolicyGradient {
  checkTable(table);
  checkArguments('exactPolicyGradient', { policy }, { policy: aScoredPolicy });
  checkArguments('exactPolicyGradient', options, { gamma: fraction, discountsSteps: optional(flag) });
  const { gamma, discountsSteps = true } = options;
  const { numStates, numActions, initialDistribution } = table;
  if (policy.numActions !== numActions) {
    throw new RangeError(
      `policy: expected ${numActions} actions, as the table has, got ${valueText(policy.numActions)}`,
    );
  }
  const { isSeen, probabilities, transitions, rewards } = chain(table, policy);

  const stateValues = solve(oneMinus(transitions, numStates, gamma, false), rewards);
  const visits = solve(oneMinus(transitions, numStates, discountsSteps ? gamma : 1, true), initialDistribution);

  const actionValues = new Float64Array(numStates * numActions);
  const gradient = new Float64Array(policy.numParameters);
  const score = new Float64Array(policy.numParameters);
  for (let pair = 0; pair < actionValues.length; pair++) {
    const state = Math.floor(pair / numActions);
    if (!isSeen[state]) continue;
    for (let k = table.offsets[pair]; k < table.offsets[pair + 1]; k++) {
      const next = table.terminated[k] ? 0 : gamma * stateValues[table.nextStates[k]];
      actionValues[pair] += table.probabilities[k] * (table.rewards[k] + next);
    }
    const weight = visits[state] * actionValues[pair] * probabilities[pair];
    if (weight === 0) continue;
    policy.score(state, pair % numActions, score);
    for (let i = 0; i < gradient.length; i++) gradient[i] += weight * score[i];
  }
  const startValue = stateValues.reduce((sum, value, state) => sum + initialDistribution[state] * value, 0);
  return { startValue, gradient, stateValues, actionValues, visits };
}

/** π(a | s), P_π and R_π. */
interface Chain {
  /** 1 for states in which an episode may come to act. What a table says of others, such as terminal ones, is no matter: their rows are 0. */
  readonly isSeen: Uint8Array;
  readonly probabilities: Float64Array;
  readonly transitions: Float64Array;
  readonly rewards: Float64Array;
}

function chain(table: TransitionTable, policy: DiscretePolicy): Chain {
  const { numStates, numActions } = table;
  const probabilities = new Float64Array(numStates * numActions);
  const transitions = new Float64Array(numStates * numStates);
  const rewards = new Float64Array(numStates);
  const isSeen = Uint8Array.from(table.initialDistribution, (probability) => (probability > 0 ? 1 : 0));
  const queue = Array.from(isSeen.keys()).filter((state) => isSeen[state] === 1);
  for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
    const first = state * numActions;
    policy.probabilities(state, probabilities.subarray(first, first + numActions));
    for (let pair = first; pair < first + numActions; pair++) {
      for (let k = table.offsets[pair]; k < table.offsets[pair + 1]; k++) {
        const probability = probabilities[pair] * table.probabilities[k];
        rewards[state] += probability * table.rewards[k];
        if (table.terminated[k] || table.probabilities[k] === 0) continue;
        const next = table.nextStates[k];
        transitions[state * numStates + next] += probability;
        if (!isSeen[next]) queue.push(next);
        isSeen[next] = 1;
      }
    }
  }
  return { isSeen, probabilities, transitions, rewards };
}

/** I − γ P, or I − γ Pᵀ. */
function oneMinus(transitions: Float64Array, n: number, gamma: number, isTransposed: boolean): Float64Array {
  return Float64Array.from(transitions, (_, k) => {
    const [row, column] = [Math.floor(k / n), k % n];
    return Number(row === column) - gamma * transitions[isTransposed ? column * n + row : k];
  });
}

function solve(matrix: Float64Array, vector: Float64Array): Float64Array {
  const solution = vector.slice();
  if (solveLinearSystem(matrix, solution, { rounding: Number.EPSILON })) return solution;
  throw new RangeError('gamma: expected less than 1 and discounted steps, since the policy may never end');
}
