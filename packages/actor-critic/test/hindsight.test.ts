import { EnvError, evaluate } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { Ddpg, DiscreteSac } from '@gradus/actor-critic';
import { describe, expect, test } from 'vitest';
import { continuousAgents, type ReplayAgent, type SharedOptions } from './support/agents.ts';

const shared: Partial<SharedOptions> = { hidden: [16], batchSize: 16, learningStarts: 60, trainFrequency: 4, seed: 7 };

describe.each(continuousAgents)('%s', (_, Agent, { small }) => {
  const make = (options: object, env = makeVectorEnv('PlanarReacher-v0', 2, { maxEpisodeSteps: 13 })) =>
    new Agent(env, {
      ...shared,
      ...small,
      bufferSize: 100,
      nSteps: 1,
      hindsight: {},
      ...options,
    } as Partial<SharedOptions>);
  const learn = (agent: ReplayAgent, until: number): void => {
    for (const { step } of agent.learn({ steps: 240 })) if (step >= until) break;
  };

  test('with hindsight, stopped within episodes, saved and resumed is the same as not interrupted, bit for bit', () => {
    const whole = make({});
    learn(whole, 240);
    const begun = make({});
    learn(begun, 124);
    const env = makeVectorEnv('PlanarReacher-v0', 2, { maxEpisodeSteps: 13 });
    const resumed = Agent.load(structuredClone(begun.checkpoint()), { env }) as ReplayAgent;
    learn(resumed, 240);
    expect(resumed.checkpoint().files).toStrictEqual(whole.checkpoint().files);
    const plain = make({ hindsight: null });
    learn(plain, 240);
    expect(plain.checkpoint().files).not.toEqual(whole.checkpoint().files);
  });

  test('hindsight is refused where it would not be right', () => {
    const expected = 'hindsight: expected uniform sampling of all transitions, and nSteps 1, got';
    expect(() => make({ nSteps: 3 })).toThrow(new RangeError(`${expected} uniform sampling of all, and 3`));
    expect(() => make({ newest: 50 })).toThrow(`${expected} uniform sampling of the newest, and 1`);
    expect(() => make({ sampling: { kind: 'prioritized' } })).toThrow(`${expected} prioritized sampling of all, and 1`);
    expect(() => make({ hindsight: { strategy: 'random' } })).toThrow(
      'expected hindsight to be an object with strategy',
    );
    expect(() => make({}, makeVectorEnv('Pendulum-v1', 2))).toThrow(
      new EnvError(
        'hindsight: expected an environment with goals (goalRules), got one without, whose observations are Box([-1, -1, -8], [1, 1, 8], [3])',
      ),
    );
    const early = make({ learningStarts: 10 });
    expect(() => Array.from(early.learn({ steps: 20 }))).toThrow(
      'let learningStarts be more than the steps of an episode',
    );
  });

  test('loaded without an environment it acts as it did', () => {
    const agent = make({});
    learn(agent, 80);
    const loaded = Agent.load(agent.checkpoint()) as ReplayAgent;
    const { observation } = makeEnv('PlanarReacher-v0').reset({ seed: 1 });
    expect(loaded.act(observation)).toEqual(agent.act(observation));
  });
});

test('discrete SAC learns by hindsight too', () => {
  const agent = new DiscreteSac(makeEnv('BitFlip-v0', { bits: 4 }), {
    hidden: [32],
    batchSize: 32,
    learningStarts: 50,
    gamma: 0.9,
    learningRate: 3e-3,
    targetEntropy: 0.2,
    hindsight: { strategy: 'final' },
  });
  Array.from(agent.learn({ steps: 2000 }));
  const { returns } = evaluate(agent, makeVectorEnv('BitFlip-v0', 50, { bits: 4 }), { episodes: 200, seed: 7 });
  expect(returns.filter((value) => value > -4).length).toBeGreaterThanOrEqual(190);
});

test('noise on parameters waits for an episode to measure itself by, after training was resumed with an empty buffer too', () => {
  const options = {
    ...shared,
    bufferSize: 500,
    hindsight: {},
    noise: { kind: 'parameter' },
    learningStarts: 60,
  } as const;
  const agent = new Ddpg(makeEnv('PlanarReacher-v0'), options);
  Array.from(agent.learn({ steps: 101 }));
  const resumed = Ddpg.load(agent.checkpoint({ saveReplay: false }), { env: makeEnv('PlanarReacher-v0') });
  expect(Array.from(resumed.learn({ steps: 180 })).at(-1)?.step).toBe(180);
});
