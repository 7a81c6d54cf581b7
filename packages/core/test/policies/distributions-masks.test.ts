import { constant, evaluate, grad, sum, variable, type Tensor } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { policyDistribution } from '../../src/policies/distributions.ts';
import { Discrete, MultiDiscrete } from '../../src/spaces/spaces.ts';

const N = 20_000;
const logits = [0.3, -1.2, 2, 0.5, 1];
const legal = [1, 0, 1, 0, 1];
const matrix = (row: readonly number[], rows = 1): Tensor =>
  constant([rows, row.length], Array.from({ length: rows }, () => row).flat());
const masks = (row: readonly number[], rows = 1): Tensor =>
  constant([rows, row.length], Array.from({ length: rows }, () => row).flat(), 'bool');
const actions = (values: readonly number[], shape: readonly number[]): Tensor => constant(shape, values, 'int32');

/** Softmax over the legal choices alone: elsewhere 0. */
function legalSoftmax(outputs: readonly number[], mask: readonly number[]): number[] {
  const weights = outputs.map((x, i) => (mask[i] === 1 ? Math.exp(x) : 0));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((x) => x / total);
}
const entropyOf = (p: readonly number[]): number => p.reduce((h, x) => (x === 0 ? h : h - x * Math.log(x)), 0);

describe('Discrete', () => {
  const space = new Discrete(5, 10);
  const p = legalSoftmax(logits, legal);

  test('probabilities, entropy and the best action are those of the legal actions alone', () => {
    const result = evaluate(() => {
      const policy = policyDistribution(space, matrix(logits, 5), 0, masks(legal, 5));
      const log = policy.logProbability(actions([10, 11, 12, 13, 14], [5]));
      return { log, entropy: policy.entropy(), mode: policy.mode() };
    });
    result.log.forEach((log, i) => {
      if (legal[i] === 1) expect(log).toBeCloseTo(Math.log(p[i]), 5);
      // In float32 as well as in float64 this is 0, exactly.
      else expect([Math.fround(Math.exp(log)), log < -1e7]).toEqual([0, true]);
    });
    expect(result.entropy[0]).toBeCloseTo(entropyOf(p), 5);
    expect(result.mode[0]).toBe(12);
    // The best of all may not be taken.
    const second = evaluate(() => policyDistribution(space, matrix(logits), 0, masks([1, 1, 0, 1, 0])).mode());
    expect(second[0]).toBe(13);
  });

  test('draws each legal action as often as it should, and no other', () => {
    const draws = evaluate(() =>
      policyDistribution(space, matrix(logits, N), 0, masks(legal, N)).sample(actions([3, 7], [2])),
    );
    p.forEach((probability, i) => {
      const frequency = draws.filter((action) => action === 10 + i).length / N;
      const error = 4 * Math.sqrt((probability * (1 - probability)) / N);
      expect(Math.abs(frequency - probability)).toBeLessThanOrEqual(error);
    });
  });

  test('a single legal action is certain: its log probability and the entropy are 0', () => {
    const result = evaluate(() => {
      const policy = policyDistribution(space, matrix(logits), 0, masks([0, 1, 0, 0, 0]));
      return { log: policy.logProbability(actions([11], [1])), entropy: policy.entropy(), mode: policy.mode() };
    });
    expect([result.log[0], Math.abs(result.entropy[0]), result.mode[0]]).toEqual([0, 0, 11]);
  });

  test('no gradient reaches the logits of illegal actions; the others get that of the softmax over them', () => {
    const result = evaluate(() => {
      const outputs = variable([1, 5], logits);
      const policy = policyDistribution(space, outputs, 0, masks(legal));
      const [score] = grad(sum(policy.logProbability(actions([14], [1]))), [outputs]);
      const [ofEntropy] = grad(sum(policy.entropy()), [outputs]);
      return { score, ofEntropy };
    });
    const h = entropyOf(p);
    p.forEach((probability, i) => {
      expect(result.score[i]).toBeCloseTo((i === 4 ? 1 : 0) - probability, 5);
      // ∂H/∂xᵢ = −pᵢ (log pᵢ + H)
      expect(result.ofEntropy[i]).toBeCloseTo(legal[i] === 1 ? -probability * (Math.log(probability) + h) : 0, 5);
      if (legal[i] === 0) expect([Math.abs(result.score[i]), Math.abs(result.ofEntropy[i])]).toEqual([0, 0]);
    });
  });
});

test('MultiDiscrete: a product of the masked elements', () => {
  const space = new MultiDiscrete([2, 3]);
  const mask = [0, 1, 1, 0, 1];
  const [, second] = [legalSoftmax(logits.slice(0, 2), [0, 1]), legalSoftmax(logits.slice(2), [1, 0, 1])];
  const result = evaluate(() => {
    const policy = policyDistribution(space, matrix(logits, 2), 0, masks(mask, 2));
    return {
      log: policy.logProbability(actions([1, 0, 1, 2], [2, 2])),
      entropy: policy.entropy(),
      mode: policy.mode(),
    };
  });
  expect(result.log[0]).toBeCloseTo(Math.log(second[0]), 5);
  expect(result.log[1]).toBeCloseTo(Math.log(second[2]), 5);
  expect(result.entropy[0]).toBeCloseTo(entropyOf(second), 5);
  expect([...result.mode.subarray(0, 2)]).toEqual([1, 0]);

  const draws = evaluate(() =>
    policyDistribution(space, matrix(logits, N), 0, masks(mask, N)).sample(actions([4, 9], [2])),
  );
  const counts = [0, 0, 0];
  for (let i = 0; i < N; i++) {
    expect(draws[2 * i]).toBe(1);
    counts[draws[2 * i + 1]]++;
  }
  expect(counts[1]).toBe(0);
  expect(Math.abs(counts[0] / N - second[0])).toBeLessThan(4 * Math.sqrt((second[0] * second[2]) / N));
});
