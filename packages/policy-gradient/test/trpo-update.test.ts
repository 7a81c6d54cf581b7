import { Box, Discrete, linear, vectorize, type Space } from '@gradus/core';
import {
  NaturalPolicyGradient,
  Trpo,
  type NaturalPolicyGradientOptions,
  type TrpoOptions,
} from '@gradus/policy-gradient';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parametersOf } from './support/parameters.ts';
import { recordRounds } from './support/record-rounds.ts';
import type { LinearPolicy } from './support/reference-ppo.ts';
import { ReferenceTrpo, outcomeOf, positionsOf, type ReferenceTrpoOptions } from './support/reference-trpo.ts';
import { ScriptedEnv } from './support/scripted-env.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const ROUND = 32;

/** Rounds of one minibatch, of linear networks; enough iterations to solve for all of their parameters. */
const shared: Partial<NaturalPolicyGradientOptions> = {
  hidden: [],
  steps: ROUND / 2,
  batchSize: ROUND,
  gamma: 0.9,
  gaeLambda: 0.8,
  targetKl: 0.05,
  conjugateGradientSteps: 40,
  damping: 0.01,
  learningRate: 0.05,
  criticEpochs: 3,
  initialLogStd: -0.5,
  seed: 5,
};

const spaces: [string, Space][] = [
  ['Discrete', new Discrete(3)],
  ['Box', new Box(-100, 100, [2])],
];

const copiesOf = (actionSpace: Space) => vectorize((index) => new ScriptedEnv(actionSpace, 1000 * index), 2);

function policyFor(actionSpace: Space): LinearPolicy {
  return actionSpace.kind === 'discrete'
    ? { inputs: 2, outputs: actionSpace.n, isContinuous: false }
    : { inputs: 2, outputs: actionSpace.size, isContinuous: true };
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    expect(difference, `[${i}]: ${actual[i]} and ${expected[i]}`).toBeLessThan(tolerance);
  }
}

/** Expects three rounds of `agent` to be those of the reference. */
function expectReference(agent: Trpo | NaturalPolicyGradient, actionSpace: Space, options: ReferenceTrpoOptions): void {
  const rounds = recordRounds();
  const reference = new ReferenceTrpo(policyFor(actionSpace), parametersOf(agent));
  for (const { metrics } of agent.learn({ steps: 3 * ROUND })) {
    const expected = reference.update(rounds[rounds.length - 1], options);
    const names = Object.keys(expected);
    expectClose(
      names.map((name) => metrics[name]),
      Object.values(expected),
      1e-4,
    );
    expectClose(parametersOf(agent), reference.theta, 1e-4);
    // Errors shall not add up: a little of them can change a try of the line search.
    reference.theta = parametersOf(agent);
  }
  expect(rounds).toHaveLength(3);
}

describe.each(spaces)('%s actions', (_, actionSpace) => {
  const cases: [string, Partial<NaturalPolicyGradientOptions>][] = [
    ['every part at work', {}],
    ['advantages as they are, strong damping', { normalizeAdvantage: false, damping: 0.5 }],
    ['a wide trust region', { targetKl: 0.5 }],
  ];

  test.each(cases)('parameters and metrics of TRPO are those of a float64 implementation: %s', (_case, changes) => {
    const agent = new Trpo(copiesOf(actionSpace), { ...shared, ...changes });
    expectReference(agent, actionSpace, { ...agent.options, learningRate: 0.05, hasLimits: true });
  });

  test.each(cases)('and those of the natural policy gradient: %s', (_case, changes) => {
    const agent = new NaturalPolicyGradient(copiesOf(actionSpace), { ...shared, ...changes });
    const single = { lineSearchSteps: 1, lineSearchFactor: 0.5, hasLimits: false };
    expectReference(agent, actionSpace, { ...agent.options, ...single, learningRate: 0.05 });
  });

  test('every update stays within the trust region, and none makes the surrogate worse', () => {
    const rounds = recordRounds();
    const policy = policyFor(actionSpace);
    const fractions: number[] = [];
    for (const seed of [0, 1]) {
      for (const targetKl of [0.003, 0.3]) {
        const agent = new Trpo(copiesOf(actionSpace), { ...shared, targetKl, seed });
        let before = parametersOf(agent);
        for (const { metrics } of agent.learn({ steps: 10 * ROUND })) {
          const after = parametersOf(agent);
          const { gain, divergence } = outcomeOf(policy, before, after, rounds[rounds.length - 1], true);
          // Parameters are rounded to float32.
          expect(divergence).toBeLessThan(targetKl * (1 + 1e-4));
          expect(gain).toBeGreaterThanOrEqual(-1e-6);
          fractions.push(metrics['train/step_fraction']);
          before = after;
        }
      }
    }
    expect(fractions).toHaveLength(40);
    expect(fractions.filter((fraction) => fraction === 1).length).toBeGreaterThan(0);
    expect(fractions.filter((fraction) => fraction < 1).length).toBeGreaterThan(0);
  });
});

test('where no try is good enough the policy stays, to the bit, and the critic learns', () => {
  const actionSpace = new Box(-100, 100, [2]);
  const { actor, critic } = positionsOf(policyFor(actionSpace));
  let rejected = 0;
  for (let seed = 0; seed < 6; seed++) {
    const [searching, trying] = [10, 1].map((lineSearchSteps) => {
      // Hardly damped, a first try is as far as the limit by the quadratic model, and often farther in truth.
      const options: Partial<TrpoOptions> = { ...shared, damping: 1e-6, seed, lineSearchSteps };
      const agent = new Trpo(copiesOf(actionSpace), options);
      const before = parametersOf(agent);
      const { metrics } = agent.learn({ steps: ROUND }).next().value!;
      return { before, after: parametersOf(agent), metrics };
    });
    const { before, after, metrics } = trying;
    if (searching.metrics['train/step_fraction'] === 1) {
      expect(after).toEqual(searching.after);
      continue;
    }
    rejected++;
    expect(actor.map((i) => after[i])).toEqual(actor.map((i) => before[i]));
    expect(critic.map((i) => after[i])).toEqual(critic.map((i) => searching.after[i]));
    expect(critic.map((i) => after[i])).not.toEqual(critic.map((i) => before[i]));
    expect([metrics['train/kl'], metrics['train/step_fraction']]).toEqual([0, 0]);
  }
  expect(rejected).toBeGreaterThan(0);
});

test('the schedule of the learning rate follows the part of training done before each round', () => {
  const agent = new Trpo(copiesOf(new Discrete(3)), { ...shared, learningRate: linear(1, 0) });
  const rates = Array.from(agent.learn({ steps: 4 * ROUND }), ({ metrics }) => metrics['train/learning_rate']);
  expect(rates).toEqual([1, 0.75, 0.5, 0.25]);
});
