import { Random, evaluate, vectorEnvFromDynamics, type SpaceValue } from '@gradus/core';
import { bitFlip, makeEnv } from '@gradus/envs';
import { expect, test } from 'vitest';

/** Of an observation, in which `achievedGoal`, `desiredGoal` and `observation` follow each other, which bits are wrong. */
function wrongBits(observation: ArrayLike<number>): number[] {
  const n = observation.length / 3;
  return [...new Array(n).keys()].filter((k) => observation[k] !== observation[n + k]);
}

const flipWrong = { act: (observation: SpaceValue) => wrongBits(observation as Float32Array)[0] };

test('flipping what is wrong takes d steps of −1, but for the last one, which ends the episode', () => {
  const env = makeEnv('BitFlip-v0');
  for (let seed = 0; seed < 50; seed++) {
    let { observation } = env.reset({ seed });
    const wrong = wrongBits(observation as Float32Array);
    wrong.forEach((bit, k) => {
      const result = env.step(bit);
      observation = result.observation;
      const isLast = k === wrong.length - 1;
      expect([result.reward, result.terminated, result.truncated]).toEqual([isLast ? 0 : -1, isLast, k === 14]);
      expect(wrongBits(observation as Float32Array)).toEqual(wrong.slice(k + 1));
      expect((observation as Float32Array).slice(30)).toEqual((observation as Float32Array).slice(0, 15));
    });
  }
});

test('bits to flip at first are binomially distributed, but never none', () => {
  const n = 4;
  const episodes = 20_000;
  const env = vectorEnvFromDynamics(bitFlip({ bits: n }), episodes);
  const { returns, lengths } = evaluate(flipWrong, env, { episodes, seed: 1 });
  expect(returns).toEqual(lengths.map((length) => 1 - length));
  // (4 choose d) / 15, d ≥ 1
  const chiSquare = [4, 6, 4, 1].reduce((sum, ways, i) => {
    const expected = (episodes * ways) / 15;
    return sum + (lengths.filter((length) => length === i + 1).length - expected) ** 2 / expected;
  }, 0);
  // 3 degrees of freedom: exceeded once in 10,000 times.
  expect(chiSquare).toBeLessThan(21.1);
});

test('blind flips reach the goal as often as the chain of distances says, and else time is up', () => {
  const n = 5;
  const episodes = 20_000;
  // How many wrong bits there are after each step, with none for ever: d → d − 1 with probability d / n, else d + 1.
  let distances = [0, 5, 10, 10, 5, 1].map((ways) => ways / 31);
  for (let step = 0; step < n; step++) {
    distances = distances.map(
      (_, d) =>
        (d === 0 ? distances[0] : 0) +
        (d < n ? (distances[d + 1] * (d + 1)) / n : 0) +
        (d > 1 ? (distances[d - 1] * (n - d + 1)) / n : 0),
    );
  }
  const [reached] = distances;
  expect(distances.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  const env = vectorEnvFromDynamics(bitFlip({ bits: n }), 500);
  const random = new Random(1);
  const { returns, lengths } = evaluate({ act: () => random.integer(n) }, env, { episodes, seed: 2 });
  const successes = returns.filter((value, i) => {
    expect(value).toBe(value > -n ? 1 - lengths[i] : -n);
    return value > -n;
  });
  const error = Math.sqrt((reached * (1 - reached)) / episodes);
  expect(Math.abs(successes.length / episodes - reached)).toBeLessThan(4 * error);
});

test('any goals are judged, in bulk', () => {
  const { goalRules } = bitFlip({ bits: 3 });
  const achieved = Float32Array.of(0, 0, 1, 1, 1, 1, 0, 1, 0);
  const desired = Float32Array.of(0, 0, 1, 1, 0, 1, 0, 1, 0);
  const rewards = new Float64Array(3);
  const terminated = new Uint8Array(3);
  goalRules?.computeRewards(achieved, desired, rewards);
  goalRules?.computeTerminated?.(achieved, desired, terminated);
  expect(rewards).toEqual(Float64Array.of(0, -1, 0));
  expect(terminated).toEqual(Uint8Array.of(1, 0, 1));
});

test('as many steps are allowed as there are bits, or as many as asked for', () => {
  expect(makeEnv('BitFlip-v0', { bits: 7 }).maxEpisodeSteps).toBe(7);
  expect(makeEnv('BitFlip-v0', { bits: 7, maxEpisodeSteps: 9 }).maxEpisodeSteps).toBe(9);
  expect(() => bitFlip({ bits: 0 })).toThrow('bitFlip: expected bits to be a positive integer, got 0');
});
