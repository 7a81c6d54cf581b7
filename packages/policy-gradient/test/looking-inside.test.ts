import { Box, Discrete, MultiBinary, MultiDiscrete, type Env, type Space } from '@gradus/core';
import { makeEnv } from '@gradus/envs';
import { NaturalPolicyGradient, Ppo, RecurrentPpo, Reinforce, Trpo } from '@gradus/policy-gradient';
import { expect, test } from 'vitest';

/** Two numbers are seen; every action gives a reward of 1. */
function env(actionSpace: Space): Env {
  const result = { observation: [0.5, -0.5], reward: 1, terminated: false, truncated: false };
  return { observationSpace: new Box(-1, 1, [2]), actionSpace, reset: () => result, step: () => result };
}

const small = { steps: 8, batchSize: 8, hidden: [4], seed: 3 };
const observations = Float32Array.of(0.5, -0.5, 0.1, 0.9, -1, 1);

/** How often `agent` draws each action at an observation. */
function frequencies(agent: Ppo, actions: number): number[] {
  const counts = new Array<number>(actions).fill(0);
  for (let i = 0; i < 4000; i++) counts[Number(agent.act([0.5, -0.5], { deterministic: false }))]++;
  return counts.map((count) => count / 4000);
}

test('probabilities are those that actions are drawn by, of one observation or many', () => {
  const agent = new Ppo(env(new Discrete(3)), { ...small, orthogonalInitialization: false });
  const many = agent.actionDistribution(observations);
  const one = agent.actionDistribution([0.5, -0.5]);
  if (!('probabilities' in many) || !('probabilities' in one)) throw new Error('expected probabilities');
  expect(many.probabilities).toHaveLength(9);
  expect([...one.probabilities]).toEqual([...many.probabilities.subarray(0, 3)]);
  const drawn = frequencies(agent, 3);
  drawn.forEach((frequency, action) => {
    const p = one.probabilities[action];
    expect(Math.abs(frequency - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 4000));
  });
  expect(agent.stateValue(observations)).toHaveLength(3);
  expect(agent.stateValue([0.5, -0.5])[0]).toBe(agent.stateValue(observations)[0]);
});

test('masks leave nothing to illegal actions', () => {
  const grid = makeEnv('LectureGrid-v0');
  const agent = new Ppo(grid, small);
  const { observation } = grid.reset({ seed: 1 });
  const actionMasks = Uint8Array.of(0, 1, 0, 1);
  const shown = agent.actionDistribution(observation, { actionMasks });
  if (!('probabilities' in shown)) throw new Error('expected probabilities');
  const [first, second, third, fourth] = shown.probabilities;
  expect([first, third]).toEqual([0, 0]);
  expect(second + fourth).toBeCloseTo(1, 6);
});

test.each<[Space, number]>([
  [new MultiDiscrete([2, 3]), 5],
  [new MultiBinary(4), 4],
])('probabilities of %s', (space, length) => {
  const shown = new Ppo(env(space), small).actionDistribution([0, 0]);
  if (!('probabilities' in shown)) throw new Error('expected probabilities');
  expect(shown.probabilities).toHaveLength(length);
  // Without observation, and with biases of 0, all are alike.
  if (space.kind === 'multi-binary') expect([...shown.probabilities]).toEqual([0.5, 0.5, 0.5, 0.5]);
  else
    expect([...shown.probabilities]).toEqual(
      [0.5, 0.5, 1, 1, 1].map((p, i) => expect.closeTo(i < 2 ? p : p / 3, 6) as number),
    );
});

test.each([Ppo, Trpo, NaturalPolicyGradient, Reinforce])('mean and deviation of a Box: %o', (Algorithm) => {
  const { steps, batchSize, ...shared } = small;
  const options = Algorithm === Reinforce ? shared : { ...shared, steps, batchSize };
  const agent = new Algorithm(env(new Box(-2, 2, [2])), { ...options, initialLogStd: Math.log(0.5) });
  const shown = agent.actionDistribution(observations);
  if (!('mean' in shown)) throw new Error('expected a mean');
  expect([...shown.deviation]).toEqual(new Array<number>(6).fill(0.5));
  expect([...shown.mean.subarray(0, 2)]).toEqual([...(agent.act([0.5, -0.5]) as Float32Array)]);
});

test('an agent sees what it was trained with: observations that are normalized', () => {
  const agent = new Ppo(env(new Discrete(2)), { ...small, normalizeObservation: true });
  const before = agent.stateValue([0.5, -0.5]);
  agent.learn({ steps: 8 }).next();
  // All that it saw was this one: normalized it is 0, where the value is the last bias.
  expect(agent.stateValue([0.5, -0.5])[0]).not.toBe(before[0]);
  expect(agent.stateValue([0.5, -0.5])).toHaveLength(1);
});

test('what an algorithm does not have is not there', () => {
  const reinforce = new Reinforce(env(new Discrete(2)), { hidden: [] });
  const recurrent = new RecurrentPpo(env(new Discrete(2)), { ...small, sequenceLength: 4, cellSize: 2 });
  expect('stateValue' in reinforce).toBe(false);
  expect('actionDistribution' in recurrent).toBe(false);
});

test.each([[[1]], [[]], [[1, 2, 3]]])('observations %j are refused', (observation) => {
  const agent = new Ppo(env(new Discrete(2)), small);
  expect(() => agent.stateValue(observation)).toThrow(
    `observations: expected 2 numbers, or as many for each of several, got ${observation.length}`,
  );
});
