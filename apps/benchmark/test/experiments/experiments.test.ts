import { describe, expect, it } from 'vitest';
import { Random, spawnSeed } from '@gradus/core';
import { makeEnv, transitionTable } from '@gradus/envs';
import {
  TabularSoftmax,
  exactPolicyGradient,
  gradientEstimates,
  sampleTrajectory,
  type GradientOptions,
} from '@gradus/policy-gradient';
import type { Experiment } from '../../src/experiments/experiment.ts';
import { aliasedGridExperiment } from '../../src/experiments/aliased-grid.ts';
import { deadlyTriad } from '../../src/experiments/deadly-triad.ts';
import { experiments } from '../../src/experiments/experiments.ts';
import { exploration } from '../../src/experiments/exploration.ts';
import { gradientVariance } from '../../src/experiments/gradient-variance.ts';
import { EPISODES } from '../../src/experiments/measure-estimators.ts';
import { qLearningContraction } from '../../src/experiments/q-learning-contraction.ts';
import { watchRepetitions } from '../../src/experiments/over-seeds.ts';
import { makeRecord, recordFiles } from '../../src/experiments/record.ts';
import { stepSizes } from '../../src/experiments/step-sizes.ts';
import { tdLambdaExperiment } from '../../src/experiments/td-lambda.ts';

async function numbersOf<Numbers extends object>(experiment: Experiment<Numbers>, seeds: number): Promise<Numbers> {
  let repetitions = 0;
  const release = watchRepetitions(() => repetitions++);
  const numbers = await experiment.run({ seeds, results: '', takes: '', command: [] });
  release();
  // What is said of how far it is counts on that.
  expect(repetitions).toBe(((experiment.cost.repetitions ?? NaN) * seeds) / experiment.seeds);
  return numbers;
}

/** Which claims hold, in their order. */
function verdictOf<Numbers extends object>(experiment: Experiment<Numbers>, numbers: Numbers): boolean[] {
  return experiment.verdict(numbers).map(({ holds }) => holds);
}

it('experiments have different names that a folder may have', () => {
  const names = experiments.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z-]+$/);
});

describe('q-learning-contraction', async () => {
  const numbers = await numbersOf(qLearningContraction, 2);

  it('finds errors within the bound of the theorem', () => {
    expect(verdictOf(qLearningContraction, numbers)).toEqual([true, true, true, true]);
    for (const { errors } of numbers.processes) {
      expect(errors[0].value).toBe(1);
      errors.forEach(({ high }, k) => expect(high).toBeLessThanOrEqual(0.9 ** k + 1e-12));
    }
  });

  it('rejects an interval that leaves too much, a decrease, and a value above Q*', () => {
    const [grid, random] = numbers.processes;
    const changed = (changes: Partial<typeof grid>) => ({ ...numbers, processes: [{ ...grid, ...changes }, random] });
    expect(verdictOf(qLearningContraction, changed({ worstFactor: 0.91 }))).toEqual([false, true, true, true]);
    expect(verdictOf(qLearningContraction, changed({ decreases: 1 }))).toEqual([true, false, true, true]);
    expect(verdictOf(qLearningContraction, changed({ largestExcess: 1e-6 }))).toEqual([true, false, true, true]);
  });

  it('gives the same files for the same seeds', async () => {
    const files = (each: object) => recordFiles(makeRecord(qLearningContraction, 2, each));
    expect(files(await numbersOf(qLearningContraction, 2))).toEqual(files(numbers));
  });
});

it('step-sizes: 1/n is slower the larger γ is, n^−0.7 is not', async () => {
  const numbers = await numbersOf(stepSizes, 1);
  expect(verdictOf(stepSizes, numbers)).toEqual([true, true, true, true]);
  // Before the reward is found, and then ever closer to it, all errors relative to max Q*.
  for (const { errors } of numbers.learnings) {
    expect(errors[0].value).toBeLessThanOrEqual(1);
    expect(errors[20].value).toBeLessThan(errors[0].value);
  }
});

