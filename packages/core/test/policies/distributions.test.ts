import { constant, evaluate, grad, matmul, squeeze, sum, variable, type Tensor, type TensorData } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import {
  categorical,
  gaussian,
  multiCategorical,
  policyDistribution,
  policyOutputs,
  squashedGaussian,
} from '../../src/policies/distributions.ts';
import { Box, Discrete, MultiDiscrete } from '../../src/spaces/spaces.ts';

/** Draws in tests of frequencies and moments, which are allowed four standard errors. */
const N = 20_000;
const matrix = (rows: readonly (readonly number[])[]): Tensor => constant([rows.length, rows[0].length], rows.flat());
const integers = (values: readonly number[], shape: readonly number[] = [values.length]): Tensor =>
  constant(shape, values, 'int32');
const key = (seed: number): Tensor => integers([seed, 7]);
/** The same row for each of `N` draws. */
const repeated = (row: readonly number[]): Tensor =>
  constant([N, row.length], Array.from({ length: N }, () => row).flat());

function softmax(logits: readonly number[]): number[] {
  const exponentials = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  const total = exponentials.reduce((a, b) => a + b);
  return exponentials.map((x) => x / total);
}
const entropyOf = (p: readonly number[]): number => p.reduce((h, x) => (x === 0 ? h : h - x * Math.log(x)), 0);
const logNormal = (x: number, mean: number, deviation: number): number =>
  -0.5 * ((x - mean) / deviation) ** 2 - Math.log(deviation) - 0.5 * Math.log(2 * Math.PI);

function expectClose(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-5): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    const bound = tolerance * Math.max(1, Math.abs(value));
    expect(Math.abs(actual[i] - value), `[${i}]: ${actual[i]} and ${value}`).toBeLessThanOrEqual(bound);
  });
}

/** Compares mean and variance of column `column` of draws [N, width] with those of a normal distribution. */
function expectNormal(draws: TensorData, width: number, column: number, mean: number, deviation: number): void {
  const values = Array.from({ length: N }, (_, i) => (draws[i * width + column] - mean) / deviation);
  const moment = (power: number): number => values.reduce((total, x) => total + x ** power, 0) / N;
  expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(N));
  expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / N));
  expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / N));
  expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / N));
}

describe('categorical', () => {
  const logits = [
    [0.3, -1.2, 2, 0],
    [500, -500, 499, 0],
    [0, 0, 0, 0],
  ];
  const p = logits.map(softmax);

  test('log-probabilities, entropy and mode', () => {
    const result = evaluate(() => {
      const policy = categorical(matrix(logits));
      return { log: policy.logProbability(integers([2, 2, 1])), entropy: policy.entropy(), mode: policy.mode() };
    });
    expectClose(
      result.log,
      [p[0][2], p[1][2], p[2][1]].map((x) => Math.log(x)),
    );
    expectClose(result.entropy, p.map(entropyOf));
    expect([...result.mode].slice(0, 2)).toEqual([2, 0]);
  });

  test('draws each choice as often as it should', () => {
    const draws = evaluate(() => categorical(repeated(logits[0])).sample(key(1)));
    p[0].forEach((probability, choice) => {
      const frequency = draws.filter((draw) => draw === choice).length / N;
      expect(Math.abs(frequency - probability)).toBeLessThan(4 * Math.sqrt((probability * (1 - probability)) / N));
    });
  });

  test('the score of linear softmax is φ(s, a) − E[φ(s, ·)] (S5.1)', () => {
    const features = [
      [1, 0.5],
      [-2, 0.1],
      [0.3, 3],
    ];
    const theta = [0.4, -0.7];
    const chosen = 2;
    const score = evaluate(() => {
      const parameters = variable([2, 1], theta);
      const scores = squeeze(matmul(matrix(features), parameters), 1);
      return grad(categorical(scores).logProbability(integers([chosen], [])), [parameters])[0];
    });
    const probabilities = softmax(features.map((row) => row[0] * theta[0] + row[1] * theta[1]));
    const expected = [0, 1].map(
      (j) => features[chosen][j] - probabilities.reduce((mean, q, a) => mean + q * features[a][j], 0),
    );
    expectClose(score, expected);
  });
});

