import {
  actionValues,
  maximumValues,
  readHorizon,
  type FiniteHorizonOptions,
  type FiniteHorizonValues,
  type TransitionTable,
} from '@gradus/core';
import { greedyPolicy } from './tabular-policy.ts';

/** What backward induction found. */
export interface BackwardInductionResult extends FiniteHorizonValues {
  /** An optimal policy for each step, π_h(a | s), [numStates × numActions]: deterministic, the first of equally good actions. */
  readonly policies: readonly Float64Array[];
}

/**
 * The optimal values and policies of a finite horizon (S1.1), exactly, by backward induction (Bellman, 1957) from V*_H = 0:
 *
 *     Q*_h(s, a) = Σ P(s′ | s, a) (r(s, a, s′) + γ (1 − terminated) V*_{h + 1}(s′)),   V*_h(s) = max_a Q*_h(s, a)
 *
 * What is best depends on how many steps are left, so that there is a policy for each. With γ = 1, the default, the start value is the most that an
 * environment with this time limit pays on average. O(H · outcomes). Throws `RangeError` for a table without a horizon where none is given, for bad options, and
 * for values that do not fit into memory.
 */
export function backwardInduction(table: TransitionTable, options: FiniteHorizonOptions = {}): BackwardInductionResult {
  const { horizon, gamma } = readHorizon(table, options);
  const { numStates, numActions, initialDistribution } = table;
  const stateValues: Float64Array[] = [new Float64Array(numStates)];
  const allActionValues: Float64Array[] = [];
  for (let left = 1; left <= horizon; left++) {
    const q = actionValues(table, stateValues[left - 1], gamma);
    allActionValues.push(q);
    stateValues.push(maximumValues(q, numActions));
  }
  const startValue = stateValues[horizon].reduce((sum, value, state) => sum + initialDistribution[state] * value, 0);
  allActionValues.reverse();
  return {
    startValue,
    stateValues: stateValues.reverse(),
    actionValues: allActionValues,
    policies: allActionValues.map((q) => greedyPolicy(q, numActions)),
  };
}
