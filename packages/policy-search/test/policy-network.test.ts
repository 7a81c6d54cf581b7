import { Box, Dict, Discrete, MultiBinary, MultiDiscrete, Random, createActions, type Space } from '@gradus/core';
import { PolicyNetwork, type PolicyNetworkOptions } from '@gradus/policy-search';
import { program } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { networkOutputs } from './support/reference-network.ts';

const pair = new Box(-Infinity, Infinity, [2]);

/** The actions of one candidate for some observations. */
function actionsOf(
  spaces: readonly [Space, Space],
  options: Partial<PolicyNetworkOptions>,
  theta: readonly number[],
  observations: readonly number[],
  masks?: Uint8Array,
): number[] {
  const [observationSpace, actionSpace] = spaces;
  const network = new PolicyNetwork({ observationSpace, actionSpace }, options);
  expect(theta.length).toBe(network.dimension);
  const rows = observations.length / observationSpace.size;
  const actions = createActions(actionSpace, rows);
  for (let row = 0; row < rows; row++) {
    network.writeAction(Float64Array.from(theta), 0, Float32Array.from(observations), row, actions, masks);
  }
  return [...actions];
}

describe('worked out by hand', () => {
  // Outputs x + 2 y + 1, 3 x − y, 0: 4, 2, 0 and −2, −2, 0 and 1, 0, 0 and −1, 1, 0, of which the largest is chosen.
  const theta = [1, 2, 1, 3, -1, 0, 0, 0, 0];
  const observations = [1, 1, -1, -1, 0, 0, 0, -1];

  test('a discrete action is that of the largest output, the first of equal ones', () => {
    expect(actionsOf([pair, new Discrete(3)], {}, theta, observations)).toEqual([0, 2, 0, 1]);
    expect(actionsOf([pair, new Discrete(3, -1)], {}, theta, observations)).toEqual([-1, 1, -1, 0]);
    expect(actionsOf([pair, new Discrete(2)], { bias: false }, [1, 2, 3, -1], observations)).toEqual([0, 1, 0, 1]);
  });

  test('hidden units may be ReLU, and real actions tanh of the outputs between their bounds', () => {
    // max(x − y, 0) and max(y, 0), of which the first less the second.
    const spaces = [pair, new Box(2, 6, [1])] as const;
    const units = [1, -1, 0, 1, 1, -1];
    const options = { hidden: [2], bias: false, activation: 'relu', squash: true } as const;
    const [first, second] = actionsOf(spaces, options, units, [3, 2, 1, 2]);
    expect(first).toBeCloseTo(4 + 2 * Math.tanh(-1), 6);
    expect(second).toBeCloseTo(4 + 2 * Math.tanh(-2), 6);
    expect(() => new PolicyNetwork({ observationSpace: pair, actionSpace: pair }, { squash: true })).toThrow(
      'squash: expected actions of a Box with finite bounds, got Box(-Infinity, Infinity, [2])',
    );
  });

  test('of the legal ones, if there are masks', () => {
    const masks = Uint8Array.of(0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1);
    expect(actionsOf([pair, new Discrete(3)], {}, theta, observations, masks)).toEqual([1, 0, 2, 1]);
  });

  test('several choices are made one by one', () => {
    const masks = Uint8Array.of(1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1);
    const space = new MultiDiscrete([2, 1]);
    expect(actionsOf([pair, space], {}, theta, observations)).toEqual([0, 0, 0, 0, 0, 0, 1, 0]);
    expect(actionsOf([pair, space], {}, theta, observations, masks)).toEqual([0, 0, 1, 0, 1, 0, 0, 0]);
  });

  test('real actions keep to their bounds', () => {
    const space = new Box([-1, -1, -1], [3, 1, 1], [3]);
    expect(actionsOf([pair, space], {}, theta, [1, 1, -1, 2])).toEqual([3, 1, 0, 3, -1, 0]);
    expect(actionsOf([pair, new Box(-9, 9, [1])], { bias: false }, [0.5, 2], [1, 1])).toEqual([2.5]);
  });

  test('choices are seen one-hot, bytes divided by their upper bound', () => {
    const real = new Box(-9, 9, [1]);
    expect(actionsOf([new Discrete(3, 5), real], { bias: false }, [1, 2, 3], [5, 7])).toEqual([1, 3]);
    expect(actionsOf([new MultiDiscrete([2, 3]), real], {}, [1, 2, 3, 4, 5, -1], [0, 2, 1, 0])).toEqual([5, 4]);
    const bytes = new Box([0, 0], [255, 0], [2], { dtype: 'uint8' });
    expect(actionsOf([bytes, real], {}, [2, 3, 1], [51, 0])).toEqual([Math.fround(1.4)]);
  });
});

test.each([
  { hidden: [5], bias: true },
  { hidden: [4, 3], bias: false },
])('%o is the network that is written down in a vector', ({ hidden, bias }) => {
  const env = { observationSpace: pair, actionSpace: new Box(-Infinity, Infinity, [2]) };
  const network = new PolicyNetwork(env, { hidden, bias });
  const random = new Random(1);
  // Three candidates side by side, as a search asks for them.
  const candidates = Float64Array.from({ length: 3 * network.dimension }, () => random.normal());
  const observations = Float32Array.from({ length: 6 }, () => random.normal());
  const actions = new Float32Array(6);
  for (let row = 0; row < 3; row++) {
    network.writeAction(candidates, row * network.dimension, observations, row, actions);
  }
  const expected = [0, 1, 2].flatMap((row) => {
    const theta = candidates.subarray(row * network.dimension, (row + 1) * network.dimension);
    return networkOutputs([...theta], [...observations.subarray(2 * row, 2 * row + 2)], [...hidden, 2], bias);
  });
  expect([...actions]).toEqual(expected.map(Math.fround));
});