test('multiCategorical is a product of independent categoricals', () => {
  const logits = [0.5, -0.5, 1, 0, -1];
  const [first, second] = [softmax(logits.slice(0, 2)), softmax(logits.slice(2))];
  const result = evaluate(() => {
    const policy = multiCategorical(matrix([logits]), [2, 3]);
    return { log: policy.logProbability(integers([1, 2], [1, 2])), entropy: policy.entropy(), mode: policy.mode() };
  });
  expectClose(result.log, [Math.log(first[1]) + Math.log(second[2])]);
  expectClose(result.entropy, [entropyOf(first) + entropyOf(second)]);
  expect([...result.mode]).toEqual([0, 0]);

  const draws = evaluate(() => multiCategorical(repeated(logits), [2, 3]).sample(key(2)));
  for (const a of [0, 1]) {
    for (const b of [0, 1, 2]) {
      const joint = first[a] * second[b];
      let count = 0;
      for (let i = 0; i < N; i++) if (draws[2 * i] === a && draws[2 * i + 1] === b) count++;
      expect(Math.abs(count / N - joint)).toBeLessThan(4 * Math.sqrt((joint * (1 - joint)) / N));
    }
  }
});

describe('gaussian', () => {
  const mean = [0.5, -2];
  const logStd = [-1, 0.7];
  const action = [0.1, 3];

  test('log density, entropy and mode', () => {
    const result = evaluate(() => {
      const policy = gaussian(matrix([mean]), constant([2], logStd));
      return { log: policy.logProbability(matrix([action])), entropy: policy.entropy(), mode: policy.mode() };
    });
    expectClose(result.log, [mean.reduce((sum, m, i) => sum + logNormal(action[i], m, Math.exp(logStd[i])), 0)]);
    expectClose(result.entropy, [logStd.reduce((sum, l) => sum + l + 0.5 * Math.log(2 * Math.PI * Math.E), 0)]);
    expectClose(result.mode, mean);
  });

  test('draws have its moments, and elements are independent', () => {
    const draws = evaluate(() => gaussian(repeated(mean), constant([2], logStd)).sample(key(3)));
    mean.forEach((m, i) => {
      expectNormal(draws, 2, i, m, Math.exp(logStd[i]));
    });
    let correlation = 0;
    for (let i = 0; i < N; i++) {
      correlation += ((draws[2 * i] - mean[0]) / Math.exp(logStd[0])) * ((draws[2 * i + 1] - mean[1]) / Math.exp(0.7));
    }
    expect(Math.abs(correlation / N)).toBeLessThan(4 / Math.sqrt(N));
  });

  test('scores are (a − μ) / σ² in the mean and (a − μ)² / σ² − 1 in log σ (S5.1)', () => {
    const scores = evaluate(() => {
      const [center, spread] = [variable([1, 2], mean), variable([2], logStd)];
      const log = sum(gaussian(center, spread).logProbability(matrix([action])));
      const [inMean, inLogStd] = grad(log, [center, spread]);
      return { inMean, inLogStd };
    });
    const variance = logStd.map((l) => Math.exp(2 * l));
    expectClose(
      scores.inMean,
      mean.map((m, i) => (action[i] - m) / variance[i]),
    );
    expectClose(
      scores.inLogStd,
      mean.map((m, i) => (action[i] - m) ** 2 / variance[i] - 1),
    );
  });
});

