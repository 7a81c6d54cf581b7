import {
  Box,
  Discrete,
  MultiBinary,
  MultiDiscrete,
  createActions,
  evaluate,
  vectorEnvFromDynamics,
  type Space,
  type SpaceValue,
} from '@gradus/core';
import { identity } from '@gradus/envs';
import { describe, expect, test } from 'vitest';

describe.each<[string, Space]>([
  ['Discrete', new Discrete(4)],
  ['Discrete from 2', new Discrete(3, 2)],
  ['MultiDiscrete', new MultiDiscrete([3, 2])],
  ['MultiBinary', new MultiBinary(3)],
  ['Box', new Box(-1, 1, [2])],
])('identity of %s', (_, space) => {
  test('rewards repeating the observation with 1 for each of its steps', () => {
    const env = vectorEnvFromDynamics(identity({ space, maxEpisodeSteps: 50 }), 3);
    const { returns, lengths } = evaluate({ act: (observation: SpaceValue) => observation }, env, {
      episodes: 6,
      seed: 1,
    });
    expect(returns).toEqual(new Array(6).fill(50));
    expect(lengths).toEqual(new Array(6).fill(50));
  });

  test('rewards anything else with 0', () => {
    const env = vectorEnvFromDynamics(identity({ space }), 2);
    env.reset({ seed: 1 });
    const actions = createActions(space, 2);
    for (let step = 0; step < 50; step++) {
      actions.set(env.observations);
      // Wrong in one element of the second copy only.
      const last = actions.length - 1;
      if (space.kind === 'box') actions[last] += actions[last] > 0 ? -0.06 : 0.06;
      else if (space.kind === 'discrete') actions[last] = actions[last] === space.start ? space.start + 1 : space.start;
      else actions[last] = 1 - actions[last];
      env.step(actions);
      expect(env.rewards).toEqual(Float64Array.of(1, 0));
    }
  });
});

test('shows a new member at each step', () => {
  const env = vectorEnvFromDynamics(identity(), 1);
  env.reset({ seed: 2 });
  const seen = Array.from({ length: 60 }, () => {
    env.step(Int32Array.of(0));
    return env.observations[0];
  });
  expect(new Set(seen)).toEqual(new Set([0, 1]));
});

test('a real action beyond the bounds repeats what lies near the nearest one within', () => {
  // All that is shown lies within the tolerance of either bound.
  const env = vectorEnvFromDynamics(identity({ space: new Box([0, -0.04], [0.04, 0], [2]) }), 2);
  env.reset({ seed: 1 });
  env.step(Float32Array.of(9, -9, -9, 9));
  expect(env.rewards).toEqual(Float64Array.of(1, 1));
});