describe('aliased-grid', async () => {
  const numbers = await numbersOf(aliasedGridExperiment, 2);
  const [qLearning, sarsa, exploring, learned, coin, seeing] = numbers.policies;

  it('knows the policies that can be worked out by hand', () => {
    // To the treasure from the five squares: 3, 2, 1, 2, 3 steps.
    expect(seeing.steps.value).toBeCloseTo(11 / 5, 9);
    expect(seeing.reached.slice(0, 4).map(({ value }) => value)).toEqual([0, 0.2, 0.6, 1]);
    // Beside the middle x = 1 + ½ · 1 + ½ (1 + x) = 4 steps, from the ends one more, in the middle one.
    expect(coin.steps.value).toBeCloseTo((4 + 4 + 5 + 5 + 1) / 5, 5);
  });

  it('finds that greedy policies leave two of five starts stuck', () => {
    for (const { starts, reached } of [qLearning, sarsa]) {
      expect(starts).toBeLessThanOrEqual(0.6);
      expect(reached[100].value).toBeCloseTo(starts, 12);
    }
    expect(exploring.starts).toBe(1);
    expect(exploring.steps.value).toBeGreaterThan(3 * learned.steps.value);
  });

  it('finds that REINFORCE learns the coin toss, which is the best that such a policy can do', () => {
    const { least, most } = numbers.learnedEast;
    expect(least).toBeGreaterThanOrEqual(0.45);
    expect(most).toBeLessThanOrEqual(0.55);
    expect(learned.starts).toBe(1);
    expect(learned.mostSteps).toBeLessThanOrEqual(1.5 * 3.8);
    expect(numbers.fastestEast).toBe(0.5);
    expect(verdictOf(aliasedGridExperiment, numbers)).toEqual([true, true, true, true, true, true]);
  });

  it('rejects a policy that leans to one side, and one that is slow', () => {
    const changed = (changes: Partial<typeof numbers>) => verdictOf(aliasedGridExperiment, { ...numbers, ...changes });
    const leaning = { ...numbers.learnedEast, most: 0.56 };
    expect(changed({ learnedEast: leaning })).toEqual([true, true, true, true, false, true]);
    const policies = [qLearning, sarsa, exploring, { ...learned, mostSteps: 5.8 }, coin, seeing];
    expect(changed({ policies })).toEqual([true, true, true, true, true, false]);
    expect(changed({ fastestEast: 0.51 })).toEqual([true, true, false, true, true, true]);
  });
});

describe('gradient-variance', async () => {
  const numbers = await numbersOf(gradientVariance, 1);
  const [random, grid] = numbers.processes;
  const all = Array.from({ length: 14 }, () => true);

  it('divides errors into variance and the square of what the mean is off by', () => {
    const batches = EPISODES / 10;
    for (const { variances, errors, distance } of [...random.estimators, ...grid.estimators]) {
      const [variance, error] = [variances[0].value, errors[0].value];
      const expected = variance * (1 - 1 / batches) + (distance.value ** 2 * variance) / batches;
      expect(error / expected).toBeCloseTo(1, 9);
    }
  });

  it('agrees with the variance of single estimates of other episodes', () => {
    const table = transitionTable('LectureGrid-v0');
    const policy = new TabularSoftmax(table);
    const { gradient, stateValues } = exactPolicyGradient(table, policy, { gamma: 0.9 });
    const generator = new Random(77);
    const episodes = Array.from({ length: 6000 }, () => sampleTrajectory(table, policy, generator));
    const scale = gradient.reduce((sum, x) => sum + x * x, 0);
    const reference = (options: Omit<GradientOptions, 'gamma'>) => {
      const estimates = gradientEstimates(policy, episodes, { gamma: 0.9, ...options });
      const squares = estimates.reduce((sum, x, k) => sum + (x - gradient[k % gradient.length]) ** 2, 0);
      return squares / episodes.length / scale;
    };
    const baseline = (state: number) => stateValues[state];
    for (const [estimator, expected] of [
      ['total return', reference({ credit: 'total-return' })],
      ['reward-to-go', reference({})],
      ['exact values', reference({ baseline })],
    ] as const) {
      const { variances } = grid.estimators.find((each) => each.estimator === estimator) ?? grid.estimators[0];
      // Variances of 600 batches in three dimensions or more scatter by √(2 / 1800) = 3 % at most.
      expect(Math.abs((10 * variances[0].value) / expected - 1)).toBeLessThan(0.15);
    }
  });

  it('rejects more variance, estimates with bias, and bias that nobody sees', () => {
    expect(verdictOf(gradientVariance, numbers)).toEqual(all);
    const failing = (changes: Partial<typeof random>) =>
      verdictOf(gradientVariance, { processes: [{ ...random, ...changes }, grid] }).indexOf(false);
    random.comparisons.slice(0, 5).forEach((comparison, i) => {
      const ratios = comparison.ratios.map((ratio) => ({ ...ratio, value: 1.1, low: 1, high: 1.2 }));
      expect(failing({ comparisons: random.comparisons.with(i, { ...comparison, ratios }) })).toBe(i);
    });
    const distant = { ...random.estimators[2], largestDistance: 3.1 };
    expect(failing({ estimators: random.estimators.with(2, distant) })).toBe(5);
    const near = { ...random.estimators[6], distance: { value: 2, low: 1, high: 3 } };
    expect(failing({ estimators: random.estimators.with(6, near) })).toBe(6);
  });
});

