import { describe, expect, test } from 'vitest';
import { Random } from '../../src/random/random.ts';
import {
  interquartileMean,
  meanScore,
  medianScore,
  normalizeScore,
  optimalityGap,
  performanceProfile,
  probabilityOfImprovement,
  type Scores,
} from '../../src/statistics/statistics.ts';

test('a normalized score is 0 at low and 1 at high', () => {
  expect(normalizeScore(-200, -200, 250)).toBe(0);
  expect(normalizeScore(250, -200, 250)).toBe(1);
  expect(normalizeScore(25, -200, 250)).toBe(0.5);
  expect(normalizeScore(700, -200, 250)).toBe(2);
  expect(() => normalizeScore(1, 5, 5)).toThrow('normalizeScore: expected finite low < high, got 5 and 5');
});

describe('the interquartile mean', () => {
  // The first three are also what scipy.stats.trim_mean(…, 0.25) gives.
  test.each<[string, Scores, number]>([
    ['10 runs: two dropped at either end', { a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 100] }, 5.5],
    ['5 runs, in any order: one', { a: [3, 1, 2, 10, 7] }, 4],
    ['3 runs: none', { a: [3, 1, 2] }, 2],
    ['is taken over all runs of all tasks', { a: [0, 1], b: [10, 1] }, 1],
    ['a task with more runs weighs more', { a: [0], b: [4, 4, 4, 4, 4] }, 4],
    ['4 runs: the middle two', { a: [-1e9, -3, 5, 1e9] }, 1],
  ])('%s', (_, scores, expected) => {
    expect(interquartileMean(scores)).toBe(expected);
  });

  test('many scores', () => {
    expect(interquartileMean({ a: Array.from({ length: 1001 }, (_, i) => 1000 - i) })).toBe(500);
  });
});

test('mean and median are over the means of tasks', () => {
  expect(meanScore({ a: [1, 3], b: [10] })).toBe(6);
  expect(medianScore({ a: [1, 3], b: [10], c: [0, 1] })).toBe(2);
  expect(medianScore({ a: [1, 3], b: [10], c: [0, 1], d: [4, 4, 4] })).toBe(3);
  expect(medianScore({ a: [7] })).toBe(7);
});

test('the optimality gap counts nothing beyond the threshold', () => {
  const scores = { a: [0.5, 1.5], b: [0.2, 0.4] };
  expect(optimalityGap(scores)).toBeCloseTo(1 - (0.5 + 1 + 0.2 + 0.4) / 4, 15);
  expect(optimalityGap(scores, 0.3)).toBeCloseTo(0.3 - (0.3 + 0.3 + 0.2 + 0.3) / 4, 15);
  expect(optimalityGap({ a: [3, 4], b: [2] })).toBe(0);
});

test('the performance profile is the fraction of runs above each threshold', () => {
  const scores = { a: [0.5, 1.5], b: [0.2, 0.4] };
  expect(performanceProfile(scores, [0, 0.3, 0.5, 1, 1.5, 2])).toEqual([1, 0.75, 0.25, 0.25, 0, 0]);
});

describe('the probability of improvement', () => {
  test('a hand-worked case', () => {
    // a: of 4 pairs won 1, 2 over 0 and 2 over 1, and 1 a tie. b: the two ties with 5 alone.
    expect(probabilityOfImprovement({ a: [1, 2], b: [5, 5] }, { a: [1, 0], b: [5, 6] })).toBe((3.5 / 4 + 1 / 4) / 2);
  });

  test('numbers of runs may differ', () => {
    expect(probabilityOfImprovement({ a: [3] }, { a: [1, 2, 4, 3] })).toBe(2.5 / 4);
  });

  test('degenerate cases', () => {
    expect(probabilityOfImprovement({ a: [1, 1], b: [2] }, { a: [1, 1], b: [2] })).toBe(0.5);
    expect(probabilityOfImprovement({ a: [1, 2, 3] }, { a: [3, 2, 1] })).toBe(0.5);
    expect(probabilityOfImprovement({ a: [2] }, { a: [1] })).toBe(1);
    expect(probabilityOfImprovement({ a: [1] }, { a: [2] })).toBe(0);
  });

  test('P(X > Y) + P(Y > X) = 1', () => {
    const random = new Random(3);
    const draw = (): Scores => ({
      a: Array.from({ length: 1 + random.integer(6) }, () => random.integer(5)),
      b: Array.from({ length: 1 + random.integer(6) }, () => random.integer(5)),
    });
    for (let i = 0; i < 100; i++) {
      const [x, y] = [draw(), draw()];
      expect(probabilityOfImprovement(x, y) + probabilityOfImprovement(y, x)).toBeCloseTo(1, 14);
    }
  });

  test('both need the same tasks', () => {
    expect(() => probabilityOfImprovement({ a: [1] }, { a: [1], b: [1] })).toThrow(
      new RangeError('scores: expected the same tasks twice, got b once'),
    );
    expect(() => probabilityOfImprovement({ a: [1], c: [1] }, { a: [1] })).toThrow('got c once');
  });
});

test.each<[string, (scores: Scores) => unknown]>([
  ['interquartileMean', interquartileMean],
  ['meanScore', meanScore],
  ['medianScore', medianScore],
  ['optimalityGap', optimalityGap],
  ['performanceProfile', (scores) => performanceProfile(scores, [0])],
  ['probabilityOfImprovement', (scores) => probabilityOfImprovement({ a: [1], b: [1] }, scores)],
])('%s names the task whose scores are wrong', (_, statistic) => {
  expect(() => statistic({ a: [1], b: [] })).toThrow('scores of b: expected at least one run, got none');
  expect(() => statistic({ a: [1], b: [2, NaN] })).toThrow('scores of b: expected finite numbers, got NaN');
  expect(() => statistic({})).toThrow('scores: expected at least one task, got none');
});

test('the threshold of an optimality gap is a number', () => {
  expect(() => optimalityGap({ a: [1] }, NaN)).toThrow('optimalityGap: expected threshold to be a finite number');
});