describe('squashedGaussian', () => {
  const cases = [
    [0, 0],
    [0.8, -1],
    [-1.5, 0.3],
  ] as const;

  test.each(cases)('μ = %d, log σ = %d: log density is that of atanh a minus log(1 − a²)', (mean, logStd) => {
    const actions = [-0.999, -0.7, -0.01, 0.2, 0.95, 0.9999].map(Math.fround);
    const log = evaluate(() =>
      squashedGaussian(constant([6, 1], new Array<number>(6).fill(mean)), constant([1], [logStd])).logProbability(
        constant([6, 1], actions),
      ),
    );
    const expected = actions.map((a) => logNormal(Math.atanh(a), mean, Math.exp(logStd)) - Math.log(1 - a * a));
    expectClose(log, expected, 2e-5);
  });

  test.each(cases)('μ = %d, log σ = %d: the density integrates to 1', (mean, logStd) => {
    // Midpoints in u = atanh a, where the density is smooth: ∫ p(a) da = ∫ p(tanh u) (1 − tanh² u) du.
    const width = 0.01;
    const u = Array.from({ length: 1200 }, (_, i) => (i - 599.5) * width);
    const log = evaluate(() =>
      squashedGaussian(constant([1200, 1], new Array<number>(1200).fill(mean)), constant([1], [logStd])).logProbability(
        constant([1200, 1], u.map(Math.tanh)),
      ),
    );
    const integral = u.reduce((total, x, i) => total + Math.exp(log[i]) * (1 - Math.tanh(x) ** 2) * width, 0);
    expect(integral).toBeCloseTo(1, 3);
  });

  test('draws are tanh of normal numbers, with the log density that logProbability gives them', () => {
    const [mean, logStd] = [0.3, -0.5];
    const result = evaluate(() => {
      const policy = squashedGaussian(repeated([mean]), constant([1], [logStd]));
      const { action, logProbability } = policy.sample(key(4));
      return { action, logProbability, again: policy.logProbability(action), mode: policy.mode() };
    });
    expectNormal(result.action.map(Math.atanh), 1, 0, mean, Math.exp(logStd));
    expectClose(result.logProbability, [...result.again], 1e-4);
    expect(result.mode[0]).toBeCloseTo(Math.tanh(mean), 6);
  });

  test('numbers stay finite at and beyond the ends, gradients too', () => {
    const means = [-100, -10, 0, 10, 100];
    for (const logStd of [-20, -5, 2]) {
      const result = evaluate(() => {
        const [center, spread] = [variable([5, 1], means), variable([1], [logStd])];
        const policy = squashedGaussian(center, spread);
        const drawn = policy.sample(key(5));
        const given = policy.logProbability(constant([5, 1], [-1, 1, 1, -1, 1]));
        const [inMean, inSpread] = grad(sum(drawn.logProbability), [center, spread]);
        return { action: drawn.action, log: drawn.logProbability, given, inMean, inSpread };
      });
      for (const values of Object.values(result)) expect([...values].every(Number.isFinite)).toBe(true);
      expect(result.action.every((a) => Math.abs(a) <= 1)).toBe(true);
    }
  });

  test('a reparameterized draw u = μ + σ ε carries gradients: ∂ log π / ∂μ = 2 tanh u, ∂a / ∂σ = (1 − a²) ε', () => {
    const [mean, logStd] = [0.4, -0.3];
    const result = evaluate(() => {
      const [center, spread] = [variable([3, 1], [mean, mean, mean]), variable([3, 1], [logStd, logStd, logStd])];
      const { action, logProbability } = squashedGaussian(center, spread).sample(key(6));
      const [inMean] = grad(sum(logProbability), [center]);
      const [inSpread] = grad(sum(action), [spread]);
      return { action, inMean, inSpread };
    });
    const actions = [...result.action];
    expectClose(
      result.inMean,
      actions.map((a) => 2 * a),
    );
    // ∂ / ∂ log σ = σ ε (1 − a²) with σ ε = u − μ.
    expectClose(
      result.inSpread,
      actions.map((a) => (Math.atanh(a) - mean) * (1 - a * a)),
      1e-4,
    );
  });
});

describe('policyDistribution', () => {
  test('the choices of a Discrete begin at its start', () => {
    const space = new Discrete(3, -1);
    const result = evaluate(() => {
      const policy = policyDistribution(space, repeated([0, 1, 4]), constant([1], [0]));
      return { mode: policy.mode(), drawn: policy.sample(key(8)), log: policy.logProbability(policy.mode()) };
    });
    expect(result.mode[0]).toBe(1);
    expect(new Set(result.drawn)).toEqual(new Set([-1, 0, 1]));
    expect(result.log[0]).toBeCloseTo(Math.log(softmax([0, 1, 4])[2]), 5);
    expect(policyOutputs(space)).toBe(3);
  });

  test('MultiDiscrete: one group of logits per element; Box: a mean per number', () => {
    const multi = evaluate(() =>
      policyDistribution(new MultiDiscrete([2, 3]), matrix([[0, 1, 0, 0, 1]]), constant([2], [0, 0])).mode(),
    );
    expect([...multi]).toEqual([1, 2]);
    const box = evaluate(() =>
      policyDistribution(new Box(-1, 1, [2]), matrix([[3, -3]]), constant([2], [0, 0])).logProbability(
        matrix([[2, 0]]),
      ),
    );
    expectClose(box, [logNormal(2, 3, 1) + logNormal(0, -3, 1)]);
    expect([policyOutputs(new MultiDiscrete([2, 3])), policyOutputs(new Box(-1, 1, [2]))]).toEqual([5, 2]);
  });
});

