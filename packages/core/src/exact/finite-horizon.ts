import { checkOptions, fraction, optional, positiveInteger } from '@gradus/tensor';
import { actionValues } from './action-values.ts';
import { checkPolicy, checkTable } from './check-tables.ts';
import type { TransitionTable } from '../environments/transition-table.ts';

/** π(a | s), [numStates × numActions], of all steps, or a list of such policies, one for each step. */
export type HorizonPolicy = ArrayLike<number> | readonly ArrayLike<number>[];

/** How far to look. */
export interface FiniteHorizonOptions {
  /** H, steps at most. Default: the table's. */
  readonly horizon?: number | undefined;
  /** γ. Default 1. */
  readonly gamma?: number | undefined;
}

/** Values of a finite horizon: of what is still to come at each step. */
export interface FiniteHorizonValues {
  /** J = Σ_s μ(s) V_0(s): the expected (discounted) return of an episode. */
  readonly startValue: number;
  /** V_h, [numStates], for h = 0 … H; V_H = 0. */
  readonly stateValues: readonly Float64Array[];
  /** Q_h, [numStates × numActions], for h = 0 … H − 1. */
  readonly actionValues: readonly Float64Array[];
}

/** More numbers than these are refused: 8 GiB. */
const MOST_NUMBERS = 2 ** 30;

/**
 * The values of a policy over a finite horizon (S1.1), exactly, by backward induction from V_H = 0 (Puterman, 1994, §4.2):
 *
 *     V_h(s)    = E[Σ_{k = h}^{H − 1} γ^(k − h) r_k | s_h = s] = Σ_a π_h(a | s) Q_h(s, a)
 *     Q_h(s, a) = Σ P(s′ | s, a) (r(s, a, s′) + γ (1 − terminated) V_{h + 1}(s′))
 *
 * With γ = 1 the start value is what an environment with the time limit H pays on average. O(H · outcomes). Throws `RangeError` for a table without a horizon
 * where none is given, for bad options, policies whose rows are no distributions or that are not H, and for values that do not fit into memory.
 */
export function finiteHorizonValues(
  table: TransitionTable,
  policy: HorizonPolicy,
  options: FiniteHorizonOptions = {},
): FiniteHorizonValues {
  const { horizon, gamma } = readHorizon(table, options);
  const policies = policyOfSteps(table, policy, horizon);
  const { numStates, numActions, initialDistribution } = table;
  const stateValues = [new Float64Array(numStates)];
  const allActionValues: Float64Array[] = [];
  for (let step = horizon - 1; step >= 0; step--) {
    const q = actionValues(table, stateValues[stateValues.length - 1], gamma);
    const present = policies(step);
    const values = new Float64Array(numStates);
    q.forEach((value, pair) => (values[Math.floor(pair / numActions)] += present[pair] * value));
    stateValues.push(values);
    allActionValues.push(q);
  }
  const first = stateValues[horizon];
  const startValue = first.reduce((sum, value, state) => sum + initialDistribution[state] * value, 0);
  return { startValue, stateValues: stateValues.reverse(), actionValues: allActionValues.reverse() };
}

/**
 * Where episodes are at each step of a finite horizon (S1.2), exactly: d_h(s) = P(s_h = s and the episode goes on), [numStates], for h = 0 … H − 1, so that
 * J = Σ_h γ^h Σ_s d_h(s) Σ_a π_h(a | s) R(s, a). d_0 = μ. Throws as {@link finiteHorizonValues}.
 */
export function finiteHorizonDistributions(
  table: TransitionTable,
  policy: HorizonPolicy,
  options: Pick<FiniteHorizonOptions, 'horizon'> = {},
): readonly Float64Array[] {
  const { horizon } = readHorizon(table, options);
  const policies = policyOfSteps(table, policy, horizon);
  const { numActions, offsets, probabilities, nextStates, terminated } = table;
  const distributions = [table.initialDistribution.slice()];
  for (let step = 0; step + 1 < horizon; step++) {
    const present = policies(step);
    const next = new Float64Array(table.numStates);
    distributions[step].forEach((probability, state) => {
      if (probability === 0) return;
      for (let pair = state * numActions; pair < (state + 1) * numActions; pair++) {
        const taken = probability * present[pair];
        if (taken === 0) continue;
        for (let k = offsets[pair]; k < offsets[pair + 1]; k++) {
          if (!terminated[k]) next[nextStates[k]] += taken * probabilities[k];
        }
      }
    });
    distributions.push(next);
  }
  return distributions;
}

/** The options with their defaults. Throws `RangeError` for wrong ones, and where H · numStates · numActions numbers are more than 8 GiB. */
export function readHorizon(
  table: TransitionTable,
  options: FiniteHorizonOptions,
): { readonly horizon: number; readonly gamma: number } {
  checkTable(table);
  checkOptions<FiniteHorizonOptions>('finite horizon', options, {
    horizon: optional(positiveInteger),
    gamma: optional(fraction),
  });
  const { horizon = table.horizon, gamma = 1 } = options;
  if (horizon === Infinity) {
    throw new RangeError('finite horizon: expected horizon to be given, since the table has none, got undefined');
  }
  const numbers = horizon * table.numStates * table.numActions;
  if (numbers > MOST_NUMBERS) {
    const gigabytes = ((8 * numbers) / 2 ** 30).toFixed(1);
    throw new RangeError(
      `finite horizon: expected values that fit into memory, got ${gigabytes} GiB for ${horizon} steps`,
    );
  }
  return { horizon, gamma };
}

/** π_h by h. */
function policyOfSteps(
  table: TransitionTable,
  policy: HorizonPolicy,
  horizon: number,
): (step: number) => ArrayLike<number> {
  if (!isList(policy)) {
    checkPolicy(table, policy);
    return () => policy;
  }
  if (policy.length !== horizon) {
    throw new RangeError(`policy: expected one for each of ${horizon} steps, got ${policy.length}`);
  }
  for (const each of policy) checkPolicy(table, each);
  return (step) => policy[step];
}

function isList(policy: HorizonPolicy): policy is readonly ArrayLike<number>[] {
  return Array.isArray(policy) && policy.length > 0 && typeof policy[0] !== 'number';
}
