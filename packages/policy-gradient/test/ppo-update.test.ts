import { Box, Discrete, linear, vectorize, type Space } from '@gradus/core';
import { Ppo, type PpoOptions } from '@gradus/policy-gradient';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parametersOf } from './support/parameters.ts';
import { recordMinibatches } from './support/record-minibatches.ts';
import { ReferencePpo, advantagesOf, policyOf, valueOf, type LinearPolicy } from './support/reference-ppo.ts';
import { ScriptedEnv } from './support/scripted-env.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Two rounds of three epochs of two minibatches of eight transitions; hardly any of the clipping is left unused. */
const options: Partial<PpoOptions> = {
  hidden: [],
  steps: 8,
  batchSize: 8,
  epochs: 3,
  learningRate: 0.05,
  gamma: 0.9,
  gaeLambda: 0.8,
  clipRange: 0.1,
  clipRangeValue: 0.1,
  entropyCoefficient: 0.02,
  valueCoefficient: 0.7,
  maxGradNorm: 0.5,
  initialLogStd: -0.5,
  seed: 5,
};
const ROUND = 16;

interface Setup {
  readonly agent: Ppo;
  readonly envs: ScriptedEnv[];
  readonly reference: ReferencePpo;
}

function setUp(actionSpace: Space, changes: Partial<PpoOptions> = {}): Setup {
  const envs: ScriptedEnv[] = [];
  const env = vectorize((index) => (envs[index] = new ScriptedEnv(actionSpace, 1000 * index)), 2);
  const agent = new Ppo(env, { ...options, ...changes });
  const policy: LinearPolicy =
    actionSpace.kind === 'discrete'
      ? { inputs: 2, outputs: actionSpace.n, isContinuous: false }
      : { inputs: 2, outputs: actionSpace.size, isContinuous: true };
  return { agent, envs, reference: new ReferencePpo(policy, parametersOf(agent)) };
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    expect(difference, `[${i}]: ${actual[i]} and ${expected[i]}`).toBeLessThan(tolerance);
  }
}

const spaces: [string, Space][] = [
  ['Discrete', new Discrete(3)],
  ['Box', new Box(-100, 100, [2])],
];

describe.each(spaces)('%s actions', (_, actionSpace) => {
  test.each<[string, Partial<PpoOptions>]>([
    ['every part of the loss at work', {}],
    ['neither normalized advantages nor clipped values', { normalizeAdvantage: false, clipRangeValue: null }],
    ['minibatches of one', { batchSize: 1, normalizeAdvantage: true, epochs: 1, maxGradNorm: 100 }],
  ])('parameters and metrics are those of a float64 implementation: %s', (_case, changes) => {
    const minibatches = recordMinibatches();
    const { agent, reference } = setUp(actionSpace, changes);
    const merged = { ...agent.options, ...changes };
    let seen = 0;
    let clipped = 0;
    for (const { metrics } of agent.learn({ steps: 2 * ROUND })) {
      const expected: Record<string, number> = {};
      const updates = minibatches.slice(seen);
      for (const { rows, learningRate, clipRange, clipRangeValue } of updates) {
        const step = reference.update(rows, {
          ...merged,
          normalizeAdvantage: merged.normalizeAdvantage && rows.length > 1,
          learningRate,
          clipRange,
          clipRangeValue: merged.clipRangeValue === null ? null : clipRangeValue,
        });
        for (const [name, x] of Object.entries(step)) expected[name] = (expected[name] ?? 0) + x / updates.length;
      }
      seen = minibatches.length;
      clipped += metrics['train/clip_fraction'];
      const names = Object.keys(expected);
      expect(names).toHaveLength(6);
      expectClose(
        names.map((name) => metrics[name]),
        names.map((name) => expected[name]),
        2e-4,
      );
      expectClose(parametersOf(agent), reference.theta, 1e-4);
    }
    expect(seen).toBe(2 * (ROUND / merged.batchSize) * merged.epochs);
    expect(clipped).toBeGreaterThan(0);
  });

  test('a round learns from every transition once an epoch, with the right values behind terminations and truncations', () => {
    const minibatches = recordMinibatches();
    const { agent, envs, reference } = setUp(actionSpace, { epochs: 2 });
    const { policy, theta } = reference;
    agent.learn({ steps: ROUND }).next();
    const value = (observation: readonly number[]): number => valueOf(policy, theta, observation);
    const expected = envs.flatMap(({ log }) => {
      const advantages = advantagesOf(log, value, 0.9, 0.8);
      return log.map(({ observation, action }, i) => ({
        observation,
        action,
        numbers: [
          policyOf(policy, theta, { observation, action }).logProbability,
          value(observation),
          advantages[i],
          advantages[i] + value(observation),
        ],
      }));
    });
    const log = envs.flatMap((env) => env.log);
    expect([log.filter((step) => step.terminated).length, log.filter((step) => step.truncated).length]).toEqual([2, 2]);

    const epochs = [minibatches.slice(0, 2), minibatches.slice(2)].map((epoch) => epoch.flatMap(({ rows }) => rows));
    expect(epochs[0]).not.toEqual(epochs[1]);
    for (const rows of epochs) {
      expect(rows).toHaveLength(ROUND);
      for (const { observation, action, numbers } of expected) {
        const row = rows.find((each) => String(each.observation) === String(observation))!;
        expect(row.action).toEqual(action);
        expectClose([row.logProbability, row.value, row.advantage, row.return], numbers, 1e-5);
      }
    }
  });

  test('on the first minibatch the ratio is 1: no divergence, nothing clipped, a surrogate of zero', () => {
    const { agent } = setUp(actionSpace, { epochs: 1, batchSize: ROUND });
    const { metrics } = agent.learn({ steps: ROUND }).next().value!;
    expect(metrics['train/clip_fraction']).toBe(0);
    expect(Math.abs(metrics['train/approx_kl'])).toBeLessThan(1e-7);
    expect(Math.abs(metrics['train/policy_loss'])).toBeLessThan(1e-6);
  });
});

