import { expect, test } from 'vitest';
import { RewardNormalizer } from '../../src/policies/reward-normalizer.ts';
import { RunningNormalizer } from '../../src/statistics/running-normalizer.ts';

const outcome = (reward: number, terminated: number) => ({
  rewards: Float64Array.of(reward),
  terminated: Uint8Array.of(terminated),
  truncated: Uint8Array.of(0),
});

test('divides by the standard deviation of the discounted return, which each episode begins anew', () => {
  const normalizer = new RewardNormalizer(1, 0.5);
  const statistics = new RunningNormalizer(1);
  const target = new Float64Array(1);
  // Returns 2; 2 + ½·2 = 3; after the end 4; 4 + ½·4 = 6.
  [2, 2, 4, 4].forEach((reward, k) => {
    normalizer.normalize(outcome(reward, k === 1 ? 1 : 0), target);
    statistics.update(Float64Array.of([2, 3, 4, 6][k]));
    expect(target[0]).toBe(Math.min(reward / Math.sqrt(statistics.variance[0] + 1e-8), 10));
  });
});

test('goes on exactly from a saved state', () => {
  const normalizer = new RewardNormalizer(1, 0.9);
  const restored = new RewardNormalizer(1, 0.9);
  const [a, b] = [new Float64Array(1), new Float64Array(1)];
  normalizer.normalize(outcome(1, 0), a);
  restored.setState(normalizer.getState());
  normalizer.normalize(outcome(3, 0), a);
  restored.normalize(outcome(3, 0), b);
  expect(b).toEqual(a);
});
