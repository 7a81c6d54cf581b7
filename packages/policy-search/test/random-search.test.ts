import { describe, expect, test } from 'vitest';
import { maximize } from '../src/maximize.ts';
import { RandomSearch } from '../src/random-search.ts';
import { rosenbrock, shiftedBowl } from './support/functions.ts';
import { iterate } from './support/run.ts';

/** θ after one step from (1, −1) with ν = ½, α = 0.1, worked out from the candidates. */
function expectStep(utilities: number[], topDirections: number | null, chosen: number[], deviation: number): void {
  const search = new RandomSearch([1, -1], {
    directions: 4,
    topDirections,
    learningRate: 0.1,
    deviation: 0.5,
    seed: 7,
  });
  const candidates = search.ask().slice();
  // The last is the mean's, of which nothing is learned.
  search.tell([...utilities, 1000]);
  const expected = [1, -1].map((start, i) => {
    const terms = chosen.map((k) => {
      const noise = (candidates[4 * k + i] - start) / 0.5;
      expect(candidates[4 * k + 2 + i]).toBeCloseTo(start - 0.5 * noise, 13);
      return (utilities[2 * k] - utilities[2 * k + 1]) * noise;
    });
    return start + (0.1 / (chosen.length * deviation)) * terms.reduce((sum, term) => sum + term, 0);
  });
  expect([...search.mean]).toEqual(expected.map((value) => expect.closeTo(value, 13) as number));
}

describe('a step by hand', () => {
  test('the best two of four directions, by the better of both ways', () => {
    // Directions 3 (max 9) and 1 (max 8). Of 8, 2, 1, 9 the mean is 5 and the variance (9 + 9 + 16 + 16) / 4.
    expectStep([5, 4, 8, 2, 6, 7, 1, 9], 2, [3, 1], Math.sqrt(12.5));
  });

  test('all directions', () => {
    // Of 0 … 7 the variance is (8² − 1) / 12.
    expectStep([5, 4, 0, 2, 6, 7, 1, 3], null, [0, 1, 2, 3], Math.sqrt(63 / 12));
  });
});

test('σ_R makes steps independent of the utility’s scale, to the bit for powers of two', () => {
  const plain = new RandomSearch([1, -1], { topDirections: 3, seed: 3 });
  const scaled = new RandomSearch([1, -1], { topDirections: 3, seed: 3 });
  iterate(plain, rosenbrock, 50);
  iterate(scaled, (x) => 1024 * rosenbrock(x), 50);
  expect(scaled.mean).toEqual(plain.mean);
});

test('where utilities are equal nothing moves', () => {
  const search = new RandomSearch([1, -1]);
  iterate(search, () => 0.1, 3);
  expect([...search.mean]).toEqual([1, -1]);
});

test.each([null, 4])('comes near the maximum of a quadratic function, b = %o', (topDirections) => {
  for (let seed = 0; seed < 5; seed++) {
    const search = new RandomSearch(new Float64Array(6), { topDirections, seed });
    maximize(search, shiftedBowl, { iterations: 600 });
    expect(shiftedBowl(search.mean)).toBeGreaterThan(-0.05);
  }
});