describe('td-lambda', async () => {
  const { methods } = await numbersOf(tdLambdaExperiment, 2);
  const errorsOf = (method: number, lambda: number) =>
    methods[method].curves.find((curve) => curve.lambda === lambda)?.errors ?? [];

  it('has the same for all kinds of traces at λ = 0, where they are TD(0)', () => {
    errorsOf(1, 0).forEach(({ value }, i) => {
      expect(errorsOf(2, 0)[i].value).toBeCloseTo(value, 12);
      expect(errorsOf(3, 0)[i].value).toBeCloseTo(value, 12);
    });
  });

  it('has Monte Carlo off-line at λ = 1', () => {
    const alpha = 0.05;
    const errors = [0, 1].map((seed) => monteCarloError(seed, alpha));
    expect(errorsOf(0, 1).find(({ x }) => x === alpha)?.value).toBeCloseTo((errors[0] + errors[1]) / 2, 12);
  });

  /** The mean over ten episodes of the error after each of constant-α Monte Carlo, every visit, in the order of the steps. */
  function monteCarloError(seed: number, alpha: number): number {
    const env = makeEnv('RandomWalk19-v0');
    const values = new Array<number>(21).fill(0);
    let sum = 0;
    for (let episode = 0; episode < 10; episode++) {
      const visited = [Number(env.reset(episode === 0 ? { seed: spawnSeed(seed, 0) } : {}).observation)];
      let step = env.step(0);
      for (; !step.terminated; step = env.step(0)) visited.push(Number(step.observation));
      for (const state of visited) values[state] += alpha * (step.reward - values[state]);
      const squares = Array.from({ length: 19 }, (_, i) => (values[i + 1] - (i - 9) / 10) ** 2);
      sum += Math.sqrt(squares.reduce((a, b) => a + b, 0) / 19);
    }
    return sum / 10;
  }

  it('begins at the error of knowing nothing and counts none above 1', () => {
    const all = methods.flatMap(({ curves }) => curves.flatMap(({ errors }) => errors.map(({ value }) => value)));
    expect(Math.max(...all)).toBe(1);
    expect(errorsOf(0, 0)[0].value).toBeLessThan(Math.sqrt(30 / 95));
  });
});

describe('deadly-triad', async () => {
  const numbers = await numbersOf(deadlyTriad, 2);

  it('diverges off-policy, and not without one part of the triad or with TDC', () => {
    expect(verdictOf(deadlyTriad, numbers)).toEqual([true, true, true, true, true, true]);
    const starts = numbers.methods.map(({ valueErrors }) => valueErrors[0].value);
    for (const start of starts) expect(start).toBeCloseTo(Math.sqrt((6 * 3 ** 2 + 12 ** 2) / 7), 12);
  });

  it('agrees with a plain simulation of semi-gradient TD', () => {
    const errors = [0, 1].map(semiGradientError);
    const { valueErrors } = numbers.methods[0];
    // Other random numbers, but growth is nearly the same for all.
    const growth = Math.log(valueErrors[50].value / valueErrors[0].value);
    expect(Math.log((errors[0] + errors[1]) / 2 / valueErrors[0].value) / growth).toBeCloseTo(1, 1);
  });

  /** √ mean v̂² after 5000 steps. */
  function semiGradientError(seed: number): number {
    const random = new Random(seed);
    const weights = [1, 1, 1, 1, 1, 1, 10, 1];
    const value = (s: number) => (s === 6 ? weights[6] + 2 * weights[7] : 2 * weights[s] + weights[7]);
    let state = random.integer(7);
    for (let step = 0; step < 5000; step++) {
      const solid = random.nextFloat() < 1 / 7;
      const next = solid ? 6 : random.integer(6);
      const change = solid ? 0.01 * 7 * (0.99 * value(next) - value(state)) : 0;
      weights[state] += change * (state === 6 ? 1 : 2);
      weights[7] += change * (state === 6 ? 2 : 1);
      state = next;
    }
    return Math.sqrt([0, 1, 2, 3, 4, 5, 6].reduce((sum, s) => sum + value(s) ** 2, 0) / 7);
  }
});

it('exploration: scores lie where they can, and differences are those of the best parameters', async () => {
  const { tasks } = await numbersOf(exploration, 1);
  const [bandit, lake, cliff] = tasks;
  const bestOf = (task: typeof bandit, name: string) =>
    Math.max(...(task.strategies.find(({ strategy }) => strategy === name)?.scores ?? []).map(({ value }) => value));
  for (const task of tasks) {
    for (const { better, worse, value } of task.differences) {
      expect(value).toBeCloseTo(bestOf(task, better) - bestOf(task, worse), 12);
    }
  }
  // The expected maximum of ten standard normal numbers is 1.54; the best policy succeeds with 0.744.
  const scores = (task: typeof bandit) => task.strategies.flatMap((each) => each.scores.map(({ value }) => value));
  expect(Math.max(...scores(bandit))).toBeLessThan(2);
  expect(Math.max(...scores(lake))).toBeLessThanOrEqual(0.7442);
  expect(Math.min(...scores(lake))).toBeGreaterThanOrEqual(0);
  expect(Math.max(...scores(cliff))).toBeLessThan(-1);
});
