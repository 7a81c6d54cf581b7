import { evaluate, vectorEnvFromDynamics, vectorize, type Box, type Dict, type SpaceValue } from '@gradus/core';
import {
  flattenObservation,
  makeEnv,
  makeVectorEnv,
  normalizeReward,
  planarReacher,
  rescaleAction,
  timeLimit,
  transformReward,
} from '@gradus/envs';
import { expect, test } from 'vitest';

const space = planarReacher().observationSpace as Dict<{ observation: Box; achievedGoal: Box; desiredGoal: Box }>;

/** Turns both joints, as fast as they go, to the angles of inverse kinematics: r² = ½ + ½ cos θ₂, and the tip's direction is θ₁ + θ₂ / 2. */
const turnToGoal = {
  act(observation: SpaceValue): Float32Array {
    const { observation: arm, desiredGoal } = space.view(observation as Float32Array);
    const [cos1, sin1, cos2, sin2] = arm;
    const [x, y] = desiredGoal;
    const bend = Math.acos(2 * (x * x + y * y) - 1);
    const wanted = [Math.atan2(y, x) - bend / 2, bend];
    const present = [Math.atan2(sin1, cos1), Math.atan2(sin2, cos2)];
    return Float32Array.from(wanted, (angle, k) => 4 * wrap(angle - present[k]));
  },
};

function wrap(angle: number): number {
  return Math.atan2(Math.sin(angle), Math.cos(angle));
}

test('inverse kinematics reach every goal within half a turn, and stay there', () => {
  const episodes = 500;
  const env = vectorEnvFromDynamics(planarReacher(), episodes);
  const { returns, lengths } = evaluate(turnToGoal, env, { episodes, seed: 1 });
  expect(lengths).toEqual(new Array(episodes).fill(50));
  // π / ¼ = 12.6: the thirteenth step arrives at the latest.
  expect(Math.min(...returns)).toBeGreaterThanOrEqual(-12);
  expect(Math.min(...returns)).toBeLessThan(-8);
});

test('a step turns each joint by a quarter of its action, cut off at ±1, and shows angles and tip', () => {
  const env = makeEnv('PlanarReacher-v0');
  env.reset({ seed: 1 });
  const saved = env.getState!();
  env.setState!({
    ...saved,
    state: { angles: Float64Array.of(0, Math.PI / 2), goal: Float64Array.of(0.5, 0.5) },
  });
  const { observation, reward } = env.step(Float32Array.of(0.5, -7));
  const [first, second] = [0.125, Math.PI / 2 - 0.25];
  const { observation: arm, achievedGoal, desiredGoal } = space.view(observation as Float32Array);
  expect(arm).toEqual(Float32Array.of(Math.cos(first), Math.sin(first), Math.cos(second), Math.sin(second)));
  const tip = [
    0.5 * Math.cos(first) + 0.5 * Math.cos(first + second),
    0.5 * Math.sin(first) + 0.5 * Math.sin(first + second),
  ];
  expect(achievedGoal).toEqual(Float32Array.from(tip));
  expect(desiredGoal).toEqual(Float32Array.of(0.5, 0.5));
  expect(Math.hypot(tip[0] - 0.5, tip[1] - 0.5)).toBeGreaterThan(0.05);
  expect(reward).toBe(-1);
});

test('what is within the tolerance is rewarded with 0, and ends nothing; any goals are judged, in bulk', () => {
  const { goalRules } = planarReacher({ tolerance: 0.25 });
  const rewards = new Float64Array(3);
  goalRules?.computeRewards(
    Float32Array.of(0, 0, 0, 0, 0.5, 0.5),
    Float32Array.of(0.25, 0, 0.2, 0.2, 0.5, 0.5),
    rewards,
  );
  expect(rewards).toEqual(Float64Array.of(0, -1, 0));
  expect(goalRules).not.toHaveProperty('computeTerminated');
  expect(() => planarReacher({ tolerance: 0 })).toThrow('planarReacher: expected tolerance to be a positive number');
});

test('goals are uniform on the unit disc', () => {
  const n = 10_000;
  const env = vectorEnvFromDynamics(planarReacher(), n);
  env.reset({ seed: 3 });
  const counts = new Int32Array(40);
  for (let i = 0; i < n; i++) {
    const [x, y] = space.view(env.observations, i).desiredGoal;
    const ring = Math.min(9, Math.floor(10 * (x * x + y * y)));
    counts[4 * ring + (x < 0 ? 2 : 0) + (y < 0 ? 1 : 0)]++;
  }
  const chiSquare = counts.reduce((sum, count) => sum + (count - n / 40) ** 2 / (n / 40), 0);
  // 39 degrees of freedom: exceeded once in 10,000 times.
  expect(chiSquare).toBeLessThan(81);
});

test('wrappers leave the goals, but for those that change what these are about', () => {
  const env = makeEnv('PlanarReacher-v0');
  for (const wrapped of [timeLimit(env, 5), rescaleAction(env, -2, 2), vectorize(() => env, 1)]) {
    expect(wrapped.goalRules).toBe(env.goalRules);
  }
  const copies = makeVectorEnv('PlanarReacher-v0', 2);
  expect(copies.goalRules).toBeDefined();
  for (const wrapped of [
    flattenObservation(env),
    transformReward(env, (reward) => reward + 1),
    normalizeReward(env),
    normalizeReward(copies),
  ]) {
    expect(wrapped.goalRules).toBeUndefined();
  }
});
