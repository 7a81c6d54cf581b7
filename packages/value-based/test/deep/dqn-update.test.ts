import { linear, PrioritizedReplayBuffer, vectorize } from '@gradus/core';
import { Dqn, rainbowDefaults, type DqnOptions } from '@gradus/value-based';
import { afterEach, expect, test, vi } from 'vitest';
import { parametersOf } from '../support/parameters.ts';
import { recordMinibatches } from '../support/record-minibatches.ts';
import { ReferenceDqn } from '../support/reference-dqn.ts';
import { ScriptedEnv } from '../support/scripted-env.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Rounds of three updates every four steps, a target that follows every eight, and a buffer that overflows. */
const options: Partial<DqnOptions> = {
  hidden: [],
  learningRate: linear(0.1, 0),
  bufferSize: 20,
  learningStarts: 6,
  batchSize: 16,
  gamma: 0.9,
  trainFrequency: 4,
  gradientSteps: 3,
  targetUpdateInterval: 8,
  epsilon: 0.5,
  maxGradNorm: 1,
  seed: 3,
};
const STEPS = 48;

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]) / Math.max(1, Math.abs(expected[i]));
    expect(difference, `[${i}]: ${actual[i]} and ${expected[i]}`).toBeLessThan(tolerance);
  }
}

const categorical = { kind: 'categorical', atoms: 5, low: -4, high: 6 } as const;
const quantile = { kind: 'quantile', quantiles: 4 } as const;

test.each<[string, Partial<DqnOptions>]>([
  ['squared error, no limit on the gradient', { loss: 'squared', maxGradNorm: null }],
  ['squared error, clipped gradient', { loss: 'squared' }],
  ['huber', { loss: 'huber', maxGradNorm: 0.3 }],
  ['double', { double: true, loss: 'squared' }],
  ['a target that follows slowly', { tau: 0.3 }],
  ["Adam's ε", { adamEpsilon: 0.1 }],
  ['RMSprop', { optimizer: 'rmsprop' }],
  ['dueling', { dueling: true, double: true }],
  ['returns of two steps', { nSteps: 2 }],
  ['returns of whole episodes', { nSteps: 5, loss: 'squared' }],
  ['prioritized replay', { replay: 'prioritized', priorityExponent: 1 }],
  ['C51', { distribution: categorical }],
  ['C51, double, dueling', { distribution: categorical, double: true, dueling: true }],
  ['C51, prioritized', { distribution: categorical, replay: 'prioritized' }],
  ['QR-DQN', { distribution: quantile }],
  [
    'QR-DQN, double, dueling, prioritized',
    { distribution: quantile, double: true, dueling: true, replay: 'prioritized' },
  ],
  [
    'Rainbow without noise',
    { ...rainbowDefaults, distribution: categorical, noisy: false, epsilon: 0.5, learningRate: linear(0.1, 0) },
  ],
  ['no replay', { replay: 'none', batchSize: 4, gradientSteps: 1 }],
  ['no replay, no fixed target', { replay: 'none', batchSize: 4, gradientSteps: 1, targetUpdateInterval: 4 }],
  ['no fixed target', { gradientSteps: 1, targetUpdateInterval: 1 }],
  ['one row', { batchSize: 1 }],
  [
    'one row, C51, prioritized, dueling',
    { batchSize: 1, distribution: categorical, replay: 'prioritized', dueling: true },
  ],
  ['one row, QR-DQN', { batchSize: 1, distribution: quantile }],
])('parameters, target and metrics are those of a float64 implementation: %s', (_, changes) => {
  const minibatches = recordMinibatches();
  const priorities = vi.spyOn(PrioritizedReplayBuffer.prototype, 'updatePriorities');
  const agent = new Dqn(new ScriptedEnv(), { ...options, ...changes });
  const { tau, gradientSteps, targetUpdateInterval } = agent.options;
  const reference = new ReferenceDqn(parametersOf(agent, 'online'));
  let seen = 0;
  for (const { step, metrics } of agent.learn({ steps: STEPS })) {
    // Every round ends at a multiple of four steps.
    if (step % targetUpdateInterval === 0) reference.updateTarget(tau);
    const updates = minibatches.slice(seen);
    expect(updates).toHaveLength(step > 6 ? gradientSteps : 0);
    const expected: Record<string, number> = {};
    updates.forEach((rows, i) => {
      const update = reference.update(rows, 0.1 * (1 - step / STEPS), agent.options);
      for (const [name, x] of Object.entries(update)) expected[name] = (expected[name] ?? 0) + x / gradientSteps;
      if (agent.options.replay === 'prioritized' && i === gradientSteps - 1) {
        expectClose(Array.from(priorities.mock.lastCall![0]), reference.errors, 1e-3);
      }
    });
    seen = minibatches.length;
    const names = Object.keys(expected);
    expectClose(
      names.map((name) => metrics[name]),
      names.map((name) => expected[name]),
      1e-3,
    );
    expectClose(parametersOf(agent, 'online'), reference.online, 1e-3);
    expectClose(parametersOf(agent, 'target'), reference.target, 1e-3);
  }
  expect(seen).toBe(11 * gradientSteps);
});

