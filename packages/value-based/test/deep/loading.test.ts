import { CheckpointError, evaluate, loadAgent, type Agent, type Env } from '@gradus/core';
import { makeEnv, makeVectorEnv, normalizeObservation } from '@gradus/envs';
import { defaultDevice, type Device } from '@gradus/tensor';
import { Dqn, Pqn, c51Defaults, qrDqnDefaults, rainbowDefaults, type DqnOptions } from '@gradus/value-based';
import { describe, expect, test, vi } from 'vitest';

const small: Partial<DqnOptions> = { hidden: [8], learningStarts: 20, bufferSize: 1_000_000, seed: 3 };
const variants: Record<string, Partial<DqnOptions>> = {
  dqn: {},
  c51: c51Defaults,
  'qr-dqn': { ...qrDqnDefaults, distribution: { kind: 'quantile', quantiles: 5 } },
  rainbow: rainbowDefaults,
};
const create: Record<string, () => Agent & { actionValues(observations: Float32Array): Float32Array }> = {
  ...Object.fromEntries(
    Object.entries(variants).map(([name, options]) => [
      name,
      () => new Dqn(makeEnv('CartPole-v1'), { ...options, ...small, bufferSize: 500 }),
    ]),
  ),
  pqn: () => new Pqn(makeEnv('CartPole-v1'), { hidden: [8], steps: 16, batchSize: 16, seed: 3 }),
};

const observations = Float32Array.from({ length: 40 }, (_, i) => Math.sin(i) / 5);

test.each(Object.keys(create))('%s acts as it did without an environment, whatever it is', (name) => {
  const agent = create[name]();
  Array.from(agent.learn({ steps: 64 }));
  const loaded = loadAgent(agent.checkpoint(), [Dqn, Pqn]) as ReturnType<(typeof create)[string]>;
  expect(loaded.step).toBe(64);
  expect(loaded.actionValues(observations)).toEqual(agent.actionValues(observations));
  const [before, after] = [agent, loaded].map((each) =>
    evaluate(each, makeEnv('CartPole-v1'), { episodes: 3, seed: 1 }),
  );
  expect(after).toEqual(before);
  // What it acts by, the optimizer's state too, is saved again; not what it has not: experience.
  expect(loaded.checkpoint().files).toEqual(agent.checkpoint().files);
});

/** The default device, and how many programs were compiled on it. */
function countingDevice(): Device & { compiled: number } {
  const device = defaultDevice();
  return {
    name: device.name,
    compiled: 0,
    store: (dtype, values) => device.store(dtype, values),
    compile(graph) {
      this.compiled++;
      return device.compile(graph);
    },
  };
}

describe('what only learning needs', () => {
  const trained = () => {
    const agent = new Dqn(makeEnv('CartPole-v1'), small);
    Array.from(agent.learn({ steps: 40 }));
    return agent.checkpoint();
  };

  test('is neither allocated nor compiled in an agent that only acts', () => {
    const checkpoint = trained();
    const device = countingDevice();
    const before = process.memoryUsage().arrayBuffers;
    const agent = Dqn.load(checkpoint, { device });
    agent.act([0, 0, 0, 0]);
    // A million transitions would be 15 MB at least.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2e6);
    expect(device.compiled).toBe(1);
    agent.checkpoint();
    agent.dispose();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2e6);
    expect(device.compiled).toBe(1);
  });

  test('is there at once in one that is made to learn, so that what cannot be had is refused', () => {
    const device = countingDevice();
    const agent = new Dqn(makeEnv('CartPole-v1'), { ...small, device });
    // A minibatch step, and that of the target.
    expect(device.compiled).toBe(2);
    agent.dispose();
    const impossible = /^ReplayBuffer: 10,000,000,000,000 transitions take /;
    expect(() => new Dqn(makeEnv('CartPole-v1'), { bufferSize: 1e13 })).toThrow(impossible);
    expect(() => Dqn.load(trained(), { env: makeEnv('CartPole-v1'), bufferSize: 1e13 })).toThrow(impossible);
    expect(Dqn.load(trained(), { bufferSize: 1e13 }).act([0, 0, 0, 0])).toBeTypeOf('number');
  });
});

describe('with an environment', () => {
  const withoutState = (): Env => {
    const env = makeEnv('CartPole-v1');
    const { observationSpace, actionSpace } = env;
    return { observationSpace, actionSpace, reset: (how) => env.reset(how), step: (action) => env.step(action) };
  };

  test('another number of copies, or one without getState, begins new episodes with an empty buffer', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const agent = create.dqn();
    Array.from(agent.learn({ steps: 64 }));
    for (const env of [makeVectorEnv('CartPole-v1', 2), withoutState()]) {
      warn.mockClear();
      const loaded = Dqn.load(agent.checkpoint(), { env });
      expect(loaded.resumed).toBe('with new episodes');
      const rounds = Array.from(loaded.learn({ moreSteps: 40 }));
      expect(rounds.at(-1)?.step).toBe(104);
      expect(warn.mock.calls).toEqual([
        [
          'learn: the replay buffer is empty, since new episodes begin; learning goes on after 20 more steps (learningStarts)',
        ],
      ]);
    }
    warn.mockRestore();
  });

  test('a Dqn that was loaded to act and saved again goes on with an empty buffer', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const agent = create.dqn();
    Array.from(agent.learn({ steps: 64 }));
    const again = Dqn.load(Dqn.load(agent.checkpoint()).checkpoint(), { env: makeEnv('CartPole-v1') });
    expect([again.resumed, again.step]).toEqual(['with new episodes', 64]);
    expect(Array.from(again.learn({ moreSteps: 40 })).at(-1)?.metrics).toHaveProperty('train/loss');
    expect(warn).toHaveBeenCalledOnce();
    warn.mockRestore();
  });

  test('options are others where they are given, and those that give other shapes are refused by name', () => {
    const checkpoint = create.dqn().checkpoint();
    expect(Dqn.load(checkpoint, { learningRate: 1e-5 }).options).toMatchObject({ learningRate: 1e-5, hidden: [8] });
    expect(() => Dqn.load(checkpoint, { hidden: [9] })).toThrow(
      new CheckpointError(
        "load: what was saved does not fit with another hidden: safetensors: parameter '0.weight' is float32 [4, 8] in the file, expected float32 [4, 9]",
      ),
    );
    expect(() => Dqn.load(checkpoint, { env: makeEnv('CartPole-v1'), bufferSize: 400 })).toThrow(
      new CheckpointError(
        'load: what was saved does not fit with another bufferSize: replay buffer: expected capacity 400, got 500',
      ),
    );
  });
});

test('what wrappers learned of observations is applied by an agent without an environment, to values too', () => {
  const env = normalizeObservation(makeVectorEnv('CartPole-v1', 2));
  const agent = new Dqn(env, { hidden: [8], learningStarts: 64, trainFrequency: 4, batchSize: 16, bufferSize: 200 });
  Array.from(agent.learn({ steps: 200 }));
  const loaded = Dqn.load(agent.checkpoint());
  const raw = Float32Array.of(0.1, -0.5, 0.05, 1, -1, 0.5, -0.1, -2);
  const shown = new Float32Array(8);
  agent.statistics.observation[0].normalize(raw, shown);
  expect(loaded.actionValues(raw)).toEqual(agent.actionValues(shown));
  expect(loaded.actionValues(raw)).not.toEqual(agent.actionValues(raw));
  const how = { episodes: 3, seed: 1 };
  expect(evaluate(loaded, makeEnv('CartPole-v1'), how)).toEqual(
    evaluate(agent, normalizeObservation(makeEnv('CartPole-v1')), how),
  );
});
