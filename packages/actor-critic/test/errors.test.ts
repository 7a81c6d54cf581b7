import { Box, DivergenceError, EnvError, type Env, type StepResult } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import * as t from '@gradus/tensor';
import { D4pg, Ddpg, Sac, Td3, Tqc } from '@gradus/actor-critic';
import { describe, expect, test } from 'vitest';
import { continuousAgents } from './support/agents.ts';

const small = { hidden: [4], bufferSize: 100, batchSize: 8, learningStarts: 4 };

/** An environment as users write them, which returns `result` at its tenth step. */
function userEnv(actionSpace: Env['actionSpace'], result: Partial<StepResult> = {}): Env {
  let steps = 0;
  return {
    observationSpace: new Box(-1, 1, [2]),
    actionSpace,
    reset: () => ({ observation: [0, 0] }),
    step: () => {
      const usual = { observation: [0.5, 0.5], reward: 1, terminated: false, truncated: false };
      return ++steps === 10 ? { ...usual, ...result } : usual;
    },
  };
}

const box = new Box(-1, 1, [1]);

describe.each(continuousAgents)('%s', (_, Agent) => {
  const make =
    (options: object, env: Env = userEnv(box)) =>
    () =>
      new Agent(env, options);

  test('other actions', () => {
    for (const env of [
      makeEnv('CartPole-v1'),
      userEnv(new Box(-Infinity, 1, [2])),
      userEnv(new Box(0, 3, [1], { dtype: 'uint8' })),
    ]) {
      const others = env.actionSpace.kind === 'discrete' ? ': choices are for DiscreteSac, A2c, Ppo or Dqn' : '';
      const got = `${env.actionSpace.toString()}${others}`;
      expect(make({}, env)).toThrow(
        new RangeError(`${Agent.name}: expected actions of a float32 Box with finite bounds, got ${got}`),
      );
    }
  });

  test('unknown options, and wrong ones', () => {
    expect(make({ gama: 1 })).toThrow(new RangeError(`${Agent.name}: unknown option 'gama'; did you mean 'gamma'?`));
    expect(make({ batchSize: 0 })).toThrow(
      new RangeError(`${Agent.name}: expected batchSize to be a positive integer, got 0`),
    );
    expect(make({ gradientSteps: -1 })).toThrow(
      new RangeError(
        `${Agent.name}: expected gradientSteps to be a positive integer, got -1: for one at each step set it to trainFrequency`,
      ),
    );
    expect(make({ sampling: { kind: 'best' } })).toThrow(
      "expected sampling to be an object whose kind is 'uniform' or 'stratified' or 'softmax' or 'episodes' or 'prioritized', got {\"kind\":\"best\"}: expected kind to be",
    );
    expect(make({ sampling: { kind: 'stratified' } })).toThrow('stratified: expected lambda to be a finite number');
    expect(make({ newest: 5, sampling: { kind: 'softmax' } })).toThrow(
      new RangeError("newest: expected it with uniform sampling, got 'softmax'"),
    );
    expect(() => new Agent(makeVectorEnv('Pendulum-v1', 2), { trainFrequency: 3 })).toThrow(
      'trainFrequency: expected a multiple of 2 (copies, which step together), got 3: set it to 4, or use fewer copies',
    );
    expect(make({ bufferSize: 1e15 })).toThrow(/^ReplayBuffer: 1,000,000,000,000,000 transitions/);
  });

  test.each<[Partial<StepResult>, string]>([
    [{ reward: NaN }, 'reward of environment 0 is NaN, expected a finite number'],
    [{ observation: [0, NaN] }, 'observation of environment 0 has NaN at [1], expected a finite number'],
  ])("a user's environment that gives %j", (result, message) => {
    const agent = make(small, userEnv(box, result))();
    expect(() => Array.from(agent.learn({ steps: 16 }))).toThrow(new EnvError(message));
  });

  test('too large a step ends training, and there is no checkpoint of what is left', () => {
    const agent = make({ ...small, learningRate: 1e30 })();
    expect(() => {
      for (const { metrics } of agent.learn({ steps: 500 })) {
        for (const metric in metrics) {
          if (metric.startsWith('train/')) expect(metrics[metric]).toSatisfy(Number.isFinite);
        }
        agent.checkpoint();
      }
    }).toThrow(DivergenceError);
  });
});

test.each([D4pg, Ddpg, Td3, Sac, Tqc])('a network of another shape: %o', (Agent) => {
  const make = (options: object) => () => new Agent(userEnv(box), options);
  const network = ({ features, random }: { features: number; random: t.RandomSource }): t.Module =>
    t.linear({ input: features, output: 7, random });
  expect(make({ network })).toThrow(/^network: expected its actor to make \[2, \d\] of \[2, 2\], got \[2, 7\]$/);
  const narrow = ({ outputs, random }: { outputs: number; random: t.RandomSource }): t.Module =>
    t.linear({ input: 1, output: outputs, random });
  expect(make({ network: narrow })).toThrow(
    /^network: expected its actor to make \[2, \d\] of \[2, 2\], which it does not take: matmul: \[2, 2\] and \[1, \d\] do not fit/,
  );
  expect(make({ network: () => 7 })).toThrow('network: expected its result to be a module, got 7');
});

test.each([D4pg, Ddpg, Td3])('noise that is none: %o', (Agent) => {
  const make = (noise: object) => () => new Agent(userEnv(box), { noise } as object);
  expect(make({ kind: 'pink' })).toThrow(
    "expected kind to be 'gaussian' or 'ornstein-uhlenbeck' or 'parameter', got \"pink\"",
  );
  expect(make({ kind: 'gaussian' })).toThrow('gaussian: expected deviation to be');
  expect(make({ kind: 'ornstein-uhlenbeck', theta: 1 })).toThrow("ornstein-uhlenbeck: unknown option 'theta'");
});

test('an action whose bounds leave no choice', () => {
  const agent = new Ddpg(userEnv(new Box([-1, 0.5], [1, 0.5])), { ...small, trainFrequency: 1 });
  Array.from(agent.learn({ steps: 30 }));
  expect((agent.act([0, 0]) as Float32Array)[1]).toBe(0.5);
});

test('α begins with what another option says', () => {
  expect(() => new Sac(makeEnv('Pendulum-v1'), { ...small, entropyCoefficient: 'auto_0.1' as 'auto' })).toThrow(
    'Sac: expected entropyCoefficient to be \'auto\' or a number of at least 0, got "auto_0.1": what α begins with is initialEntropyCoefficient',
  );
});
