import { badCalls, type Examples } from '@gradus/bad-calls';
import * as policySearch from '@gradus/policy-search';
import { makeEnv } from '@gradus/envs';
import { expect, test } from 'vitest';

const searches = [
  'CmaEs',
  'CrossEntropyMethod',
  'EvolutionStrategies',
  'FiniteDifferences',
  'GeneticAlgorithm',
  'PatternSearch',
  'RandomSearch',
] as const;

/** Without prototypes it is one argument: what is in it is for the tests of loading. */
function checkpoint(): object {
  const agent = new policySearch.PolicySearch(makeEnv('CartPole-v1'), policySearch.searchMethods.ars);
  const { state, ...rest } = agent.checkpoint();
  return { ...rest, state: Object.assign(Object.create(null), state) as object };
}

const examples: Record<string, Examples[string]> = {
  maximize: () => [
    new policySearch.RandomSearch([1], { seed: 1 }),
    (x: Float64Array) => -(x[0] ** 2),
    { iterations: 2 },
  ],
  // The same as `maximize`, later.
  maximizeAsync: null,
  // Made of a network by the agent, and by `gradus` of a file.
  NetworkPolicy: null,
  MonteCarloUtility: null,
  PolicyNetwork: () => [makeEnv('CartPole-v1'), { hidden: [4], bias: true }],
  PolicySearch: () => [
    makeEnv('CartPole-v1'),
    Object.create(policySearch.searchMethods.ars) as object,
    { hidden: [4], seed: 1 },
  ],
  'PolicySearch.act': () => [[0, 0, 0, 0], { deterministic: true }],
  'PolicySearch.learn': () => [{ steps: 8 }],
  'PolicySearch.load': () => [checkpoint(), { seed: 1 }],
};
for (const name of searches) {
  examples[name] = () => [[1, 2], { lower: [-5, -5], upper: [5, 5] }];
}

const statics = {
  'PolicySearch.load': (...[saved, options]: Parameters<typeof policySearch.PolicySearch.load>) =>
    policySearch.PolicySearch.load(saved, options),
};

test('bad arguments are refused in words', async () => {
  const { failures } = await badCalls({ ...policySearch, ...statics }, examples, {
    sources: `${import.meta.dirname}/../src`,
    // Parts of programs and of loops; `act` and `actBatch` have checked what they are given.
    internal: [/\.(writeAction|outputs|bestActions|chooseAction)$/],
    // Bounds may be one number for all parameters, or null for none.
    accepted: [/\(2\.(lower|upper): .*accepted$/],
  });
  expect(failures.slice(0, 20)).toEqual([]);
});
