import { Discrete, EnvError, evaluate, linear, vectorize, type Env, type VectorEnv } from '@gradus/core';
import { vectorizeInThreads, type ThreadsOptions } from '@gradus/core/node';
import { makeEnv, makeVectorEnv, normalizeObservation } from '@gradus/envs';
import * as t from '@gradus/tensor';
import { A3c, type A3cOptions } from '@gradus/actor-critic';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { oneStep } from './support/one-step.ts';

const module = new URL('./fixtures/thread-envs.mjs', import.meta.url);
const open: VectorEnv[] = [];
afterEach(() => {
  for (const env of open.splice(0)) env.close();
});

async function inThreads(
  n: number,
  options: ThreadsOptions,
  args: unknown[] = ['CartPole-v1'],
  name = 'makeEnv',
): Promise<VectorEnv> {
  // Threads run what was built, which needs nothing that tests need.
  const env = await vectorizeInThreads({ module, name, args }, n, { execArgv: [], ...options });
  open.push(env);
  return env;
}

/** What training leads to; not where it was done, nor its speed. */
function learn(env: Env | VectorEnv, options: Partial<A3cOptions>, steps = 600) {
  const agent = new A3c(env, options);
  const rounds = Array.from(agent.learn({ steps }), ({ metrics, finishedEpisodes, step }) => {
    return { ...metrics, 'time/steps_per_second': 0, finishedEpisodes, step };
  });
  const { state, files } = agent.checkpoint();
  return { agent, outcome: { rounds, state: { ...state, options: {} }, files } };
}

const small: Partial<A3cOptions> = { hidden: [8], learningRate: linear(1e-2, 0), reportInterval: 100, seed: 3 };

describe('with sync the numbers are those of no threads, for any number of them', () => {
  test.each([1, 2, 3])('%d', async (threads) => {
    const { outcome: expected } = learn(
      vectorize(() => makeEnv('CartPole-v1'), 3),
      small,
    );
    const { outcome: got } = learn(await inThreads(3, { threads }), { ...small, sync: true });
    expect(got).toStrictEqual(expected);
    expect(expected.rounds.map(({ step }) => step)).toEqual([105, 210, 315, 420, 525, 600]);
    expect(expected.rounds.flatMap(({ finishedEpisodes }) => finishedEpisodes).length).toBeGreaterThan(5);
  });

  test.each(['Pendulum-v1', 'Taxi-v4'])('in %s, of other actions or with masks', async (id) => {
    const { outcome: got } = learn(await inThreads(2, { threads: 2 }, [id]), { ...small, sync: true });
    const { outcome: expected } = learn(
      vectorize(() => makeEnv(id), 2),
      small,
    );
    expect(got).toStrictEqual(expected);
  });
});

test('where all workers are in one thread nobody comes first by chance', async () => {
  const { outcome: expected } = learn(
    vectorize(() => makeEnv('CartPole-v1'), 3),
    small,
  );
  const { outcome: got } = learn(await inThreads(3, { threads: 1 }), small);
  expect(got).toStrictEqual(expected);
});

test('nothing passes a wrapper around copies in threads: workers are then where it is', async () => {
  const wrapped = normalizeObservation(await inThreads(2, { threads: 2 }));
  expect(wrapped.envThreads).toBeUndefined();
  const expected = normalizeObservation(vectorize(() => makeEnv('CartPole-v1'), 2));
  expect(learn(wrapped, small).outcome).toStrictEqual(learn(expected, small).outcome);
});

describe('stopped, saved and resumed is the same as not interrupted, bit for bit', () => {
  test.each([
    ['without threads', () => vectorize(() => makeEnv('CartPole-v1'), 2)],
    ['in threads', () => inThreads(2, { threads: 2 })],
  ])('%s', async (_, make) => {
    const options = { ...small, sync: true };
    const { agent: whole } = learn(await make(), options);
    const begun = new A3c(await make(), options);
    for (const { step } of begun.learn({ steps: 600 })) if (step >= 300) break;
    const resumed = A3c.load(begun.checkpoint(), { env: await make() });
    Array.from(resumed.learn({ steps: 600 }));
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
  });

  test('in another number of copies it goes on with new episodes', () => {
    const begun = new A3c(makeVectorEnv('CartPole-v1', 2), small);
    Array.from(begun.learn({ steps: 300 }));
    const resumed = A3c.load(begun.checkpoint(), { env: makeVectorEnv('CartPole-v1', 3) });
    expect(resumed.resumed).toBe('with new episodes');
    expect(Array.from(resumed.learn({ moreSteps: 150 })).at(-1)?.step).toBe(450);
  });
});

