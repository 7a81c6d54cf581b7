import { constant, evaluate } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { Random } from '../../src/index.ts';
import { projectDistribution } from '../../src/policies/categorical-returns.ts';

function softmax(logits: readonly number[]): number[] {
  const masses = logits.map(Math.exp);
  const total = masses.reduce((sum, mass) => sum + mass);
  return masses.map((mass) => mass / total);
}

/** What `projectDistribution` makes of one row. */
function project(probabilities: readonly number[], positions: readonly number[]): number[] {
  const row = (values: readonly number[]) => constant([1, values.length], values);
  return Array.from(evaluate(() => projectDistribution(row(probabilities), row(positions))));
}

describe('projection', () => {
  test.each<[string, number[], number[], number[]]>([
    ['between two atoms', [1, 0, 0], [0.25, 0, 0], [0.75, 0.25, 0]],
    ['on an atom', [0, 1, 0], [0, 1, 2], [0, 1, 0]],
    ['on the last atom', [0, 0, 1], [0, 1, 2], [0, 0, 1]],
    ['beyond the ends', [0.5, 0, 0.5], [-3, 1, 9], [0.5, 0, 0.5]],
    ['all in one place, as at the end of an episode', [0.2, 0.3, 0.5], [1.5, 1.5, 1.5], [0, 0.5, 0.5]],
    ['several on one atom', [0.25, 0.25, 0.5], [0.5, 1, 1.5], [0.125, 0.625, 0.25]],
  ])('%s', (_, probabilities, positions, expected) => {
    expect(project(probabilities, positions)).toEqual(expected);
  });

  test('keeps mass everywhere, and the mean of what is inside', () => {
    const random = new Random(1);
    for (let trial = 0; trial < 50; trial++) {
      const probabilities = softmax(Array.from({ length: 7 }, () => 2 * random.normal()));
      const inside = Array.from({ length: 7 }, () => 6 * random.nextFloat());
      const result = project(probabilities, inside);
      const mean = (values: readonly number[], weights: readonly number[]) =>
        values.reduce((total, x, i) => total + x * weights[i], 0);
      expect(mean([0, 1, 2, 3, 4, 5, 6], result)).toBeCloseTo(mean(inside, probabilities), 5);
      const anywhere = project(
        probabilities,
        Array.from(inside, () => 20 * random.normal()),
      );
      for (const masses of [result, anywhere]) {
        expect(masses.reduce((a, b) => a + b)).toBeCloseTo(1, 6);
        expect(Math.min(...masses)).toBeGreaterThanOrEqual(0);
      }
    }
  });
});
