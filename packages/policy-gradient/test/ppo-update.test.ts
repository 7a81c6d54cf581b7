import { Box, Discrete, MultiDiscrete, actionCounts, linear, vectorize, type Space } from '@gradus/core';
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

function setUp(actionSpace: Space, changes: Partial<PpoOptions> = {}, masked = false): Setup {
  const envs: ScriptedEnv[] = [];
  const env = vectorize((index) => (envs[index] = new ScriptedEnv(actionSpace, 1000 * index, masked)), 2);
  const agent = new Ppo(env, { ...options, ...changes });
  const isContinuous = actionSpace.kind === 'box';
  const counts = isContinuous ? [] : actionCounts(actionSpace);
  const outputs = isContinuous ? actionSpace.size : counts.reduce((a, b) => a + b);
  const stateDependent = agent.options.stateDependentExploration !== null;
  const policy: LinearPolicy = { inputs: 2, outputs, isContinuous, ...(!isContinuous && { counts }), stateDependent };
  return { agent, envs, reference: new ReferencePpo(policy, parametersOf(agent)) };
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    expect(difference, `[${i}]: ${actual[i]} and ${expected[i]}`).toBeLessThan(tolerance);
  }
}

const spaces: [string, Space, { readonly masked?: boolean; readonly always?: Partial<PpoOptions> }][] = [
  ['Discrete', new Discrete(3), {}],
  ['masked Discrete', new Discrete(3), { masked: true }],
  ['masked MultiDiscrete', new MultiDiscrete([3, 2]), { masked: true }],
  ['Box', new Box(-100, 100, [2]), {}],
  ['Box with gSDE', new Box(-100, 100, [2]), { always: { stateDependentExploration: 3 } }],
];

describe.each(spaces)('%s actions', (_, actionSpace, { masked, always }) => {
  test.each<[string, Partial<PpoOptions>]>([
    ['every part of the loss at work', {}],
    ['neither normalized advantages nor clipped values', { normalizeAdvantage: false, clipRangeValue: null }],
    ['minibatches of one', { batchSize: 1, normalizeAdvantage: true, epochs: 1, maxGradNorm: 100 }],
    ['a KL penalty besides the clipping', { klCoefficient: 0.5 }],
    [
      'a KL penalty, adapted, instead of the clipping',
      { clipRange: null, klCoefficient: 3, klTarget: 0.002, learningRate: 0.02 },
    ],
  ])('parameters and metrics are those of a float64 implementation: %s', (_case, changes) => {
    const minibatches = recordMinibatches();
    const { agent, reference } = setUp(actionSpace, { ...always, ...changes }, masked);
    const merged = agent.options;
    let seen = 0;
    let clipped = 0;
    for (const { metrics } of agent.learn({ steps: 2 * ROUND })) {
      const expected: Record<string, number> = {};
      const updates = minibatches.slice(seen);
      for (const { rows, learningRate, clipRange, clipRangeValue, klCoefficient } of updates) {
        const step = reference.update(rows, {
          ...merged,
          normalizeAdvantage: merged.normalizeAdvantage && rows.length > 1,
          learningRate,
          clipRange,
          clipRangeValue: merged.clipRangeValue === null ? null : clipRangeValue,
          klCoefficient,
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
    if (merged.clipRange === null) expect(clipped).toBe(0);
    else expect(clipped).toBeGreaterThan(0);
  });

  test('a round learns from every transition once an epoch, with the right values behind terminations and truncations', () => {
    const minibatches = recordMinibatches();
    const { agent, envs, reference } = setUp(actionSpace, { ...always, epochs: 2 }, masked);
    const { policy, theta } = reference;
    agent.learn({ steps: ROUND }).next();
    const value = (observation: readonly number[]): number => valueOf(policy, theta, observation);
    const expected = envs.flatMap(({ log }) => {
      const advantages = advantagesOf(log, value, 0.9, 0.8);
      return log.map(({ observation, action, mask }, i) => ({
        observation,
        action,
        mask,
        numbers: [
          policyOf(policy, theta, { observation, action, mask }).logProbability,
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
      for (const { observation, action, mask, numbers } of expected) {
        const row = rows.find((each) => String(each.observation) === String(observation))!;
        expect(row.action).toEqual(action);
        expect(row.mask).toEqual(mask);
        expectClose([row.logProbability, row.value, row.advantage, row.return], numbers, 1e-5);
      }
    }
  });

  test('on the first minibatch the ratio is 1: no divergence, nothing clipped, a surrogate of zero', () => {
    const { agent } = setUp(actionSpace, { ...always, epochs: 1, batchSize: ROUND }, masked);
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

test('klTarget doubles and halves β by the divergence over all of a round, after its last step', () => {
  const minibatches = recordMinibatches();
  const rounds = 16;
  const { agent, reference } = setUp(new Discrete(3), {
    klCoefficient: 1,
    klTarget: 0.01,
    clipRange: null,
    learningRate: linear(0.1, 0),
  });
  const changes: number[] = [];
  let expected = 1;
  for (const { metrics } of agent.learn({ steps: rounds * ROUND })) {
    expect(metrics['train/kl_coefficient']).toBe(expected);
    const updates = minibatches.splice(0);
    expect(updates.every(({ klCoefficient }) => klCoefficient === expected)).toBe(true);
    const theta = parametersOf(agent);
    // An epoch is all of the round.
    const rows = updates.slice(0, 2).flatMap((each) => each.rows);
    const divergences = rows.map((row) => {
      const logRatio = policyOf(reference.policy, theta, row).logProbability - row.logProbability;
      return Math.exp(logRatio) - 1 - logRatio;
    });
    const divergence = divergences.reduce((a, b) => a + b) / ROUND;
    const change = divergence > 0.015 ? 2 : divergence < 0.01 / 1.5 ? 0.5 : 1;
    changes.push(change);
    expected *= change;
  }
  expect(changes).toHaveLength(rounds);
  // As the learning rate falls, rounds go too far, then not far enough.
  expect([changes.includes(2), changes.includes(1), changes.includes(0.5)]).toEqual([true, true, true]);
});

test('without clipping the loss is the plain surrogate, and nothing counts as clipped', () => {
  const minibatches = recordMinibatches();
  const { agent } = setUp(new Discrete(3), { clipRange: null });
  const { metrics } = agent.learn({ steps: ROUND }).next().value!;
  expect(minibatches.every(({ clipRange }) => clipRange === Infinity)).toBe(true);
  expect(metrics['train/clip_fraction']).toBe(0);
  expect(metrics).not.toHaveProperty('train/kl_coefficient');
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
