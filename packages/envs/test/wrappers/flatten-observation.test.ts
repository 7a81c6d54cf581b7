import {
  Box,
  Dict,
  Discrete,
  MultiBinary,
  MultiDiscrete,
  Random,
  envFromDynamics,
  numbersOf,
  vectorEnvFromDynamics,
  vectorize,
  type Env,
  type Observation,
  type Space,
} from '@gradus/core';
import { checkEnv, flattenObservation, frameStack, identity } from '@gradus/envs';
import { describe, expect, test } from 'vitest';

const goalSpace = new Dict({
  position: new Box([-1, 0], [1, 5]),
  goal: new Discrete(3, 1),
  inner: new Dict({ keys: new MultiBinary(2), code: new MultiDiscrete([2, 2], [0, -1]) }),
});

/** Shows random members, as a list or by names. */
function shower(observationSpace: Space, show: (member: Observation) => Observation = (member) => member): Env {
  let random = new Random(0);
  let steps = 0;
  const observe = (): Observation => show(observationSpace.sample(random));
  return {
    observationSpace,
    actionSpace: new Discrete(2),
    reset({ seed } = {}) {
      if (seed !== undefined) random = new Random(seed);
      steps = 0;
      return { observation: observe() };
    },
    step: () => ({ observation: observe(), reward: 0, terminated: ++steps === 5, truncated: false }),
  };
}

describe('the space', () => {
  test.each<[Space, string]>([
    [new Box(-2, 3, [2, 2]), 'Box(-2, 3, [4])'],
    [new Box(0, 255, [2, 2], { dtype: 'uint8' }), 'Box(0, 255, [4], uint8)'],
    [new Box(-4, 4, [2], { dtype: 'int16' }), 'Box(-4, 4, [2], int16)'],
    [new Discrete(3, 5), 'Box(0, 1, [3], uint8)'],
    [new MultiDiscrete([2, 3]), 'Box(0, 1, [5], uint8)'],
    [new MultiBinary([2, 2]), 'Box(0, 1, [4], uint8)'],
    [goalSpace, 'Box([0, 0, 0, 0, 0, 0, 0, 0, 0, -1, 0], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5], [11])'],
  ])('of %s', (space, expected) => {
    expect(flattenObservation(shower(space)).observationSpace.toString()).toBe(expected);
  });
});

test('choices are one-hot, bits and numbers as they are, in the order of names', () => {
  const named = { position: [0.5, 4], goal: 3, inner: { keys: [1, 0], code: [1, -1] } };
  const env = flattenObservation(shower(goalSpace, () => named));
  // goal, inner.code, inner.keys, position
  expect(env.reset().observation).toEqual(Float32Array.of(0, 0, 1, 0, 1, 1, 0, 1, 0, 0.5, 4));
  expect(numbersOf(goalSpace, named)).toEqual(Float32Array.of(3, 1, -1, 1, 0, 0.5, 4));
});

test('every member can be read back', () => {
  const seen: Observation[] = [];
  const env = flattenObservation(
    shower(goalSpace, (member) => {
      seen.push(member);
      return member;
    }),
  );
  let observation = env.reset({ seed: 3 }).observation as Float32Array;
  for (let step = 0; step < 40; step++) {
    expect(env.observationSpace.problem(observation)).toBeUndefined();
    const choice = (start: number, count: number): number => {
      const part = observation.subarray(start, start + count);
      expect([...part].sort()).toEqual([...new Array<number>(count - 1).fill(0), 1]);
      return part.indexOf(1);
    };
    const [keys, position] = [observation.subarray(7, 9), observation.subarray(9)];
    const back = [1 + choice(0, 3), choice(3, 2), choice(5, 2) - 1, ...keys, ...position];
    expect(back).toEqual(Array.from(numbersOf(goalSpace, seen[step])));
    const result = env.step(0);
    observation = (result.terminated ? env.reset() : result).observation as Float32Array;
    if (result.terminated) seen.splice(step + 1, 1);
  }
});

test('the copies of a VectorEnv see what single environments see, also at the end of episodes', () => {
  const space = new MultiDiscrete([2, 3], [1, 0]);
  const together = flattenObservation(vectorEnvFromDynamics(identity({ space, maxEpisodeSteps: 3 }), 2));
  const alone = vectorize(() => flattenObservation(envFromDynamics(identity({ space, maxEpisodeSteps: 3 }))), 2);
  for (const env of [together, alone]) env.reset({ seed: 4 });
  for (let step = 0; step < 12; step++) {
    expect(together.observations).toEqual(alone.observations);
    for (const env of [together, alone]) env.step(Int32Array.of(1, 0, 2, 2));
    if (together.truncated[0] !== 0) expect(together.finalObservations).toEqual(alone.finalObservations);
  }
  const state = together.getState();
  const before = together.observations.slice();
  together.step(Int32Array.of(1, 0, 1, 0));
  together.setState(state);
  expect(together.observations).toEqual(before);
});

test('checkEnv takes what a Dict shows, and names the part that is wrong', () => {
  checkEnv(shower(goalSpace), { steps: 50 });
  checkEnv(
    shower(goalSpace, (member) => goalSpace.view(member as Float32Array)),
    { steps: 50 },
  );
  const wrong = { position: [0.5, 4], goal: 3, inner: { keys: [1, 2], code: [1, -1] } };
  expect(() => checkEnv(shower(goalSpace, () => wrong))).toThrow(
    "reset: observation in 'inner' in 'keys' has 2 at [1], expected an integer in [0, 1]",
  );
  const rest = { position: wrong.position, inner: wrong.inner };
  expect(() => checkEnv(shower(goalSpace, () => rest))).toThrow(
    "reset: observation has no 'goal', expected goal, inner, position",
  );
  expect(() => checkEnv({ ...shower(goalSpace), actionSpace: goalSpace })).toThrow(
    /^actionSpace is Dict\(goal: .*, expected a Box,/,
  );
  expect(frameStack(flattenObservation(shower(goalSpace)), 2).observationSpace.shape).toEqual([2, 11]);
});
