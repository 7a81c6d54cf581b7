import { Box, Discrete, Random, type Space } from '@gradus/core';
import { constant, evaluate, program, type TensorData } from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { qNetwork, type QNetworkOptions } from '../../src/deep/q-network.ts';

const vector = new Box(-1, 1, [3]);
const image = new Box(0, 1, [4, 5, 2], { dtype: 'uint8' });
const shape = {
  observationSpace: vector as Space,
  actions: 3,
  outputs: 2,
  convolutions: [],
  hidden: [8, 4],
  dueling: false,
  noisy: false,
} as const;
const create = (changes: Partial<QNetworkOptions>) => qNetwork({ ...shape, random: new Random(1), ...changes });
const sizes = (changes: Partial<QNetworkOptions>) =>
  Object.fromEntries(Object.entries(create(changes).parameters).map(([name, { shape: size }]) => [name, [...size]]));

function outputsOf(changes: Partial<QNetworkOptions>, observations: readonly number[]): TensorData {
  const network = create(changes);
  const width = (changes.observationSpace ?? vector).size;
  return evaluate(() => network(constant([observations.length / width, width], observations)));
}

describe('layers', () => {
  test('hidden ones, then an output for each action', () => {
    expect(sizes({})).toEqual({
      '0.weight': [3, 8],
      '0.bias': [8],
      '1.weight': [8, 4],
      '1.bias': [4],
      '2.weight': [4, 6],
      '2.bias': [6],
    });
  });

  test('hidden ones may have another activation', () => {
    const weights = { hidden: [1], actions: 1, outputs: 1, activation: 'tanh' } as const;
    const [first, second] = [1, -1].map((x) => outputsOf(weights, [x, x, x])[0]);
    const zero = outputsOf(weights, [0, 0, 0])[0];
    const { parameters } = create(weights);
    const [w, b, v, c] = ['0.weight', '0.bias', '1.weight', '1.bias'].map((name) => parameters[name].read());
    const value = (x: number): number => v[0] * Math.tanh((w[0] + w[1] + w[2]) * x + b[0]) + c[0];
    [first, second, zero].forEach((output, i) => {
      expect(output).toBeCloseTo(value([1, -1, 0][i]), 5);
    });
  });

  test('with two streams the last hidden layer is one of each', () => {
    const weights = Object.entries(sizes({ dueling: true })).filter(([name]) => name.endsWith('weight'));
    expect(Object.fromEntries(weights)).toEqual({
      'trunk.0.weight': [3, 8],
      'value.0.weight': [8, 4],
      'value.1.weight': [4, 2],
      'advantage.0.weight': [8, 4],
      'advantage.1.weight': [4, 6],
    });
    expect(Object.keys(sizes({ dueling: true, hidden: [] }))).toEqual([
      'value.0.weight',
      'value.0.bias',
      'advantage.0.weight',
      'advantage.0.bias',
    ]);
  });

  test('convolutions come first, and have no noise', () => {
    const convolutions = [
      { filters: 6, kernel: 2, stride: 1 },
      { filters: 5, kernel: 2, stride: 2 },
    ];
    const all = sizes({ observationSpace: image, convolutions, hidden: [7], noisy: true });
    // 4 × 5 images become 3 × 4, then 1 × 2.
    expect(all).toMatchObject({ '1.weight': [2, 2, 2, 6], '2.weight': [2, 2, 6, 5], '4.weight': [10, 7] });
    expect(Object.keys(all).filter((name) => name.endsWith('weightSigma'))).toEqual(['4.weightSigma', '5.weightSigma']);
  });

  test('choices are one-hot', () => {
    expect(sizes({ observationSpace: new Discrete(4, 1), hidden: [] })['0.weight']).toEqual([4, 6]);
  });
});

