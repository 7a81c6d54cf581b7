import { describe, expect, test } from 'vitest';
import {
  bootstrapInterval,
  probabilityOfImprovementInterval,
  type Interval,
} from '../../src/statistics/bootstrap-interval.ts';
import { Random } from '../../src/random/random.ts';
import {
  interquartileMean,
  meanScore,
  probabilityOfImprovement,
  type Scores,
} from '../../src/statistics/statistics.ts';

describe('a bootstrap interval', () => {
  test('two runs: their resamples are low, middle, middle, high', () => {
    // The mean is 0 or 1 with probability 1/4 each, so that the 0.3 and 0.7 quantiles are 0.5.
    expect(bootstrapInterval({ a: [0, 1] }, meanScore)).toEqual({ low: 0, high: 1 });
    expect(bootstrapInterval({ a: [0, 1] }, meanScore, { confidence: 0.4 })).toEqual({ low: 0.5, high: 0.5 });
  });

  test('equals the quantiles of all resamples', () => {
    const runs = [0, 1, 10, 100];
    const all = runs.flatMap((a) => runs.flatMap((b) => runs.flatMap((c) => runs.map((d) => [a, b, c, d]))));
    const means = all.map((resample) => interquartileMean({ a: resample })).sort((a, b) => a - b);
    // Away from the steps of their distribution the quantiles of 50,000 of the 256 equally probable resamples are exact.
    for (const tail of [0.03, 0.06, 0.13, 0.21]) {
      const expected = { low: means[Math.floor(256 * tail)], high: means[Math.floor(256 * (1 - tail))] };
      expect(bootstrapInterval({ a: runs }, interquartileMean, { confidence: 1 - 2 * tail })).toEqual(expected);
    }
  });

  test('resamples within tasks only', () => {
    expect(bootstrapInterval({ a: [0, 0], b: [1, 1, 1] }, meanScore)).toEqual({ low: 0.5, high: 0.5 });
  });

  test('gives the same for the same seed, another for another, and leaves the scores alone', () => {
    const random = new Random(1);
    const scores = { a: Array.from({ length: 9 }, () => random.normal()), b: [random.normal(), random.normal()] };
    const before = structuredClone(scores);
    const first = bootstrapInterval(scores, meanScore, { seed: 5 });
    expect(bootstrapInterval(scores, meanScore, { seed: 5 })).toEqual(first);
    expect(bootstrapInterval(scores, meanScore, { seed: 6 })).not.toEqual(first);
    expect(scores).toEqual(before);
  });

  test('takes any statistic', () => {
    const largest = (scores: Scores): number => Math.max(...scores.a);
    expect(bootstrapInterval({ a: [1, 2, 3, 4] }, largest, { confidence: 0.9 })).toEqual({ low: 2, high: 4 });
  });

  test('options out of range', () => {
    const scores = { a: [1, 2] };
    expect(() => bootstrapInterval(scores, meanScore, { confidence: 95 })).toThrow(
      'bootstrap: expected confidence to be a number between 0 and 1, got 95',
    );
    expect(() => bootstrapInterval(scores, meanScore, { repetitions: 0 })).toThrow(
      'expected repetitions to be a positive integer, got 0',
    );
    expect(() => bootstrapInterval({ a: [] }, () => 0)).toThrow('scores of a: expected at least one run');
  });
});