test('without replay each transition is used once, in order', () => {
  const minibatches = recordMinibatches();
  const env = new ScriptedEnv();
  const agent = new Dqn(env, { ...options, replay: 'none', batchSize: 4, gradientSteps: 1, learningStarts: 0 });
  Array.from(agent.learn({ steps: STEPS }));
  expect(minibatches).toHaveLength(STEPS / 4);
  expect(minibatches.flat().map(({ observation }) => observation)).toEqual(
    env.log.map(({ observation }) => observation),
  );
});

test('β follows its schedule', () => {
  const sample = vi.spyOn(PrioritizedReplayBuffer.prototype, 'sample');
  const agent = new Dqn(new ScriptedEnv(), { ...options, replay: 'prioritized', importanceExponent: linear(0.2, 1) });
  Array.from(agent.learn({ steps: STEPS }));
  const seen = sample.mock.calls.map(([, , , sampled]) => sampled?.importanceExponent ?? NaN);
  // Three updates at each of the steps 8, 12, …, 48.
  expectClose(
    seen,
    Array.from({ length: 33 }, (_, i) => 0.2 + (0.8 * (8 + 4 * Math.floor(i / 3))) / STEPS),
    1e-12,
  );
});

test('minibatches hold what the environment did, truncated episodes as ones that go on after their last observation', () => {
  const minibatches = recordMinibatches();
  const env = new ScriptedEnv();
  const agent = new Dqn(env, options);
  Array.from(agent.learn({ steps: STEPS }));
  const rows = minibatches.flat();
  const kinds = new Set<string>();
  for (const { observation, ...row } of rows) {
    const step = env.log.find((each) => String(each.observation) === String(observation))!;
    const { action, reward, nextObservation, terminated } = step;
    expect(row).toEqual({ action, reward, nextObservation, discount: terminated ? 0 : Math.fround(0.9), weight: 1 });
    kinds.add(step.terminated ? 'terminated' : step.truncated ? 'truncated' : 'between');
  }
  expect(kinds.size).toBe(3);
  // Only the last twenty steps fit into the buffer.
  const last = minibatches.slice(-3).flat();
  const kept = env.log.slice(-20).map(({ observation }) => String(observation));
  for (const { observation } of last) expect(kept).toContain(String(observation));
});

test('the target changes at the stated steps only', () => {
  const agent = new Dqn(new ScriptedEnv(), {
    ...options,
    learningRate: 0.1,
    trainFrequency: 1,
    gradientSteps: 1,
    learningStarts: 0,
  });
  let target = parametersOf(agent, 'target');
  expect(target).toEqual(parametersOf(agent, 'online'));
  for (const { step } of agent.learn({ steps: STEPS })) {
    const now = parametersOf(agent, 'target');
    expect(String(now) !== String(target)).toBe(step % 8 === 0);
    target = now;
    expect(parametersOf(agent, 'online')).not.toEqual(target);
  }
});

