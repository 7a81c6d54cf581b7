import { Box, Discrete, MultiDiscrete, RunningNormalizer } from '@gradus/core';
import { NetworkPolicy, PolicyNetwork } from '@gradus/policy-search';
import { describe, expect, test } from 'vitest';

const network = new PolicyNetwork({
  observationSpace: new Box(-Infinity, Infinity, [2]),
  actionSpace: new Box(-9, 9, [1]),
});

test('acts by the parameters of the moment', () => {
  let parameters = Float64Array.of(1, 2, 0.5);
  const policy = new NetworkPolicy(network, () => parameters);
  expect(policy.act([1, 1])).toEqual(Float32Array.of(3.5));
  parameters = Float64Array.of(-1, 0, 0);
  expect(policy.act([1, 1])).toEqual(Float32Array.of(-1));
  const actions = new Float32Array(3);
  policy.actBatch(Float32Array.of(1, 0, 2, 0, 3, 0), actions);
  expect([...actions]).toEqual([-1, -2, -3]);
});

test('normalizes observations, and leaves those that it is given alone', () => {
  const normalizer = new RunningNormalizer(2);
  const [mean, variance] = [Float64Array.of(1, 2), Float64Array.of(4 - 1e-8, 1 - 1e-8)];
  normalizer.setState({ ...normalizer.getState(), mean, variance, count: 1 });
  const policy = new NetworkPolicy(network, () => Float64Array.of(1, 1, 0), normalizer);
  const observations = Float32Array.of(3, 4, 1, 2);
  const actions = new Float32Array(2);
  policy.actBatch(observations, actions);
  expect([...actions]).toEqual([1 + 2, 0]);
  expect(observations).toEqual(Float32Array.of(3, 4, 1, 2));
  expect(policy.act([3, 4])).toEqual(Float32Array.of(3));
});

describe('discrete spaces', () => {
  const choice = new PolicyNetwork(
    { observationSpace: new Discrete(2, 1), actionSpace: new Discrete(3) },
    { bias: false },
  );
  const policy = new NetworkPolicy(choice, () => Float64Array.of(1, 0, 2, 0, 3, 0));

  test('have plain numbers, and masks', () => {
    expect(policy.act(1)).toBe(2);
    expect(policy.act(2)).toBe(0);
    expect(policy.act(1, { actionMasks: Uint8Array.of(1, 1, 0), deterministic: false })).toBe(1);
  });

  test('each element of a MultiDiscrete action needs one that is legal', () => {
    const pair = new PolicyNetwork(
      { observationSpace: new Discrete(1), actionSpace: new MultiDiscrete([2, 3]) },
      { bias: false },
    );
    const both = new NetworkPolicy(pair, () => Float64Array.of(0, 1, 2, 1, 0));
    expect(both.act(0, { actionMasks: Uint8Array.of(1, 0, 0, 0, 1) })).toEqual(Int32Array.of(0, 2));
    for (const mask of [Uint8Array.of(0, 0, 1, 1, 1), Uint8Array.of(1, 1, 0, 0, 0)]) {
      expect(() => both.act(0, { actionMasks: mask })).toThrow(
        new RangeError('actionMasks: expected a legal action in each row, got none in row 0'),
      );
    }
  });

  test.each<[() => unknown, string]>([
    [() => policy.act(3), 'observation is 3, expected an integer in [1, 2]'],
    [() => policy.act([1, 1]), 'observation has 2 elements, expected 1'],
    [() => policy.act(1, { actionMasks: Uint8Array.of(1, 1) }), 'actionMasks has 2 elements, expected 1 × 3'],
    [
      () => policy.act(1, { actionMasks: Uint8Array.of(0, 0, 0) }),
      'expected a legal action in each row, got none in row 0',
    ],
    [
      () =>
        new NetworkPolicy(
          new PolicyNetwork({ observationSpace: new MultiDiscrete([2, 2]), actionSpace: new Discrete(2) }),
          () => new Float64Array(10),
        ).act([0, 2]),
      'observation has 2 at [1], expected an integer in [0, 1]',
    ],
  ])('refuse what is not in them: %#', (act, message) => {
    expect(act).toThrow(RangeError);
    expect(act).toThrow(message);
  });
});
