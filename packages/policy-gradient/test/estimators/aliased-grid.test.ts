import { Random, TransitionTable } from '@gradus/core';
import { transitionTable } from '@gradus/envs';
import { LinearSoftmax, estimateGradient, exactPolicyGradient, sampleTrajectory } from '@gradus/policy-gradient';
import { describe, expect, test } from 'vitest';

/** What one sees in the states: the squares 1 and 3, on either side of the middle, look the same. */
const SEEN = [0, 1, 2, 1, 3, 4, 4, 4];
const [EAST, SOUTH, WEST] = [1, 2, 3];
const [LEFT, RIGHT] = [1, 3];

const grid = transitionTable('AliasedGrid-v0');

/** The grid with other rewards, given those that it has. */
function withRewards(rewardOf: (reward: number) => number): TransitionTable {
  const { numStates, numActions, initialDistribution } = grid;
  return new TransitionTable({
    numStates,
    numActions,
    initialDistribution,
    outcomes: (state, action) =>
      grid.outcomes(state, action).map((outcome) => ({ ...outcome, reward: rewardOf(outcome.reward) })),
  });
}

function softmaxOfWhatIsSeen(): LinearSoftmax {
  return new LinearSoftmax({
    numActions: 4,
    numFeatures: 5 * 4,
    features: (state, action, target) => (target[SEEN[state] * 4 + action] = 1),
  });
}

/** The expected steps of an episode, and the probability that it ends at the treasure, exactly. */
function outcomeOf(policy: LinearSoftmax): { readonly steps: number; readonly success: number } {
  const steps = -exactPolicyGradient(
    withRewards(() => -1),
    policy,
    { gamma: 1 },
  ).startValue;
  const success = exactPolicyGradient(
    withRewards((reward) => Math.max(reward, 0)),
    policy,
    { gamma: 1 },
  ).startValue;
  return { steps, success };
}

/** Towards the middle and down there; beside the middle east with probability `east`, else west. */
function toss(east: number): LinearSoftmax {
  const policy = softmaxOfWhatIsSeen();
  const prefer = (seen: number, action: number): void => {
    policy.parameters[seen * 4 + action] = 40;
  };
  prefer(0, EAST);
  prefer(2, SOUTH);
  prefer(3, WEST);
  prefer(1, EAST);
  prefer(1, WEST);
  policy.parameters[1 * 4 + EAST] += Math.log(east / (1 - east));
  return policy;
}

describe('the optimum, exactly', () => {
  test('the coin toss takes (4 + 4 + 5 + 5 + 1) / 5 steps, and no other probability fewer', () => {
    const { steps, success } = outcomeOf(toss(0.5));
    expect(steps).toBeCloseTo(3.8, 10);
    expect(success).toBeCloseTo(1, 10);
    for (let percent = 1; percent < 100; percent++) {
      if (percent !== 50) expect(outcomeOf(toss(percent / 100)).steps).toBeGreaterThan(3.8);
    }
  });

  test('the gradient is 0 there and leads back to it from everywhere else', () => {
    const slope = (east: number): number =>
      exactPolicyGradient(grid, toss(east), { gamma: 0.9 }).gradient[1 * 4 + EAST];
    expect(Math.abs(slope(0.5))).toBeLessThan(1e-12);
    for (const east of [0.01, 0.1, 0.3, 0.45, 0.49]) {
      expect(slope(east)).toBeGreaterThan(1e-4);
      expect(slope(1 - east)).toBeCloseTo(-slope(east), 10);
    }
  });
});

/**
 * Near the optimum the slope is −0.062 d, d = θ_east − θ_west, and one episode's estimate of it has a variance of 0.026: with step size α and batches
 * of n episodes, P(east) scatters with a standard deviation of 0.16 √(α / n). Falling from 2 to 0, the step size brings that below 0.01, a fifth
 * of what is allowed, and Σ α = 500 brings all other actions to 0.02.
 */
test.each([0, 1, 2])('REINFORCE learns the coin toss (S5.7), seed %i', (seed) => {
  const policy = softmaxOfWhatIsSeen();
  const random = new Random(seed);
  const updates = 500;
  for (let update = 0; update < updates; update++) {
    const trajectories = Array.from({ length: 100 }, () => sampleTrajectory(grid, policy, random));
    const gradient = estimateGradient(policy, trajectories, { gamma: 0.9, baseline: 'mean' });
    const stepSize = 2 * (1 - update / updates);
    gradient.forEach((slope, i) => (policy.parameters[i] += stepSize * slope));
  }
  for (const state of [LEFT, RIGHT]) {
    const east = policy.probabilities(state)[EAST];
    expect(east).toBeGreaterThan(0.45);
    expect(east).toBeLessThan(0.55);
  }
  const { steps, success } = outcomeOf(policy);
  expect(steps).toBeLessThan(1.5 * 3.8);
  expect(success).toBeGreaterThan(0.99);
});
