import { describe, expect, test } from 'vitest';
import { EvolutionStrategies } from '../src/evolution-strategies.ts';
import { maximize } from '../src/maximize.ts';
import { sphere } from './support/functions.ts';
import { evaluateAll, iterate } from './support/run.ts';

const point = [0.5, -1, 2];

/** bᵀ x + xᵀ H x / 2 with b = (3, 0, 0), H = [[−4, 1, 0], [1, −2, 0], [0, 0, −1]], and its gradient at `point`. */
const quadratic = (x: Float64Array) => 3 * x[0] - 2 * x[0] ** 2 + x[0] * x[1] - x[1] ** 2 - 0.5 * x[2] ** 2;
const gradient = [3 - 2 - 1, 0.5 + 2, -2];

describe('the gradient of antithetic pairs', () => {
  test('on a quadratic function is (1/n) Σ ε εᵀ ∇U for each draw, whatever σ', () => {
    for (const deviation of [0.01, 3]) {
      const search = new EvolutionStrategies(point, { directions: 4, deviation, shaping: 'none', seed: 2 });
      const candidates = search.ask().slice();
      search.tell(evaluateAll(search, quadratic));
      const expected = [0, 0, 0];
      for (let k = 0; k < 4; k++) {
        const noise = point.map((value, i) => (candidates[6 * k + i] - value) / deviation);
        expect([...candidates.slice(6 * k + 3, 6 * k + 6)]).toEqual(
          point.map((value, i) => expect.closeTo(value - deviation * noise[i], 12) as number),
        );
        const slope = noise.reduce((sum, value, i) => sum + value * gradient[i], 0);
        noise.forEach((value, i) => (expected[i] += (slope * value) / 4));
      }
      expect([...search.gradient]).toEqual(expected.map((value) => expect.closeTo(value, 10) as number));
    }
  });

  test('is unbiased: within 4 standard errors, √((‖∇U‖² + g_i²) / n), of ∇U', () => {
    const directions = 20_000;
    const squares = gradient.reduce((sum, value) => sum + value * value, 0);
    for (let seed = 0; seed < 5; seed++) {
      const search = new EvolutionStrategies(point, { directions, deviation: 0.5, shaping: 'none', seed });
      iterate(search, quadratic, 1);
      gradient.forEach((value, i) => {
        const error = Math.sqrt((squares + value * value) / directions);
        expect(Math.abs(search.gradient[i] - value)).toBeLessThan(4 * error);
      });
    }
  });

  test('is that of the smoothed utility: of |x| it is 2 Φ(x / σ) − 1', () => {
    const directions = 40_000;
    const search = new EvolutionStrategies([0.5], { directions, deviation: 1, shaping: 'none', seed: 1 });
    iterate(search, (x) => Math.abs(x[0]), 1);
    // 2 Φ(0.5) − 1 = 0.38292; a term is at most ε², whose standard deviation is below 2.
    expect(Math.abs(search.gradient[0] - 0.38292)).toBeLessThan((4 * 2) / Math.sqrt(directions));
  });
});

test('with ranks, by hand: two pairs', () => {
  const search = new EvolutionStrategies([1, 1], { directions: 2, deviation: 0.1, ascent: 'sgd', learningRate: 0.5 });
  const candidates = search.ask().slice();
  const noise = [0, 1, 4, 5].map((at) => (candidates[at] - 1) / 0.1);
  // The last is the mean's, of which nothing is learned.
  search.tell([7, -100, 3, 8, 1000]);
  // Ranks 1/6, −1/2, −1/6, 1/2: differences 2/3 and −2/3.
  const expected = [0, 1].map((i) => ((2 / 3) * noise[i] - (2 / 3) * noise[2 + i]) / (4 * 0.1));
  expect([...search.gradient]).toEqual(expected.map((value) => expect.closeTo(value, 12) as number));
  expect([...search.mean]).toEqual(expected.map((value) => expect.closeTo(1 + 0.5 * value, 12) as number));
});

test('increasing functions of the utility change no bit where ranks count', () => {
  const plain = new EvolutionStrategies(point, { seed: 3 });
  const transformed = new EvolutionStrategies(point, { seed: 3 });
  iterate(plain, quadratic, 20);
  iterate(transformed, (x) => quadratic(x) ** 3 * 8, 20);
  expect(transformed.mean).toEqual(plain.mean);
});

test('where all utilities are equal, weight decay alone pulls', () => {
  const search = new EvolutionStrategies([2, -4], { ascent: 'sgd', learningRate: 0.5, weightDecay: 0.1 });
  iterate(search, () => 5, 2);
  expect([...search.mean]).toEqual([expect.closeTo(2 * 0.95 ** 2, 14), expect.closeTo(-4 * 0.95 ** 2, 14)]);
});

test.each(['sgd', 'momentum', 'adam'] as const)('finds the maximum of the sphere by %s', (ascent) => {
  for (let seed = 0; seed < 3; seed++) {
    const learningRate = ascent === 'adam' ? 0.02 : 0.02 / 5;
    const search = new EvolutionStrategies(new Float64Array(10).fill(1), { ascent, learningRate, seed });
    maximize(search, sphere, { iterations: 400 });
    expect(sphere(search.mean)).toBeGreaterThan(-0.01);
  }
});