test('targetKl ends a round after the first minibatch that exceeds 1.5 times it', () => {
  const minibatches = recordMinibatches();
  /** The divergence of each minibatch of a round. */
  function divergencesWith(targetKl: number | null): number[] {
    minibatches.length = 0;
    const { agent, reference } = setUp(new Discrete(3), { targetKl, learningRate: 0.01, epochs: 10 });
    const { metrics } = agent.learn({ steps: ROUND }).next().value!;
    const divergences = minibatches.map(
      ({ rows, ...schedules }) => reference.update(rows, { ...agent.options, ...schedules })['train/approx_kl'],
    );
    expect(metrics['train/approx_kl']).toBeCloseTo(divergences.reduce((a, b) => a + b) / divergences.length, 6);
    return divergences;
  }
  const all = divergencesWith(null);
  expect(all).toHaveLength(20);
  const peak = all.findIndex((kl, i) => i > 3 && kl > 1.05 * Math.max(...all.slice(0, i)));
  expect(peak).toBeGreaterThan(3);
  expect(divergencesWith((0.99 * all[peak]) / 1.5)).toHaveLength(peak + 1);
  expect(divergencesWith((1.01 * all[peak]) / 1.5).length).toBeGreaterThan(peak + 1);
});

test('schedules follow the part of training done before each round', () => {
  const minibatches = recordMinibatches();
  const { agent } = setUp(new Discrete(3), {
    epochs: 1,
    batchSize: ROUND,
    learningRate: linear(1, 0),
    clipRange: linear(0.4, 0.2),
    clipRangeValue: linear(2, 0, 0.5),
  });
  const rates = Array.from(agent.learn({ steps: 4 * ROUND }), ({ metrics }) => metrics['train/learning_rate']);
  expect(rates).toEqual([1, 0.75, 0.5, 0.25]);
  expect(minibatches.map((each) => each.learningRate)).toEqual(rates);
  expectClose(
    minibatches.map((each) => each.clipRange),
    [0.4, 0.35, 0.3, 0.25],
    1e-6,
  );
  expect(minibatches.map((each) => each.clipRangeValue)).toEqual([2, 1, 0, 0]);
});

test('actions reach the environment inside their bounds, and the update as they were drawn', () => {
  const minibatches = recordMinibatches();
  const { agent, envs } = setUp(new Box(-0.1, 0.1, [2]), { epochs: 1, batchSize: ROUND });
  agent.learn({ steps: ROUND }).next();
  const [low, high] = [Math.fround(-0.1), Math.fround(0.1)];
  for (const { observation, action } of envs.flatMap((env) => env.log)) {
    const { action: drawn } = minibatches[0].rows.find((row) => String(row.observation) === String(observation))!;
    expect(action).toEqual(drawn.map((x) => Math.min(Math.max(x, low), high)));
  }
  expect(minibatches[0].rows.some(({ action }) => Math.abs(action[0]) > 0.5)).toBe(true);
});