describe('in a program', () => {
  const part = new Dict({
    a: new MultiDiscrete([2, 3]),
    b: new Box(-9, 9, [2]),
    c: new Box(0, 51, [1], { dtype: 'uint8' }),
  });

  test.each([
    { hidden: [], bias: true },
    { hidden: [7], bias: false },
    { hidden: [9, 4], bias: true },
  ])('%o: outputs are those of one candidate and one observation at a time', ({ hidden, bias }) => {
    const outputs = 3;
    const network = new PolicyNetwork(
      { observationSpace: part, actionSpace: new Box(-Infinity, Infinity, [outputs]) },
      { hidden, bias },
    );
    const random = new Random(2);
    const [candidates, each] = [4, 3];
    const rows = candidates * each;
    const parameters = Float64Array.from({ length: candidates * network.dimension }, () => random.normal());
    const observations = new Float32Array(rows * part.size);
    for (let row = 0; row < rows; row++) {
      const numbers = [random.integer(2), random.integer(3), random.normal(), random.normal(), random.integer(52)];
      observations.set(numbers, row * part.size);
    }
    const apply = program(
      { parameters: [candidates, network.dimension], observations: [rows, part.size] },
      (inputs) => ({ outputs: network.outputs(inputs.parameters, inputs.observations) }),
    );
    apply.inputs.parameters.set(parameters);
    apply.inputs.observations.set(observations);
    const together = apply.run().outputs;
    const alone = new Float32Array(rows * outputs);
    for (let row = 0; row < rows; row++) {
      const first = Math.floor(row / each) * network.dimension;
      network.writeAction(parameters, first, observations, row, alone);
    }
    // Sums of up to ten float32 products of numbers about 1.
    alone.forEach((value, i) => expect(together[i]).toBeCloseTo(value, 4));
    apply.dispose();
  });
});

describe('initial parameters', () => {
  const env = { observationSpace: new Box(-1, 1, [100]), actionSpace: new Discrete(2) };

  test('of a linear policy are zeros', () => {
    const network = new PolicyNetwork(env);
    expect(network.initialParameters(1)).toEqual(new Float64Array(202));
  });

  test('are zeros, but for weights into hidden layers, which have the variance 1 / inputs', () => {
    const network = new PolicyNetwork(env, { hidden: [50] });
    const rows = Array.from({ length: 50 }, (_, unit) =>
      network.initialParameters(1).subarray(unit * 101, unit * 101 + 101),
    );
    expect(rows.map((row) => row[100])).toEqual(rows.map(() => 0));
    expect(network.initialParameters(1).subarray(50 * 101)).toEqual(new Float64Array(2 * 51));
    const weights = rows.flatMap((row) => [...row.subarray(0, 100)]);
    const variance = weights.reduce((sum, x) => sum + x * x, 0) / weights.length;
    // The mean of 5000 squares of normal numbers of variance 0.01 has the standard error 0.01 √(2 / 5000).
    expect(Math.abs(variance - 0.01)).toBeLessThan(4 * 0.01 * Math.sqrt(2 / 5000));
    expect(network.initialParameters(1)).toEqual(network.initialParameters(1));
    expect(network.initialParameters(1)).not.toEqual(network.initialParameters(2));
  });
});

test.each<[object, string]>([
  [{ hidden: [0] }, 'PolicyNetwork: expected hidden to be a list of positive integers, got [0]'],
  [{ bias: 1 }, 'PolicyNetwork: expected bias to be true or false, got 1'],
  [{ layers: [3] }, "PolicyNetwork: unknown option 'layers'"],
])('refuses %o', (options, message) => {
  const env = { observationSpace: pair, actionSpace: pair };
  expect(() => new PolicyNetwork(env, options)).toThrow(RangeError);
  expect(() => new PolicyNetwork(env, options)).toThrow(message);
});

describe('named parts, bits and starts', () => {
  test('a bit is 1 where its output is positive, elements count from their start', () => {
    const theta = [1, 2, 1, 3, -1, 0, 0, 0, 0];
    // Outputs 4, 2, 0 and −2, −2, 0
    expect(actionsOf([pair, new MultiBinary(3)], {}, theta, [1, 1, -1, -1])).toEqual([1, 1, 0, 0, 0, 0]);
    const choices = new MultiDiscrete([2, 1], [5, -3]);
    expect(actionsOf([pair, choices], {}, theta, [1, 1, -1, -1])).toEqual([5, -3, 5, -3]);
  });

  test('of a Dict each part is seen as its features, in the order of names', () => {
    const space = new Dict({
      c: new Box(0, 51, [1], { dtype: 'uint8' }),
      a: new MultiDiscrete([2, 2], [1, 0]),
      b: new MultiBinary(1),
      d: new Box(-9, 9),
    });
    // a one-hot 0 1 1 0, b 1, c 17 / 51, d −2
    const weights = [1, 10, 100, 1000, 10_000, 3, 0.25];
    const out = actionsOf([space, new Box(-1e6, 1e6)], { bias: false }, weights, [2, 0, 1, 17, -2]);
    expect(out).toEqual([10 + 100 + 10_000 + 1 - 0.5]);
  });
});