describe('divergenceFrom', () => {
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  const first = [0.3, -1.2, 2, 0, 1];
  const second = [-2, 0.5, 0, 0, -1];

  test('categorical: Σ p log (p / q), in this order, and 0 from itself', () => {
    const [p, q] = [first, second].map(softmax);
    const [there, back] = [
      [p, q],
      [q, p],
    ].map(([from, to]) => sum(from.map((pi, i) => pi * Math.log(pi / to[i]))));
    expect(Math.abs(there - back)).toBeGreaterThan(0.1);
    const result = evaluate(() => {
      const policy = categorical(matrix([second, first, first]));
      return policy.divergenceFrom(categorical(matrix([first, second, first])).statistics);
    });
    expectClose(result, [there, back, 0]);
  });

  test('multiCategorical: the sum over its elements', () => {
    const expected = [0, 2].map((start) => {
      const [p, q] = [first, second].map((logits) => softmax(logits.slice(start, start === 0 ? 2 : 5)));
      return sum(p.map((pi, i) => pi * Math.log(pi / q[i])));
    });
    const result = evaluate(() => {
      const policy = multiCategorical(matrix([second, first]), [2, 3]);
      return policy.divergenceFrom(multiCategorical(matrix([first, first]), [2, 3]).statistics);
    });
    expectClose(result, [sum(expected), 0]);
  });

  test('illegal actions are not in it', () => {
    const legal = [1, 0, 1, 0, 1];
    const only = (logits: readonly number[]): number[] => softmax(logits.filter((_, i) => legal[i] === 1));
    const [p, q] = [only(first), only(second)];
    const result = evaluate(() => {
      const masks = constant([1, 5], legal, 'bool');
      const [from, to] = [first, second].map((logits) =>
        policyDistribution(new Discrete(5), matrix([logits]), 0, masks),
      );
      return to.divergenceFrom(from.statistics);
    });
    expectClose(result, [sum(p.map((pi, i) => pi * Math.log(pi / q[i])))]);
  });

  test('gaussian: the integral of ρ log (ρ / π), by the midpoint rule', () => {
    const cases = [
      [0.4, -0.3, -1, 0.5],
      [2, 0.7, 1.5, -0.2],
      [0.5, -1, 0.5, -1],
    ];
    const integrals = cases.map(([mean, logStd, otherMean, otherLogStd]) => {
      const [deviation, other] = [Math.exp(logStd), Math.exp(otherLogStd)];
      const width = deviation / 100;
      return sum(
        Array.from({ length: 2000 }, (_, i) => {
          const x = mean + (i - 999.5) * width;
          const log = logNormal(x, mean, deviation);
          return width * Math.exp(log) * (log - logNormal(x, otherMean, other));
        }),
      );
    });
    const column = (i: number): Tensor => matrix(cases.map((row) => [row[i]]));
    const each = evaluate(() =>
      gaussian(column(2), column(3)).divergenceFrom(gaussian(column(0), column(1)).statistics),
    );
    expectClose(each, integrals);
    // Independent elements add up, and one log standard deviation serves all rows.
    const row = (i: number): Tensor => matrix([cases.map((values) => values[i])]);
    const all = evaluate(() => {
      const logStds = [1, 3].map((i) =>
        constant(
          [3],
          cases.map((values) => values[i]),
        ),
      );
      return gaussian(row(2), logStds[1]).divergenceFrom(gaussian(row(0), logStds[0]).statistics);
    });
    expectClose(all, [sum(integrals)]);
  });
});
