import { Box, Random, consecutiveSeeds } from '@gradus/core';
import { hideElements, makeEnv, makeVectorEnv } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { scriptedEnv } from './scripted-env.ts';

const observationSpace = new Box([-9, -9, 1], [9, 9, 9]);

test('what is hidden is 0 in every observation, and all else as it was', () => {
  const env = hideElements(
    scriptedEnv(
      [
        { observation: [3, 4, 5], reward: 2 },
        { observation: [6, 7, 8], terminated: true },
      ],
      {
        observationSpace,
        first: [1, 2, 3],
      },
    ),
    [1],
  );
  expect(env.observationSpace).toBe(observationSpace);
  expect(env.reset().observation).toEqual(Float32Array.of(1, 0, 3));
  expect(env.step(0)).toEqual({
    observation: Float32Array.of(3, 0, 5),
    reward: 2,
    terminated: false,
    truncated: false,
  });
  expect(env.step(0)).toMatchObject({ observation: Float32Array.of(6, 0, 8), terminated: true });
});

describe.each([
  ['CartPole-v1', 'CartPoleNoVel-v1', [1, 3]],
  ['MountainCarContinuous-v0', 'MountainCarContinuousNoVel-v0', [1]],
  ['Pendulum-v1', 'PendulumNoVel-v1', [2]],
])('%s', (id, hiddenId, indices) => {
  test(`${hiddenId}, alone and in copies, is the same game with zeros for velocities`, () => {
    const options = { maxEpisodeSteps: 13 };
    const seen = makeVectorEnv(id, 2, options);
    const hidden = [makeVectorEnv(hiddenId, 2, options), hideElements(makeVectorEnv(id, 2, options), indices)];
    const alone = makeEnv(hiddenId, options);
    const { size } = seen.observationSpace;
    const without = (rows: Float32Array): number[] => [...rows].map((x, i) => (indices.includes(i % size) ? 0 : x));
    for (const env of [seen, ...hidden]) env.reset({ seed: consecutiveSeeds(5, 2) });
    const first = alone.reset({ seed: 5 }).observation as Float32Array;
    expect([...first]).toEqual(without(seen.observations).slice(0, size));
    const random = new Random(1);
    let ends = 0;
    for (let step = 0; step < 100; step++) {
      const values = [0, 1].map(() => random.integer(2));
      const actions = seen.actionSpace.kind === 'box' ? Float32Array.from(values) : Int32Array.from(values);
      for (const env of [seen, ...hidden]) env.step(actions);
      const result = alone.step(seen.actionSpace.kind === 'box' ? actions.subarray(0, 1) : actions[0]);
      for (const env of hidden) {
        expect([...env.observations]).toEqual(without(seen.observations));
        expect([env.rewards, env.terminated, env.truncated]).toEqual([seen.rewards, seen.terminated, seen.truncated]);
        for (let i = 0; i < 2; i++) {
          if (!seen.terminated[i] && !seen.truncated[i]) continue;
          ends++;
          const row = (rows: ArrayLike<number>): number[] => Array.from(rows).slice(i * size, (i + 1) * size);
          expect(row(env.finalObservations)).toEqual(row(without(seen.finalObservations)));
        }
      }
      expect([result.reward, result.terminated]).toEqual([seen.rewards[0], seen.terminated[0] === 1]);
      if (result.terminated || result.truncated) alone.reset();
    }
    expect(ends).toBeGreaterThan(8);
  });
});

test.each([
  [[3], 'hideElements: expected indices of observation elements, 0 to 2, got 3'],
  [[-1], 'hideElements: expected indices of observation elements, 0 to 2, got -1'],
  [[0.5], 'hideElements: expected indices of observation elements, 0 to 2, got 0.5'],
  [[2], 'hideElements: expected bounds with 0 between them, got [1, 9] at [2]'],
])('elements %j are refused', (indices, message) => {
  expect(() => hideElements(scriptedEnv([], { observationSpace }), indices)).toThrow(new RangeError(message));
});

test('choices cannot be hidden', () => {
  expect(() => hideElements(makeEnv('Taxi-v4'), [0])).toThrow('hideElements: observationSpace: expected a Box');
});
