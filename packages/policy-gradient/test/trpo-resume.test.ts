import { evaluate, linear, type Env, type Metrics, type VectorEnv } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { NaturalPolicyGradient, Trpo, type NaturalPolicyGradientOptions } from '@gradus/policy-gradient';
import { defaultDevice, device, type Device } from '@gradus/tensor';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradus-trpo-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** WebAssembly, and native kernels where they are. */
const devices = [...new Set<Device>([device('wasm'), defaultDevice()])];

interface Run {
  readonly algorithm: typeof Trpo | typeof NaturalPolicyGradient;
  readonly make: () => Env | VectorEnv;
  readonly options: Partial<NaturalPolicyGradientOptions>;
}

const shared = { hidden: [8], batchSize: 32, criticEpochs: 2, learningRate: linear(1e-2, 0), seed: 7 };
const runs: Record<string, Run> = {
  'TRPO, discrete actions, copies': {
    algorithm: Trpo,
    make: () => makeVectorEnv('CartPole-v1', 4),
    options: { ...shared, steps: 32, targetKl: 0.05 },
  },
  'TRPO, continuous actions, everything normalized, gSDE': {
    algorithm: Trpo,
    make: () => makeVectorEnv('Pendulum-v1', 2),
    options: {
      ...shared,
      steps: 64,
      normalizeObservation: true,
      normalizeReward: true,
      stateDependentExploration: 4,
    },
  },
  'TRPO, action masks': {
    algorithm: Trpo,
    make: () => makeVectorEnv('LectureGrid-v0', 2),
    options: { ...shared, steps: 64, targetKl: 0.1 },
  },
  'natural policy gradient, a single environment, several choices at once': {
    algorithm: NaturalPolicyGradient,
    make: () => makeEnv('IdentityMultiDiscrete-v0', { maxEpisodeSteps: 17 }),
    options: { ...shared, steps: 128 },
  },
};
const ROUND = 128;
const STEPS = 4 * ROUND;
const cases = devices.flatMap((on) => Object.entries(runs).map(([name, run]) => ({ name, run, on })));

/** Learns up to step `until` of a training of `STEPS`; the metrics of each round, but for the speed. */
function learn(agent: Trpo | NaturalPolicyGradient, until: number = STEPS): Metrics[] {
  const rounds: Metrics[] = [];
  for (const { step, metrics } of agent.learn({ steps: STEPS })) {
    rounds.push({ ...metrics, 'time/steps_per_second': 0 });
    if (step >= until) break;
  }
  return rounds;
}

describe.each(cases)('$name, on $on.name', ({ run, on }) => {
  const create = (seed = 7): Trpo | NaturalPolicyGradient =>
    new run.algorithm(run.make(), { ...run.options, seed, device: on });

  test('the same seed gives the same bits', () => {
    const [first, second, other] = [create(), create(), create(8)];
    expect(learn(first)).toEqual(learn(second));
    expect(first.checkpoint()).toStrictEqual(second.checkpoint());
    learn(other);
    expect(other.checkpoint().files).not.toEqual(first.checkpoint().files);
  });

  test('stopped, saved to disk and resumed is the same as not interrupted, bit for bit', async () => {
    const whole = create();
    const metrics = learn(whole);

    const begun = create();
    const before = learn(begun, 2 * ROUND);
    const path = join(folder, `${on.name}-${cases.findIndex((each) => each.run === run)}`);
    await saveCheckpoint(path, begun.checkpoint());
    begun.dispose();

    const saved = [await loadCheckpoint(path), run.make(), { device: on }] as const;
    const resumed = run.algorithm === Trpo ? Trpo.restore(...saved) : NaturalPolicyGradient.restore(...saved);
    expect(resumed.step).toBe(2 * ROUND);
    expect([...before, ...learn(resumed)]).toEqual(metrics);
    // Options, parameters, moments of Adam, normalizers, random streams, environments, counters: all there is.
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
    const [there, here] = [resumed, whole].map((agent) =>
      evaluate(agent, run.make(), { episodes: 4, seed: 3, deterministic: false }),
    );
    expect(there.returns).toEqual(here.returns);
  });
});
