import {
  decodeCheckpoint,
  encodeCheckpoint,
  evaluate,
  linear,
  type Env,
  type Metrics,
  type VectorEnv,
} from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { defaultDevice, device, type Device } from '@gradus/tensor';
import { describe, expect, test, vi } from 'vitest';
import { continuousAgents, type ReplayAgent, type SharedOptions } from './support/agents.ts';

/** WebAssembly, and native kernels where they are. */
const devices = [...new Set<Device>([device('wasm'), defaultDevice()])];

const shared: Partial<SharedOptions> = {
  hidden: [16],
  learningRate: linear(1e-2, 0),
  learningStarts: 50,
  batchSize: 16,
  trainFrequency: 8,
  gradientSteps: 3,
  seed: 7,
};

interface Run {
  readonly make: () => Env | VectorEnv;
  readonly options: Partial<SharedOptions>;
}

const runs: Readonly<Record<string, Run>> = {
  'a single environment, a full buffer': {
    make: () => makeEnv('Pendulum-v1', { maxEpisodeSteps: 33 }),
    options: { ...shared, bufferSize: 200 },
  },
  'copies, prioritized': {
    make: () => makeVectorEnv('MountainCarContinuous-v0', 4),
    options: { ...shared, bufferSize: 1000, sampling: { kind: 'prioritized' } } as Partial<SharedOptions>,
  },
};
const STEPS = 600;
const HALF = 304;
const cases = continuousAgents.flatMap(([algorithm, Agent, { small }]) =>
  devices.flatMap((on) =>
    Object.entries(runs).map(([name, run]) => ({
      algorithm,
      Agent,
      name,
      run: { make: run.make, options: { ...run.options, ...small } },
      on,
    })),
  ),
);

/** Learns up to step `until` of a training of `STEPS`; the metrics of each round, but for the speed. */
function learn(agent: ReplayAgent, until: number = STEPS): Metrics[] {
  const rounds: Metrics[] = [];
  for (const { step, metrics } of agent.learn({ steps: STEPS })) {
    rounds.push({ ...metrics, 'time/steps_per_second': 0 });
    if (step >= until) break;
  }
  return rounds;
}

describe.each(cases)('$algorithm, $name, on $on.name', ({ Agent, run, on }) => {
  test('the same seed gives the same bits', () => {
    const [first, second, other] = [0, 0, 1].map(
      (add) => new Agent(run.make(), { ...run.options, seed: 7 + add, device: on }),
    );
    expect(learn(first)).toEqual(learn(second));
    expect(first.checkpoint()).toStrictEqual(second.checkpoint());
    learn(other);
    expect(other.checkpoint().files).not.toEqual(first.checkpoint().files);
  });

  test('stopped, saved and resumed is the same as not interrupted, bit for bit, and acting in between changes nothing', () => {
    const whole = new Agent(run.make(), { ...run.options, device: on });
    const metrics = learn(whole);

    const begun = new Agent(run.make(), { ...run.options, device: on });
    const before = learn(begun, HALF);
    const saved = encodeCheckpoint(begun.checkpoint());
    const resumed = Agent.load(decodeCheckpoint(saved), { env: run.make(), device: on }) as ReplayAgent;
    expect(resumed.step).toBe(HALF);
    evaluate(resumed, run.make(), { episodes: 1, seed: 2 });
    expect([...before, ...learn(resumed)]).toEqual(metrics);
    // Options, networks and targets, moments of Adam, the replay buffer, noise, random streams, environments, counters: all there is.
    expect(resumed.checkpoint().files).toStrictEqual(whole.checkpoint().files);
    const [again, expected] = [resumed, whole].map((agent) => evaluate(agent, run.make(), { episodes: 2, seed: 3 }));
    expect(again).toEqual(expected);
  });
});

describe.each(continuousAgents)('%s', (_, Agent, { small }) => {
  test('without an environment it acts as it did, and its values are there', () => {
    const agent = new Agent(makeEnv('Pendulum-v1'), { ...shared, ...small, bufferSize: 500 });
    learn(agent, 200);
    const loaded = Agent.load(agent.checkpoint()) as ReplayAgent;
    const observations = Float32Array.from({ length: 30 }, (__, i) => Math.sin(i));
    const actions = [agent, loaded].map((each) => {
      const chosen = new Float32Array(10);
      each.actBatch?.(observations, chosen);
      return [...chosen];
    });
    expect(actions[1]).toEqual(actions[0]);
    expect(loaded.stateValue(observations)).toEqual(agent.stateValue(observations));
    expect(() => Array.from(loaded.learn({ moreSteps: 8 }))).toThrow('learn: expected an environment to learn in');
  });

  test('without its buffer it says so, and learns again when there is enough', () => {
    const agent = new Agent(makeEnv('Pendulum-v1'), { ...shared, ...small, bufferSize: 500 });
    learn(agent, 200);
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const resumed = Agent.load(agent.checkpoint({ saveReplay: false }), { env: makeEnv('Pendulum-v1') }) as ReplayAgent;
    // A round each 8 steps; the first past step 200 + 50 is that of step 256.
    expect(learn(resumed, 280).findIndex((metrics) => 'train/value_loss' in metrics)).toBe((256 - 208) / 8);
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });
});