describe('the interval of the probability of improvement', () => {
  test('both are resampled', () => {
    // Either resample of { 0, 2 } has mean 0, 1, 1, 2; y is always 1: U is 0 or 1 with probability 1/4 each, else 1/2.
    const [x, y] = [{ a: [0, 2] }, { a: [1, 1] }];
    for (const [one, other] of [
      [x, y],
      [y, x],
    ]) {
      expect(probabilityOfImprovementInterval(one, other)).toEqual({ low: 0, high: 1 });
      expect(probabilityOfImprovementInterval(one, other, { confidence: 0.4 })).toEqual({ low: 0.5, high: 0.5 });
    }
  });

  test('degenerate cases are points', () => {
    expect(probabilityOfImprovementInterval({ a: [1, 1] }, { a: [1, 1] })).toEqual({ low: 0.5, high: 0.5 });
    expect(probabilityOfImprovementInterval({ a: [2, 3] }, { a: [0, 1] })).toEqual({ low: 1, high: 1 });
    expect(probabilityOfImprovementInterval({ a: [0, 1] }, { a: [2, 3] })).toEqual({ low: 0, high: 0 });
    expect(probabilityOfImprovementInterval({ a: [1] }, { a: [0] })).toEqual({ low: 1, high: 1 });
  });

  test('contains the estimate, and needs the same tasks', () => {
    const [x, y] = [
      { a: [1, 3, 5], b: [2, 2, 9] },
      { a: [2, 4, 4], b: [1, 2, 3] },
    ];
    const { low, high } = probabilityOfImprovementInterval(x, y);
    expect(low).toBeLessThan(probabilityOfImprovement(x, y));
    expect(high).toBeGreaterThan(probabilityOfImprovement(x, y));
    expect(() => probabilityOfImprovementInterval(x, { a: [1] })).toThrow('expected the same tasks twice, got b once');
  });
});

/** How often intervals of `simulations` experiments contain the truth. */
function coverage(simulations: number, truth: number, experiment: (random: Random, seed: number) => Interval): number {
  const random = new Random(0);
  let covered = 0;
  for (let seed = 0; seed < simulations; seed++) {
    const { low, high } = experiment(random, seed);
    if (low <= truth && truth <= high) covered++;
  }
  return covered / simulations;
}

function draw(tasks: number, runs: number, score: () => number): Scores {
  return Object.fromEntries(
    Array.from({ length: tasks }, (_, task) => [`task-${task}`, Array.from({ length: runs }, score)]),
  );
}

// 1,500 simulations measure a coverage of 95 % with a standard error of 0.6 %.
describe('nominal 95 % intervals', () => {
  const repetitions = 1000;
  const normal = (random: Random) => () => random.normal();
  const exponential = (random: Random) => () => -Math.log(1 - random.nextFloat());
  /** Of the exponential distribution: the mean between its quartiles a = ln 4/3 and b = ln 4, 2 [(a + 1) e⁻ᵃ − (b + 1) e⁻ᵇ]. */
  const exponentialIqm = 2 * ((Math.log(4 / 3) + 1) * 0.75 - (Math.log(4) + 1) * 0.25);

  test.each([
    { of: 'IQM', scores: 'normal', statistic: interquartileMean, score: normal, truth: 0, runs: 20 },
    {
      of: 'IQM',
      scores: 'exponential',
      statistic: interquartileMean,
      score: exponential,
      truth: exponentialIqm,
      runs: 20,
    },
    { of: 'mean', scores: 'normal', statistic: meanScore, score: normal, truth: 0, runs: 50 },
  ])('of the $of cover the truth in 93 to 97 %: $scores scores, 2 tasks of $runs runs', (design) => {
    const { statistic, score, truth, runs } = design;
    const covered = coverage(1500, truth, (random, seed) =>
      bootstrapInterval(draw(2, runs, score(random)), statistic, { repetitions, seed }),
    );
    expect(covered).toBeGreaterThan(0.93);
    expect(covered).toBeLessThan(0.97);
  });

  test('of P(X > Y) too: 2 tasks of 10 runs', () => {
    // Normal scores half a deviation apart: Φ(0.5 / √2).
    const covered = coverage(1500, 0.638163195, (random, seed) => {
      const x = draw(2, 10, () => random.normal() + 0.5);
      return probabilityOfImprovementInterval(x, draw(2, 10, normal(random)), { repetitions, seed });
    });
    expect(covered).toBeGreaterThan(0.93);
    expect(covered).toBeLessThan(0.97);
  });

  test.each([
    { tasks: 1, runs: 3, documented: 0.749 },
    { tasks: 1, runs: 5, documented: 0.846 },
    { tasks: 6, runs: 5, documented: 0.908 },
  ])('of the mean are as narrow as documented: $tasks tasks of $runs runs', ({ tasks, runs, documented }) => {
    const covered = coverage(1500, 0, (random, seed) =>
      bootstrapInterval(draw(tasks, runs, normal(random)), meanScore, { repetitions, seed }),
    );
    // Three standard errors.
    expect(Math.abs(covered - documented)).toBeLessThan(3 * Math.sqrt((documented * (1 - documented)) / 1500));
  });
});
