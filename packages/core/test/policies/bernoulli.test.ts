import { constant, evaluate, grad, sum, variable, type Tensor } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { bernoulli, policyDistribution, policyOutputs } from '../../src/policies/distributions.ts';
import { Box, Dict, Discrete, MultiBinary, MultiDiscrete } from '../../src/spaces/spaces.ts';

const logits = [
  [0.3, -1.2, 2],
  [0, 40, -40],
];
const matrix = (rows: readonly (readonly number[])[]): Tensor => constant([rows.length, rows[0].length], rows.flat());
const integers = (rows: readonly (readonly number[])[]): Tensor =>
  constant([rows.length, rows[0].length], rows.flat(), 'int32');
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const entropyOf = (p: number): number => -[p, 1 - p].reduce((h, x) => (x === 0 ? h : h + x * Math.log(x)), 0);

describe('independent bits', () => {
  test('log probability: the sum of log σ(l) of ones and log σ(−l) of zeros, also far out', () => {
    const bits = [
      [1, 0, 1],
      [1, 0, 1],
    ];
    const result = evaluate(() => bernoulli(matrix(logits)).logProbability(integers(bits)));
    bits.forEach((row, i) => {
      const expected = total(row.map((bit, k) => -Math.log1p(Math.exp(bit === 1 ? -logits[i][k] : logits[i][k]))));
      expect(Math.abs(result[i] - expected)).toBeLessThan(1e-5 * Math.max(1, Math.abs(expected)));
    });
  });

  test('probabilities of all members sum up to 1', () => {
    const all = Array.from({ length: 8 }, (_, i) => [i & 1, (i >> 1) & 1, (i >> 2) & 1]);
    const same = Array.from({ length: 8 }, () => logits[0]);
    const result = evaluate(() => bernoulli(matrix(same)).logProbability(integers(all)));
    expect(total([...result].map(Math.exp))).toBeCloseTo(1, 5);
  });

  test('entropy: Σ H(σ(l)); mode: 1 where l > 0', () => {
    const { entropy, mode } = evaluate(() => {
      const policy = bernoulli(matrix(logits));
      return { entropy: policy.entropy(), mode: policy.mode() };
    });
    logits.forEach((row, i) => {
      expect(entropy[i]).toBeCloseTo(total(row.map((l) => entropyOf(sigmoid(l)))), 5);
    });
    expect([...mode]).toEqual([1, 0, 1, 0, 1, 0]);
  });

  test('KL: Σ p log (p / q) + (1 − p) log ((1 − p) / (1 − q)), never negative, 0 from itself', () => {
    const [from, to] = [logits[0], [-2, 0.5, 1]];
    const expected = total(
      from.map((l, i) => {
        const [p, q] = [sigmoid(l), sigmoid(to[i])];
        return p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
      }),
    );
    const near = from.map((l) => l + 1e-4);
    const result = evaluate(() =>
      bernoulli(matrix([to, from, near])).divergenceFrom(bernoulli(matrix([from, from, from])).statistics),
    );
    expect(result[0]).toBeCloseTo(expected, 5);
    expect(result[1]).toBe(0);
    // ½ p (1 − p) δ² of each bit
    const small = total(from.map((l) => 0.5 * sigmoid(l) * sigmoid(-l) * 1e-8));
    expect(Math.abs(result[2] - small)).toBeLessThan(0.05 * small);
  });

  test('draws are 0 and 1, each bit as often as it should and apart from the others', () => {
    const count = 20_000;
    const rows = Array.from({ length: count }, () => logits[0]);
    const draws = evaluate(() => bernoulli(matrix(rows)).sample(constant([2], [3, 7], 'int32')));
    const bit = (i: number, k: number): number => draws[3 * i + k];
    const mean = (f: (i: number) => number): number => total(rows.map((_, i) => f(i))) / count;
    expect(new Set(draws)).toEqual(new Set([0, 1]));
    const p = logits[0].map(sigmoid);
    p.forEach((pk, k) => {
      expect(Math.abs(mean((i) => bit(i, k)) - pk)).toBeLessThan(4 * Math.sqrt((pk * (1 - pk)) / count));
    });
    expect(Math.abs(mean((i) => bit(i, 0) * bit(i, 2)) - p[0] * p[2])).toBeLessThan(4 * Math.sqrt(0.25 / count));
  });

  test('∂ log π / ∂ l = a − σ(l)', () => {
    const gradient = evaluate(() => {
      const outputs = variable([1, 3], logits[0]);
      const [inLogits] = grad(sum(bernoulli(outputs).logProbability(integers([[1, 0, 0]]))), [outputs]);
      return inLogits;
    });
    [1, 0, 0].forEach((a, k) => expect(gradient[k]).toBeCloseTo(a - sigmoid(logits[0][k]), 5));
  });
});

describe('policies over spaces', () => {
  test('MultiBinary: a logit for each bit', () => {
    const space = new MultiBinary([3]);
    expect(policyOutputs(space)).toBe(3);
    const mode = evaluate(() => policyDistribution(space, matrix(logits), 0).mode());
    expect([...mode]).toEqual([1, 0, 1, 0, 1, 0]);
  });

  test('MultiDiscrete: actions count from its start', () => {
    const space = new MultiDiscrete([2, 3], [-1, 5]);
    const { mode, log, drawn } = evaluate(() => {
      const policy = policyDistribution(space, matrix([[0, 1, 0, 0, 2]]), 0);
      return {
        mode: policy.mode(),
        log: policy.logProbability(integers([[-1, 6]])),
        drawn: policy.sample(constant([2], [1, 2], 'int32')),
      };
    });
    expect([...mode]).toEqual([0, 7]);
    expect(log[0]).toBeCloseTo(-Math.log(1 + Math.E) - Math.log(2 + Math.exp(2)), 5);
    expect(space.contains(drawn)).toBe(true);
  });

  test.each([new Dict({ a: new Discrete(2) }), new Box(0, 3, [1], { dtype: 'int32' })])('not over %s', (space) => {
    const message = `actionSpace: expected Discrete, MultiDiscrete or MultiBinary actions, or those of a float32 Box, got ${space.toString()}`;
    expect(() => policyOutputs(space)).toThrow(new RangeError(message));
    expect(() => evaluate(() => policyDistribution(space, matrix([[0]]), 0).mode())).toThrow(new RangeError(message));
  });
});
