import { evaluate, linear, type Env, type Metrics, type VectorEnv } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { defaultDevice, device, type Device } from '@gradus/tensor';
import { Pqn, type PqnOptions } from '@gradus/value-based';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradus-pqn-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** WebAssembly, and native kernels where they are. */
const devices = [...new Set<Device>([device('wasm'), defaultDevice()])];

interface Run {
  readonly make: () => Env | VectorEnv;
  readonly options: Partial<PqnOptions>;
}

const shared: Partial<PqnOptions> = { steps: 10, hidden: [16], learningRate: linear(1e-2, 0), seed: 7 };
const runs: Record<string, Run> = {
  'a single environment': { make: () => makeEnv('CartPole-v1'), options: { ...shared, steps: 40, batchSize: 20 } },
  'copies with masks and a time limit': {
    make: () => makeVectorEnv('Taxi-v4', 4, { maxEpisodeSteps: 17 }),
    options: { ...shared, batchSize: 8, maxGradNorm: null },
  },
  images: {
    make: () => makeVectorEnv('MinAtar/Breakout-v0', 4),
    options: { ...shared, batchSize: 40, convolutions: [{ filters: 4, kernel: 3, stride: 2 }] },
  },
};
const STEPS = 600;
const HALF = 320;
const cases = devices.flatMap((on) => Object.entries(runs).map(([name, run]) => ({ name, run, on })));

/** Learns up to step `until` of a training of `STEPS`; the metrics of each round, but for the speed. */
function learn(agent: Pqn, until: number = STEPS): Metrics[] {
  const rounds: Metrics[] = [];
  for (const { step, metrics } of agent.learn({ steps: STEPS })) {
    rounds.push({ ...metrics, 'time/steps_per_second': 0 });
    if (step >= until) break;
  }
  return rounds;
}

describe.each(cases)('$name, on $on.name', ({ run, on }) => {
  test('the same seed gives the same bits', () => {
    const [first, second, other] = [0, 0, 1].map(
      (add) => new Pqn(run.make(), { ...run.options, seed: 7 + add, device: on }),
    );
    expect(learn(first)).toEqual(learn(second));
    expect(first.checkpoint()).toStrictEqual(second.checkpoint());
    learn(other);
    expect(other.checkpoint().files).not.toEqual(first.checkpoint().files);
  });

  test('stopped, saved to disk and resumed is the same as not interrupted, bit for bit', async () => {
    const whole = new Pqn(run.make(), { ...run.options, device: on });
    const metrics = learn(whole);

    const begun = new Pqn(run.make(), { ...run.options, device: on });
    const before = learn(begun, HALF);
    const path = join(folder, `${on.name}-${cases.findIndex((each) => each.run === run)}`);
    await saveCheckpoint(path, begun.checkpoint());
    begun.dispose();

    const resumed = Pqn.restore(await loadCheckpoint(path), run.make(), { device: on });
    expect(resumed.step).toBe(HALF);
    const after = learn(resumed);
    expect([...before, ...after]).toEqual(metrics);
    // Options, network, the optimizer's state, random streams, environments, counters: all there is.
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
    const [again, expected] = [resumed, whole].map((agent) => evaluate(agent, run.make(), { episodes: 4, seed: 3 }));
    expect(again).toEqual(expected);
  });
});

test('acting changes nothing of what is learned', () => {
  const run = runs['copies with masks and a time limit'];
  const agent = new Pqn(run.make(), run.options);
  learn(agent, HALF);
  const before = agent.checkpoint();
  evaluate(agent, run.make(), { episodes: 3, seed: 1 });
  expect(agent.checkpoint()).toStrictEqual(before);
});
