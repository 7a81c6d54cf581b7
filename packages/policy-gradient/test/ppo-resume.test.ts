import { evaluate, linear, type Env, type Metrics, type VectorEnv } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { Ppo, type PpoOptions } from '@gradus/policy-gradient';
import { defaultDevice, device, type Device } from '@gradus/tensor';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradus-ppo-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** WebAssembly, and native kernels where they are. */
const devices = [...new Set<Device>([device('wasm'), defaultDevice()])];

interface Run {
  readonly make: () => Env | VectorEnv;
  readonly options: Partial<PpoOptions>;
}

const shared = {
  hidden: [16],
  batchSize: 32,
  epochs: 2,
  learningRate: linear(1e-2, 0),
  clipRange: linear(0.3, 0.1),
  seed: 7,
};
const runs: Record<string, Run> = {
  'discrete actions, copies': {
    make: () => makeVectorEnv('CartPole-v1', 4),
    options: { ...shared, steps: 32, entropyCoefficient: 0.01 },
  },
  'continuous actions, everything normalized': {
    make: () => makeVectorEnv('Pendulum-v1', 2),
    options: { ...shared, steps: 64, normalizeObservation: true, normalizeReward: true },
  },
  'a single environment, several choices at once': {
    make: () => makeEnv('IdentityMultiDiscrete-v0', { maxEpisodeSteps: 17 }),
    options: { ...shared, steps: 128, targetKl: 0.01, clipRangeValue: 0.2 },
  },
  'gSDE, an adapted KL penalty': {
    make: () => makeVectorEnv('Pendulum-v1', 2),
    options: {
      ...shared,
      steps: 64,
      stateDependentExploration: 5,
      clipRange: null,
      klCoefficient: 1,
      klTarget: 0.01,
      orthogonalInitialization: false,
    },
  },
  masks: {
    make: () => makeVectorEnv('LectureGrid-v0', 4),
    options: { ...shared, steps: 32 },
  },
};
const ROUND = 128;
const STEPS = 6 * ROUND;
const cases = devices.flatMap((on) => Object.entries(runs).map(([name, run]) => ({ name, run, on })));

/** Learns up to step `until` of a training of `STEPS`; the metrics of each round, but for the speed. */
function learn(agent: Ppo, until: number = STEPS): Metrics[] {
  const rounds: Metrics[] = [];
  for (const { step, metrics } of agent.learn({ steps: STEPS })) {
    rounds.push({ ...metrics, 'time/steps_per_second': 0 });
    if (step >= until) break;
  }
  return rounds;
}

/** What an agent does in a fresh environment, drawing its actions. */
function returnsOf(agent: Ppo, { make }: Run): readonly number[] {
  return evaluate(agent, make(), { episodes: 4, seed: 3, deterministic: false }).returns;
}

describe.each(cases)('$name, on $on.name', ({ run, on }) => {
  test('the same seed gives the same bits', () => {
    const [first, second, other] = [0, 0, 1].map(
      (add) => new Ppo(run.make(), { ...run.options, seed: 7 + add, device: on }),
    );
    expect(learn(first)).toEqual(learn(second));
    expect(first.checkpoint()).toStrictEqual(second.checkpoint());
    learn(other);
    expect(other.checkpoint().files).not.toEqual(first.checkpoint().files);
  });

  test('stopped, saved to disk and resumed is the same as not interrupted, bit for bit', async () => {
    const whole = new Ppo(run.make(), { ...run.options, device: on });
    const metrics = learn(whole);

    const begun = new Ppo(run.make(), { ...run.options, device: on });
    const before = learn(begun, 3 * ROUND);
    const path = join(folder, `${on.name}-${cases.findIndex((each) => each.run === run)}`);
    await saveCheckpoint(path, begun.checkpoint());
    begun.dispose();

    const resumed = Ppo.restore(await loadCheckpoint(path), run.make(), { device: on });
    expect(resumed.step).toBe(3 * ROUND);
    const after = learn(resumed);
    expect([...before, ...after]).toEqual(metrics);
    // Options, parameters, moments of Adam, normalizers, random streams, environments, counters: all there is.
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
    expect(returnsOf(resumed, run)).toEqual(returnsOf(whole, run));
  });
});

test.each(['CartPole-v1', 'Pendulum-v1', 'LectureGrid-v0'])(
  '%s: one environment is as good as a vector of one',
  (id) => {
    const options = { ...shared, steps: ROUND, stateDependentExploration: id === 'Pendulum-v1' ? 4 : null };
    const [single, vector] = [makeEnv(id), makeVectorEnv(id, 1)].map((env) => new Ppo(env, options));
    expect(learn(single)).toEqual(learn(vector));
    expect(single.checkpoint().files).toStrictEqual(vector.checkpoint().files);
  },
);

test('stopping and going on in the same process is no interruption either', () => {
  const run = runs['continuous actions, everything normalized'];
  const [whole, halved] = [0, 1].map(() => new Ppo(run.make(), run.options));
  const metrics = learn(whole);
  expect([...learn(halved, 2 * ROUND), ...learn(halved)]).toEqual(metrics);
  expect(halved.checkpoint()).toStrictEqual(whole.checkpoint());
});

test('acting changes neither what is learned nor the normalizers', () => {
  const run = runs['continuous actions, everything normalized'];
  const agent = new Ppo(run.make(), run.options);
  learn(agent, 2 * ROUND);
  const before = agent.checkpoint();
  evaluate(agent, run.make(), { episodes: 3, seed: 1 });
  expect(agent.checkpoint()).toStrictEqual(before);
});

test('an agent saved on one device acts on another', () => {
  const run = runs['discrete actions, copies'];
  const agent = new Ppo(run.make(), run.options);
  learn(agent);
  const moved = Ppo.restore(agent.checkpoint(), run.make(), { device: device('wasm') });
  const observations = Float32Array.from({ length: 4 * 50 }, (_, i) => Math.sin(i) / 10);
  const [here, there] = [agent, moved].map((each) => {
    const actions = new Int32Array(50);
    each.actBatch(observations, actions);
    return actions;
  });
  expect(there).toEqual(here);
});
