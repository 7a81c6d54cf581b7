import { CheckpointError, Discrete, decodeCheckpointFile, encodeCheckpointFile, inspectCheckpoint } from '@gradus/core';
import { makeEnv, makeVectorEnv, normalizeObservation } from '@gradus/envs';
import { Dqn, LinearSarsa, QLearning } from '@gradus/value-based';
import { expect, test } from 'vitest';

test('weights by name are those that a Dqn acts by', () => {
  const agent = new Dqn(makeVectorEnv('CartPole-v1', 2), {
    hidden: [8],
    trainFrequency: 4,
    learningStarts: 20,
    seed: 3,
  });
  Array.from(agent.learn({ steps: 64 }));
  const saved = agent.checkpoint({ saveReplay: false });
  const { algorithm, options, step, env, parameters } = inspectCheckpoint(
    decodeCheckpointFile(encodeCheckpointFile(saved)),
  );
  expect([algorithm, step, options.hidden, options.seed]).toEqual(['dqn', 64, [8], 3]);
  expect(env.observationSpace).toEqual(makeEnv('CartPole-v1').observationSpace);
  expect(env).toMatchObject({ actionSpace: new Discrete(2), numEnvs: 2, hasMasks: false, statistics: {} });
  expect(Object.keys(parameters).sort()).toEqual(['online', 'optimizer', 'target']);

  const { online } = parameters;
  const layer = (name: string, x: readonly number[]): number[] => {
    const { shape, data: weight } = online[`${name}.weight`];
    const [, outputs] = shape;
    return Array.from(online[`${name}.bias`].data, (bias, j) =>
      x.reduce((sum, value, i) => sum + value * weight[i * outputs + j], bias),
    );
  };
  const observation = [0.1, -0.2, 0.03, 0.4];
  const [first, last] = Object.keys(online)
    .filter((name) => name.endsWith('weight'))
    .map((name) => name.slice(0, -7));
  const q = layer(
    last,
    layer(first, observation).map((value) => Math.max(value, 0)),
  );
  agent.actionValues(observation).forEach((value, action) => {
    expect(value).toBeCloseTo(q[action], 5);
  });
});

test('a table and linear weights are there by name, too', () => {
  const tabular = new QLearning(makeEnv('Taxi-v4'));
  Array.from(tabular.learn({ steps: 300 }));
  const { learned, env, parameters } = inspectCheckpoint(tabular.checkpoint());
  expect(learned).toEqual({ actionValues: tabular.values.table });
  expect([env.hasMasks, parameters]).toEqual([true, {}]);
  const linear = new LinearSarsa(makeEnv('MountainCar-v0'));
  expect(inspectCheckpoint(linear.checkpoint()).learned.weights).toEqual(linear.values.weights);
});

test('what wrappers of the environment have learned is there', () => {
  const features = { kind: 'polynomial', order: 1, low: [-9, -9], high: [9, 9] } as const;
  const agent = new LinearSarsa(normalizeObservation(makeVectorEnv('MountainCar-v0', 1)), { features });
  Array.from(agent.learn({ steps: 100 }));
  const [normalizer] = inspectCheckpoint(agent.checkpoint()).env.statistics.observation;
  expect(normalizer.getState()).toEqual(agent.statistics.observation[0].getState());
});

test('what no agent of these packages has saved is refused by name', () => {
  expect(() => inspectCheckpoint({ algorithm: 'mine', state: {}, files: {} })).toThrow(
    new CheckpointError("state 'learned': expected a state, got nothing"),
  );
});