describe('dueling', () => {
  const observations = [0.1, 0.9, -0.4, 0.7, -0.2, 0.3];
  test('the advantages of a state have mean 0, output by output: q is mean v', () => {
    const network = create({ dueling: true });
    const { parameters } = network;
    const forward = program({ x: [2, 3] }, ({ x }) => ({ q: network(x) }));
    forward.inputs.x.set(observations);
    const before = forward.run().q.slice();
    expect(before).toHaveLength(2 * 3 * 2);
    // What is added to all advantages does not show …
    const bias = parameters['advantage.1.bias'];
    bias.write(bias.read().map((value, i) => value + (i % 2 === 0 ? 5 : -3)));
    forward.run().q.forEach((value, i) => {
      expect(value).toBeCloseTo(before[i], 5);
    });
    // … and what is added to the value shows everywhere, so it is the mean over actions.
    const valueBias = parameters['value.1.bias'];
    valueBias.write(valueBias.read().map((value) => value + 2));
    forward.run().q.forEach((value, i) => {
      expect(value).toBeCloseTo(before[i] + 2, 5);
    });
    for (const name of ['advantage.1.weight', 'advantage.1.bias']) {
      parameters[name].write(new Float32Array(parameters[name].read().length));
    }
    const values = forward.run().q.slice();
    for (let row = 0; row < 2; row++) {
      for (let output = 0; output < 2; output++) {
        const at = (all: TensorData, action: number) => all[row * 6 + action * 2 + output];
        const mean = (at(before, 0) + at(before, 1) + at(before, 2)) / 3 + 2;
        expect(at(values, 0)).toBeCloseTo(mean, 5);
        expect(at(values, 2)).toBe(at(values, 0));
      }
    }
  });
});

test('a convolution sees its window: one filter worked out by hand', () => {
  const network = create({
    observationSpace: new Box(0, 1, [2, 3, 1], { dtype: 'uint8' }),
    convolutions: [{ filters: 1, kernel: 2, stride: 1 }],
    hidden: [],
    actions: 1,
    outputs: 2,
  });
  network.parameters['1.weight'].write([1, 10, 100, -1000]);
  network.parameters['3.weight'].write([1, 0, 0, 1]);
  network.parameters['3.bias'].write([0, 0]);
  // Rows 1 0 1 and 1 0 0; windows 1 0 / 1 0 and 0 1 / 0 0.
  const outputs = evaluate(() => network(constant([1, 6], [1, 0, 1, 1, 0, 0])));
  expect(Array.from(outputs)).toEqual([101, 10]);
});

test('with a key there is noise, without one there is none', () => {
  const network = create({ noisy: true });
  const inputs = { x: [1, 3], key: { shape: [2], dtype: 'int32' } } as const;
  const both = program(inputs, ({ x, key }) => ({ noisy: network(x, key), plain: network(x) }));
  both.inputs.x.set([1, 2, 3]);
  const run = (key: number) => {
    both.inputs.key[1] = key;
    const { noisy, plain } = both.run();
    return [noisy.slice(), plain.slice()];
  };
  const [[noisy, plain], [otherNoisy, otherPlain]] = [run(1), run(2)];
  expect(noisy).not.toEqual(otherNoisy);
  expect(plain).toEqual(otherPlain);
  expect(plain).toEqual(outputsOf({ noisy: true }, [1, 2, 3]));
});

test.each(['trunk', 'value', 'advantage'])('with two streams there is noise in each part: %s', (part) => {
  const network = create({ noisy: true, dueling: true });
  for (const [name, parameter] of Object.entries(network.parameters)) {
    const isSilent = name.endsWith('Sigma') && !name.startsWith(part);
    if (isSilent) parameter.write(new Float32Array(parameter.read().length));
  }
  const inputs = { x: [1, 3], key: { shape: [2], dtype: 'int32' } } as const;
  const both = program(inputs, ({ x, key }) => ({ noisy: network(x, key), plain: network(x) }));
  both.inputs.x.set([1, 2, 3]);
  const { noisy, plain } = both.run();
  expect(Math.max(...noisy.map((value, i) => Math.abs(value - plain[i])))).toBeGreaterThan(1e-3);
});

test.each<[Partial<QNetworkOptions>, string]>([
  [
    { convolutions: [{ filters: 1, kernel: 3, stride: 1 }] },
    'convolutions: expected observations Box [height, width, channels], got Box(-1, 1, [3])',
  ],
  [
    { observationSpace: image, convolutions: [{ filters: 1, kernel: 5, stride: 1 }] },
    'convolutions[0]: expected a kernel inside 4 × 5, got 5',
  ],
  [
    {
      observationSpace: image,
      convolutions: [
        { filters: 1, kernel: 3, stride: 2 },
        { filters: 1, kernel: 2, stride: 1 },
      ],
    },
    'convolutions[1]: expected a kernel inside 1 × 2, got 2',
  ],
])('%j is refused', (changes, message) => {
  expect(() => create(changes)).toThrow(new RangeError(message));
});
