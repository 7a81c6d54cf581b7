import { evaluate, linear, type Env, type Metrics, type VectorEnv } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { Reinforce, type ReinforceOptions } from '@gradus/policy-gradient';
import { defaultDevice, device, type Device } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';

/** WebAssembly, and native kernels where they are. */
const devices = [...new Set<Device>([device('wasm'), defaultDevice()])];

interface Run {
  readonly make: () => Env | VectorEnv;
  readonly options: Partial<ReinforceOptions>;
}

const shared = { hidden: [8], batchSize: 32, learningRate: linear(1e-2, 0), seed: 7 };
const runs: Record<string, Run> = {
  'discrete actions, copies that are stopped within episodes, learned values': {
    make: () => makeVectorEnv('CartPole-v1', 4),
    options: { ...shared, episodes: 1 },
  },
  'continuous actions, a single environment, optimal baseline': {
    make: () => makeEnv('Pendulum-v1', { maxEpisodeSteps: 30 }),
    options: { ...shared, episodes: 3, baseline: 'optimal', maxGradNorm: 1 },
  },
  'masks, mean baseline': {
    make: () => makeVectorEnv('LectureGrid-v0', 2),
    options: { ...shared, episodes: 2, baseline: 'mean', credit: 'total-return' },
  },
};
const STEPS = 600;
const cases = devices.flatMap((on) => Object.entries(runs).map(([name, run]) => ({ name, run, on })));

/** Learns for so many rounds at most of a training of `STEPS`; the metrics of each, but for the speed. */
function learn(agent: Reinforce, rounds = Infinity): Metrics[] {
  const all: Metrics[] = [];
  for (const { metrics } of agent.learn({ steps: STEPS })) {
    all.push({ ...metrics, 'time/steps_per_second': 0 });
    if (all.length === rounds) break;
  }
  return all;
}

/** What an agent does in a fresh environment, drawing its actions. */
function returnsOf(agent: Reinforce, { make }: Run): readonly number[] {
  return evaluate(agent, make(), { episodes: 4, seed: 3, deterministic: false }).returns;
}

describe.each(cases)('$name, on $on.name', ({ run, on }) => {
  test('the same seed gives the same bits', () => {
    const [first, second, other] = [0, 0, 1].map(
      (add) => new Reinforce(run.make(), { ...run.options, seed: 7 + add, device: on }),
    );
    expect(learn(first)).toEqual(learn(second));
    expect(first.checkpoint()).toStrictEqual(second.checkpoint());
    learn(other);
    expect(other.checkpoint().files).not.toEqual(first.checkpoint().files);
  });

  test('stopped, saved and resumed is the same as not interrupted, bit for bit', () => {
    const whole = new Reinforce(run.make(), { ...run.options, device: on });
    const metrics = learn(whole);
    expect(metrics.length).toBeGreaterThan(3);

    const begun = new Reinforce(run.make(), { ...run.options, device: on });
    const before = learn(begun, 2);
    const checkpoint = begun.checkpoint();
    begun.dispose();

    const resumed = Reinforce.restore(checkpoint, run.make(), { device: on });
    expect(resumed.checkpoint()).toStrictEqual(checkpoint);
    const after = learn(resumed);
    expect([...before, ...after]).toEqual(metrics);
    // Options, parameters, moments of Adam, random streams, environments, counters: all there is.
    expect(resumed.checkpoint()).toStrictEqual(whole.checkpoint());
    expect(returnsOf(resumed, run)).toEqual(returnsOf(whole, run));
  });
});

test('acting does not change what is learned', () => {
  const [run] = Object.values(runs);
  const [agent, other] = [0, 1].map(() => new Reinforce(run.make(), run.options));
  for (const each of [agent, other]) learn(each, 2);
  const before = agent.checkpoint();
  evaluate(agent, run.make(), { episodes: 3, seed: 1 });
  expect(agent.checkpoint()).toStrictEqual(before);
  // Drawing actions counts, but not in training.
  expect(returnsOf(agent, run)).not.toEqual(returnsOf(agent, run));
  expect(learn(agent)).toEqual(learn(other));
  expect(agent.checkpoint().files).toStrictEqual(other.checkpoint().files);
});
