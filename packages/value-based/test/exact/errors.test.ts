import { transitionTable } from '@gradus/envs';
import {
  actionValues,
  averageReward,
  averageValue,
  backwardInduction,
  discountedStateDistribution,
  evaluatePolicy,
  evaluatePolicyIteratively,
  finiteHorizonDistributions,
  finiteHorizonValues,
  greedyPolicy,
  policyIteration,
  startValue,
  stateDistribution,
  stationaryStateDistribution,
  terminalStates,
  uniformPolicy,
  valueIteration,
} from '@gradus/value-based';
import { expect, test } from 'vitest';

const table = transitionTable('FrozenLake-v1');
const policy = uniformPolicy(table);
const bad = [undefined, null, NaN, -1, 1.5, '5', 5n, true, Symbol('bad'), {}, [], () => 7] as never[];

test('what is no table, no policy, no discount and no list of values is refused by name', () => {
  const calls: ((value: never) => unknown)[] = [
    (t) => actionValues(t, new Float64Array(16), 0.9),
    (t) => averageReward(t, policy),
    (t) => averageValue(t, policy, 0.9),
    (t) => backwardInduction(t),
    (t) => discountedStateDistribution(t, policy, 0.9),
    (t) => evaluatePolicy(t, policy, 0.9),
    (t) => evaluatePolicyIteratively(t, policy, 0.9),
    (t) => finiteHorizonDistributions(t, policy),
    (t) => finiteHorizonValues(t, policy),
    (t) => policyIteration(t, 0.9),
    (t) => startValue(t, policy, 0.9),
    (t) => stateDistribution(t, policy, 2),
    (t) => stationaryStateDistribution(t, policy),
    (t) => terminalStates(t),
    (t) => uniformPolicy(t),
    (t) => valueIteration(t, 0.9),
    (v) => actionValues(table, v, 0.9),
    (g) => actionValues(table, new Float64Array(16), g),
    (p) => averageReward(table, p),
    (p) => evaluatePolicy(table, p, 0.9),
    (g) => evaluatePolicy(table, policy, g),
    (p) => evaluatePolicyIteratively(table, p, 0.9),
    (p) => finiteHorizonValues(table, p),
    (p) => stateDistribution(table, p, 2),
    (g) => discountedStateDistribution(table, policy, g),
    (g) => valueIteration(table, g),
    (q) => (greedyPolicy(q, 4).length === 0 ? uniformPolicy(q) : undefined),
    (n) => greedyPolicy(new Float64Array(8), n),
  ];
  for (const [i, call] of calls.entries())
    for (const value of bad) expect(() => call(value), `call ${i}, ${String(value)}`).toThrow(RangeError);
  for (const value of bad.slice(2, -3)) expect(() => valueIteration(table, 0.9, value)).toThrow(RangeError);
});