test('with copies the target changes in the step that reaches or passes over a multiple of its interval', () => {
  const env = vectorize(() => new ScriptedEnv(), 4);
  const agent = new Dqn(env, { ...options, learningStarts: 0, targetUpdateInterval: 10 });
  let target = parametersOf(agent, 'target');
  const changed: number[] = [];
  for (const { step } of agent.learn({ steps: STEPS })) {
    const now = parametersOf(agent, 'target');
    if (String(now) !== String(target)) changed.push(step);
    target = now;
  }
  expect(changed).toEqual([12, 20, 32, 40]);
});

test('updates begin after learningStarts, and every step of a training is reported', () => {
  const agent = new Dqn(new ScriptedEnv(), { ...options, learningStarts: 12 });
  const rounds = Array.from(agent.learn({ steps: 22 }), ({ step, metrics }) => [step, metrics['train/updates']]);
  expect(rounds).toEqual([
    [4, undefined],
    [8, undefined],
    [12, undefined],
    [16, 3],
    [20, 6],
    [22, undefined],
  ]);
});

test('ε follows its schedule, after a beginning of random actions', () => {
  const agent = new Dqn(new ScriptedEnv(), { ...options, learningStarts: 8, epsilon: linear(0.5, 0.1, 0.5) });
  const seen = Array.from(agent.learn({ steps: 40 }), ({ metrics }) => metrics['train/epsilon']);
  // The last action before step 12 was chosen at step 11, and so on.
  expectClose(seen.slice(0, 2), [1, 1], 1e-12);
  expectClose(
    seen.slice(2),
    [11, 15, 19, 23, 27, 31, 35, 39].map((step) => Math.max(0.1, 0.5 - (0.4 * step) / 20)),
    1e-12,
  );
});

test.each([0, 0.4, 1])('a part ε = %d of the actions is random, the others are the best by q', (epsilon) => {
  const env = new ScriptedEnv();
  const changes = { learningRate: 0, learningStarts: 0, trainFrequency: 100, gradientSteps: 1, bufferSize: 100 };
  const agent = new Dqn(env, { ...options, ...changes, epsilon });
  const steps = 3000;
  Array.from(agent.learn({ steps }));
  const others = env.log.filter(({ observation, action }) => action !== agent.act(observation)).length / steps;
  // A random action is the best one in a third of all cases.
  const expected = (epsilon * 2) / 3;
  expect(Math.abs(others - expected)).toBeLessThanOrEqual(4 * Math.sqrt((expected * (1 - expected)) / steps));
  const counts = [1, 2, 3].map((action) => env.log.filter((step) => step.action === action).length / steps);
  if (epsilon === 1) for (const share of counts) expect(Math.abs(share - 1 / 3)).toBeLessThan(0.035);
});

test('each copy draws for itself whether to explore', () => {
  const envs = [0, 1].map(() => new ScriptedEnv());
  const changes = { learningRate: 0, learningStarts: 0, trainFrequency: 100, gradientSteps: 1, epsilon: 0.5 };
  const agent = new Dqn(
    vectorize((i) => envs[i], 2),
    { ...options, ...changes },
  );
  const rounds = 3000;
  Array.from(agent.learn({ steps: 2 * rounds }));
  const [first, second] = envs.map(({ log }) =>
    log.map(({ observation, action }) => action !== agent.act(observation)),
  );
  // A third of the actions are not the best, and a third of a third of both at once.
  const both = first.filter((differs, t) => differs && second[t]).length / rounds;
  expect(Math.abs(both - 1 / 9)).toBeLessThanOrEqual(4 * Math.sqrt(((1 / 9) * (8 / 9)) / rounds));
});
