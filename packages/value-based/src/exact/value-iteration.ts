import { actionValues, backUp, maximumValues, terminalStates, type TransitionTable } from '@gradus/core';
import { iterate, type IterationOptions, type IterationResult } from './successive-approximation.ts';
import { greedyPolicy } from './tabular-policy.ts';

/** What value iteration found. */
export interface ValueIterationResult extends IterationResult {
  /** Q*, looked up one step ahead of `stateValues`: within γ · `errorBound`. [numStates × numActions] */
  readonly actionValues: Float64Array;
  /** Greedy for `actionValues`: π(a | s), [numStates × numActions]. Its values are within 2γ / (1 − γ) · `errorBound` of V*. */
  readonly policy: Float64Array;
}

/**
 * Value iteration (Bellman, 1957; S1.2): V* [numStates], Q* and a greedy policy, by repeated sweeps over all states from v = 0:
 *
 *     v(s) ← max_a Σ P(s′ | s, a) (r(s, a, s′) + γ (1 − terminated) v(s′))
 *
 * until the contraction bounds the error by `tolerance`, see {@link IterationOptions}. With γ = 1 the greedy policy need not be optimal:
 * where going in circles costs nothing, it may never end. Throws `RangeError` for gamma outside [0, 1], bad options, and
 * values that do not settle within `maxSweeps`, as they do with γ = 1 where rewards can be collected for ever.
 */
export function valueIteration(
  table: TransitionTable,
  gamma: number,
  options: IterationOptions = {},
): ValueIterationResult {
  const terminal = terminalStates(table);
  const { numStates, numActions } = table;
  const q = new Float64Array(numStates * numActions);
  const result = iterate(numStates, gamma, options, (stateValues, next) => {
    backUp(table, terminal, stateValues, gamma, q);
    next.set(maximumValues(q, numActions));
  });
  const optimal = actionValues(table, result.stateValues, gamma);
  return { ...result, actionValues: optimal, policy: greedyPolicy(optimal, numActions) };
}
