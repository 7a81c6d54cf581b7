import { evaluate, linear, readState, type Env, type Metrics, type VectorEnv } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { defaultDevice, device, type Device } from '@gradus/tensor';
import { Dqn, qrDqnDefaults, rainbowDefaults, type DqnOptions } from '@gradus/value-based';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gradus-dqn-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** WebAssembly, and native kernels where they are. */
const devices = [...new Set<Device>([device('wasm'), defaultDevice()])];

interface Run {
  readonly make: () => Env | VectorEnv;
  readonly options: Partial<DqnOptions>;
}

const shared: Partial<DqnOptions> = {
  hidden: [16],
  learningRate: linear(1e-2, 0),
  learningStarts: 50,
  trainFrequency: 8,
  gradientSteps: 2,
  targetUpdateInterval: 20,
  epsilon: linear(1, 0.1, 0.5),
  seed: 7,
};
const runs: Record<string, Run> = {
  'a single environment, a full buffer': {
    make: () => makeEnv('CartPole-v1'),
    options: { ...shared, bufferSize: 200 },
  },
  'copies, double, a slow target': {
    make: () => makeVectorEnv('IdentityDiscrete-v0', 4, { maxEpisodeSteps: 17 }),
    options: { ...shared, bufferSize: 5000, double: true, tau: 0.5, loss: 'squared', maxGradNorm: null },
  },
  Rainbow: {
    make: () => makeEnv('CartPole-v1'),
    options: { ...shared, ...rainbowDefaults, bufferSize: 200 },
  },
  'QR-DQN, copies with masks': {
    make: () => makeVectorEnv('Taxi-v4', 4),
    options: { ...shared, ...qrDqnDefaults, bufferSize: 400, distribution: { kind: 'quantile', quantiles: 5 } },
  },
  'hindsight, copies': {
    make: () => makeVectorEnv('BitFlip-v0', 2, { bits: 7 }),
    options: { ...shared, hindsight: { strategy: 'episode' }, bufferSize: 200 },
  },
  'no replay': {
    make: () => makeEnv('CartPole-v1'),
    options: { ...shared, replay: 'none', batchSize: 8, gradientSteps: 1, nSteps: 2 },
  },
};
const STEPS = 600;
const HALF = 304;
const cases = devices.flatMap((on) => Object.entries(runs).map(([name, run]) => ({ name, run, on })));

/** Learns up to step `until` of a training of `STEPS`; the metrics of each round, but for the speed. */
function learn(agent: Dqn, until: number = STEPS): Metrics[] {
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
      (add) => new Dqn(run.make(), { ...run.options, seed: 7 + add, device: on }),
    );
    expect(learn(first)).toEqual(learn(second));
    expect(first.checkpoint()).toStrictEqual(second.checkpoint());
    learn(other);
    expect(other.checkpoint().files).not.toEqual(first.checkpoint().files);
  });

  test('stopped, saved to disk and resumed is the same as not interrupted, bit for bit', async () => {
    const whole = new Dqn(run.make(), { ...run.options, device: on });
    const metrics = learn(whole);

    const begun = new Dqn(run.make(), { ...run.options, device: on });
    const before = learn(begun, HALF);
    const path = join(folder, `${on.name}-${cases.findIndex((each) => each.run === run)}`);
    await saveCheckpoint(path, begun.checkpoint());
    begun.dispose();

    const resumed = Dqn.restore(await loadCheckpoint(path), run.make(), { device: on });
    expect(resumed.step).toBe(HALF);
    const after = learn(resumed);
    expect([...before, ...after]).toEqual(metrics);
    // Options, both networks, moments of Adam, the replay buffer, random streams, environments, counters: all there is.
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
    const [again, expected] = [resumed, whole].map((agent) => evaluate(agent, run.make(), { episodes: 4, seed: 3 }));
    expect(again).toEqual(expected);
  });
});

test('acting changes nothing of what is learned', () => {
  const run = runs['copies, double, a slow target'];
  const agent = new Dqn(run.make(), run.options);
  learn(agent, HALF);
  const before = agent.checkpoint();
  evaluate(agent, run.make(), { episodes: 3, seed: 1 });
  expect(agent.checkpoint()).toStrictEqual(before);
});

test.each(['uniform', 'prioritized'] as const)(
  'without its buffer (%s) it says so, and learns again when there is enough',
  (replay) => {
    const options = { ...shared, replay, bufferSize: 500 };
    const agent = new Dqn(makeEnv('CartPole-v1'), options);
    learn(agent, 200);
    const checkpoint = agent.checkpoint({ saveReplay: false });
    expect(readState(checkpoint.state, 'loop').replay).toBeNull();

    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const resumed = Dqn.restore(checkpoint, makeEnv('CartPole-v1'));
    expect(resumed.resumed).toBe('without replay');
    const observations = [0, 0.01, 0.05, -0.02];
    expect(resumed.act(observations)).toBe(agent.act(observations));
    // A round each 8 steps; the first past step 200 + 50 is that of step 256.
    expect(learn(resumed, 280).findIndex((metrics) => 'train/loss' in metrics)).toBe((256 - 208) / 8);
    const why = 'learn: the replay buffer is empty, since the checkpoint was saved without it';
    expect(warn.mock.calls).toEqual([[`${why}; learning goes on after 50 more steps (learningStarts)`]]);

    // And bit for bit from a whole checkpoint in between.
    const between = Dqn.restore(checkpoint, makeEnv('CartPole-v1'));
    learn(between, 240);
    const again = Dqn.restore(between.checkpoint(), makeEnv('CartPole-v1'));
    learn(again, 280);
    expect(again.checkpoint().files).toEqual(resumed.checkpoint().files);
    warn.mockRestore();
  },
);

test('a round that is being gathered is saved in any case', () => {
  const agent = new Dqn(makeEnv('CartPole-v1'), runs['no replay'].options);
  learn(agent, 203);
  expect(agent.checkpoint({ saveReplay: false })).toEqual(agent.checkpoint());
  expect(Dqn.restore(agent.checkpoint({ saveReplay: false }), makeEnv('CartPole-v1')).resumed).toBe('exactly');
});

test('without replay, resumed with new episodes in the middle of a round, it waits for a whole one', () => {
  const agent = new Dqn(makeEnv('CartPole-v1'), { ...runs['no replay'].options, learningStarts: 0 });
  Array.from(agent.learn({ steps: 203 }));
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  // Rounds end with steps 208, which is too soon, and 216; the copies take step 203 to 205, 207, …
  const resumed = Dqn.restore(agent.checkpoint(), makeVectorEnv('CartPole-v1', 2));
  const learned = Array.from(resumed.learn({ steps: 230 })).filter(({ metrics }) => 'train/loss' in metrics);
  expect(learned.map(({ step }) => step)).toEqual([217, 225]);
  expect(warn).toHaveBeenCalledOnce();
});