const learning: Partial<A3cOptions> = { gamma: 0, learningRate: linear(1e-2, 0), hidden: [32], entropyCoefficient: 0 };
const score = (agent: A3c): number =>
  evaluate(agent, makeVectorEnv('IdentityDiscrete-v0', 10), { episodes: 10, seed: 1000 }).meanReturn;

test.each([0, 1, 2])('IdentityDiscrete-v0 is solved in 16,000 steps, seed %d', (seed) => {
  expect(
    score(learn(makeVectorEnv('IdentityDiscrete-v0', 2), { ...learning, seed }, 16_000).agent),
  ).toBeGreaterThanOrEqual(90);
});

test('and by workers that wait for nobody, who together make the steps that were asked for', async () => {
  const env = await inThreads(2, { threads: 2 }, ['IdentityDiscrete-v0']);
  const { agent, outcome } = learn(env, { ...learning, reportInterval: 1000, seed: 0 }, 16_000);
  expect(score(agent)).toBeGreaterThanOrEqual(90);
  expect(agent.step).toBeGreaterThanOrEqual(16_000);
  // A round of each worker may be too much at each report.
  expect(agent.step).toBeLessThanOrEqual(16_000 + 5);
  const steps = outcome.rounds.flatMap(({ finishedEpisodes }) => finishedEpisodes.map(({ step }) => step));
  expect(steps).toEqual(steps.toSorted((one, other) => one - other));
});

// v = 1 where nothing follows; v = 1 + γ v = 1 / (1 − γ) where the task goes on after what was cut off.
test.each([
  ['terminated', 1],
  ['truncated', 4],
] as const)('an episode that is %s is worth %d', (ends, expected) => {
  const env = vectorize(() => oneStep(ends, new Discrete(2)), 2);
  const { agent } = learn(env, { gamma: 0.75, learningRate: linear(1e-2, 0), hidden: [8] }, 10_000);
  expect(Math.abs(agent.stateValue([0.5])[0] - expected)).toBeLessThan(0.1);
});

describe('what goes wrong is said', () => {
  test.each([false, true])('by a thread that ends, at once, sync %s', async (sync) => {
    const agent = new A3c(await inThreads(2, { threads: 2 }, ['ends'], 'fails'), { ...small, sync });
    expect(() => Array.from(agent.learn({ steps: 10_000 }))).toThrow(EnvError);
    expect(() => Array.from(agent.learn({ steps: 10_000 }))).toThrow(
      /environments (0 to 0|1 to 1): their thread has ended/,
    );
    open.pop();
  });

  test('by one that does not come back', async () => {
    const hanging = new Int32Array(new SharedArrayBuffer(4));
    const agent = new A3c(await inThreads(2, { threads: 2 }, ['hangs', hanging], 'fails'), small);
    // Time flies when a thread hangs.
    const [now, wait] = [performance.now.bind(performance), Atomics.wait.bind(Atomics)];
    let hours = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 3_600_000 * (hanging[0] === 0 ? 0 : ++hours));
    vi.spyOn(Atomics, 'wait').mockImplementation((signals, index, value) => wait(signals, index, value, 50));
    expect(() => Array.from(agent.learn({ steps: 10_000 }))).toThrow('their thread has not answered for 600 s');
    open.pop();
  });

  test('by networks and devices that threads cannot have', async () => {
    const env = await inThreads(2, { threads: 2 });
    const networks = () => {
      throw new Error('never called');
    };
    expect(() => new A3c(env, { networks })).toThrow('networks: expected null for environments in threads');
    const device = Object.create(t.device('wasm'), { name: { value: 'elsewhere' } }) as t.Device;
    expect(() => new A3c(env, { device })).toThrow(
      "device: expected 'native', 'wasm-relaxed' or 'wasm' for environments in threads",
    );
  });

  test('by weights that are no numbers any more', () => {
    const agent = new A3c(makeVectorEnv('CartPole-v1', 2), { ...small, learningRate: 1e30, maxGradNorm: 1e30 });
    expect(() => Array.from(agent.learn({ steps: 10_000 }))).toThrow(
      /^a3c: train\/value_loss is Infinity at step \d+; the learning rate may be too large$/,
    );
  });
});
