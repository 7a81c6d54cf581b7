import { describe, expect, test } from 'vitest';
import type { Env } from '../../src/environments/env.ts';
import { evaluate } from '../../src/training/evaluate.ts';
import { NumpyRandom } from '../../src/random/numpy-random.ts';
import { Discrete } from '../../src/spaces/spaces.ts';
import { TrainingEnv } from '../../src/training/training-env.ts';
import { vectorize } from '../../src/environments/vectorize.ts';

const P = 0.3;
const EPISODES = 100;
const SEEDS = 400;

/** Episodes of one step, which pays 1 with probability p, else 0. Every seed that it is given goes to `seen`. */
function lottery(seen: number[] = []): Env {
  let random = new NumpyRandom(0);
  return {
    observationSpace: new Discrete(1),
    actionSpace: new Discrete(1),
    reset({ seed } = {}) {
      if (seed !== undefined) {
        seen.push(seed);
        random = new NumpyRandom(seed);
      }
      return { observation: 0 };
    },
    step: () => ({ observation: 0, reward: random.nextFloat() < P ? 1 : 0, terminated: true, truncated: false }),
  };
}

const policy = { act: () => 0 };

/** Mean returns of consecutive seeds. */
const scores = (env: Parameters<typeof evaluate>[1]): number[] =>
  Array.from({ length: SEEDS }, (_, seed) => evaluate(policy, env, { episodes: EPISODES, seed }).meanReturn);

describe('scores of a fixed policy vary over neighbouring seeds as independent ones do', () => {
  test.each([1, 10, EPISODES])('%d copies', (copies) => {
    const values = scores(copies === 1 ? lottery() : vectorize(() => lottery(), copies));
    const mean = values.reduce((sum, value) => sum + value, 0) / SEEDS;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (SEEDS - 1);
    const expected = (P * (1 - P)) / EPISODES;
    // Of nearly normal numbers, (n − 1) s² / σ² is χ² with n − 1 degrees of freedom, whose deviation is √(2 (n − 1)): four of them.
    expect(Math.abs(variance / expected - 1)).toBeLessThan(4 * Math.sqrt(2 / (SEEDS - 1)));
    expect(Math.abs(mean - P)).toBeLessThan(4 * Math.sqrt(expected / SEEDS));
    // What comes next has nothing to do with what came before: the correlation of independent numbers is within 4 / √n.
    const covariance = values.slice(1).reduce((sum, value, i) => sum + (value - mean) * (values[i] - mean), 0) / SEEDS;
    expect(Math.abs(covariance / variance)).toBeLessThan(4 / Math.sqrt(SEEDS));
  });
});

test('no two copies, trainings or evaluations of different seeds share a stream', () => {
  const seen: number[] = [];
  const one = lottery(seen);
  const four = vectorize(() => lottery(seen), 4);
  for (let seed = 0; seed < 50; seed++) {
    new TrainingEnv(four, seed).begin(100);
    evaluate(policy, four, { episodes: 4, seed });
    evaluate(policy, one, { episodes: 1, seed: 50 + seed });
  }
  expect(seen).toHaveLength(50 * 9);
  expect(new Set(seen).size).toBe(seen.length);
});
