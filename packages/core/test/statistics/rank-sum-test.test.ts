import { describe, expect, it } from 'vitest';
import { Random } from '../../src/random/random.ts';
import { rankSumTest, smallestPValue } from '../../src/statistics/rank-sum-test.ts';

interface Task {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

function test(...tasks: readonly Task[]): number {
  const scores = (of: 'x' | 'y') => Object.fromEntries(tasks.map((task, i) => [`task ${i}`, task[of]]));
  return rankSumTest(scores('x'), scores('y'));
}

const sequence = (length: number, value: (i: number) => number): number[] => Array.from({ length }, (_, i) => value(i));

describe('rankSumTest', () => {
  it.each([
    // Of the 6 ways to choose 2 ranks of 1 … 4, only {3, 4} has so large a sum.
    { x: [3, 4], y: [1, 2], p: 1 / 6 },
    // {3, 4} and {2, 4}.
    { x: [2, 4], y: [1, 3], p: 2 / 6 },
    { x: [1, 2], y: [3, 4], p: 1 },
    { x: [4, 5, 6], y: [1, 2, 3], p: 1 / 20 },
    { x: [6, 7, 8, 9, 10], y: [1, 2, 3, 4, 5], p: 1 / 252 },
    // Ranks 2, 2, 2, 4: of 6 pairs 3 sum to 4, 3 to 6.
    { x: [1, 2], y: [1, 1], p: 3 / 6 },
    { x: [7, 7, 7], y: [7, 7], p: 1 },
    { x: [2], y: [1], p: 1 / 2 },
    // The example in the documentation of scipy.stats.mannwhitneyu, whose exact two-sided p-value is 0.111….
    { x: [19, 22, 16, 29, 24], y: [20, 11, 17, 12], p: 7 / 126 },
  ])('gives $p for $x and $y', ({ x, y, p }) => {
    expect(test({ x, y })).toBeCloseTo(p, 14);
  });

  it('takes several tasks together, without exchanging scores between them', () => {
    const separate = { x: [4, 5, 6], y: [1, 2, 3] };
    const elsewhere = { x: [100, 200, 300], y: [0.1, 0.2, 0.3] };
    expect(test(separate, elsewhere)).toBeCloseTo(1 / 400, 14);
  });

  it('counts what listing all permutations counts', () => {
    const random = new Random(3);
    for (let i = 0; i < 30; i++) {
      // Few values, so that there are ties.
      const draw = (n: number) => sequence(n, () => random.integer(4));
      const tasks = [0, 1].map(() => ({ x: draw(1 + random.integer(3)), y: draw(1 + random.integer(3)) }));
      expect(test(...tasks)).toBeCloseTo(listedPValue(tasks), 12);
    }
  });

  it('equals the exact p-values of SciPy 1.17', () => {
    const x = sequence(30, (i) => 1.37 * i);
    const y = sequence(30, (i) => 1.01 * i + 0.3);
    expect(test({ x, y })).toBeCloseTo(0.05621317835322681, 13);
    // Either way round with samples of different sizes.
    expect(test({ x: x.slice(0, 12), y })).toBeCloseTo(0.99385798226878, 13);
    expect(test({ x: y, y: x.slice(0, 12) })).toBeCloseTo(0.006685595363911114, 13);
  });

  it('rejects what is no pair of samples', () => {
    expect(() => test({ x: [], y: [1] })).toThrow(
      new RangeError('scores of task 0: expected at least one run, got none'),
    );
    expect(() => test({ x: [1], y: [NaN] })).toThrow('scores of task 0: expected finite numbers, got NaN');
    expect(() => rankSumTest({ a: [1] }, { b: [1] })).toThrow('expected the same tasks twice, got a once');
  });
});

describe('smallestPValue', () => {
  it('is that of samples without overlap', () => {
    expect(smallestPValue(3, 3)).toBeCloseTo(1 / 20, 14);
    expect(smallestPValue(5, 5)).toBeCloseTo(1 / 252, 14);
    expect(smallestPValue(2, 4)).toBeCloseTo(test({ x: [5, 6], y: [1, 2, 3, 4] }), 14);
  });
});

/** The p-value by its definition: pairs (a, b) with a > b, ties counting half, order permutations as the ranks' sums do. */
function listedPValue(tasks: readonly Task[]): number {
  const statistics = tasks.map(({ x, y }) => {
    const pooled = [...x, ...y];
    return subsets(pooled.length, x.length).map((chosen) => {
      const rest = pooled.filter((_, i) => !chosen.includes(i));
      return chosen.flatMap((i) => rest.map((b) => Math.sign(pooled[i] - b))).reduce((sum, sign) => sum + sign, 0);
    });
  });
  const all = statistics.reduce((sums, more) => sums.flatMap((sum) => more.map((value) => sum + value)), [0]);
  // The first subset of each task is x itself.
  const observed = statistics.reduce((sum, [own]) => sum + own, 0);
  return all.filter((value) => value >= observed).length / all.length;
}

function subsets(n: number, size: number): number[][] {
  if (size === 0) return [[]];
  return Array.from({ length: n }, (_, i) => i).flatMap((first) =>
    subsets(n - first - 1, size - 1).map((rest) => [first, ...rest.map((i) => i + first + 1)]),
  );
}

it('has no smallest p-value for numbers of scores that are none', () => {
  for (const n of [0, -1, 2.5, NaN]) {
    expect(() => smallestPValue(n, 3)).toThrow('smallestPValue: expected n to be a positive integer');
    expect(() => smallestPValue(3, n)).toThrow('smallestPValue: expected m to be a positive integer');
  }
});
