import { Random } from '@gradus/core';
import { linear, program, type Activation, type TensorData } from '@gradus/tensor';
import { expect, test } from 'vitest';
import { noisyLinear } from '../../src/deep/noisy-linear.ts';

const INPUT = 3;
const OUTPUT = 2;
const x = [0.5, -2, 1];
const make = (activation: Activation = 'linear') =>
  noisyLinear({ input: INPUT, output: OUTPUT, weight: 'fanIn', bias: 'fanIn', activation, random: new Random(1) });

/** Outputs for two equal rows, twice in one program: with noise of the key, and without. */
function compile(layer: ReturnType<typeof make>) {
  const inputs = { rows: [2, INPUT], key: { shape: [2], dtype: 'int32' } } as const;
  const compiled = program(inputs, ({ rows, key }) => ({
    first: layer(rows, key),
    second: layer(rows, key),
    mean: layer(rows),
  }));
  compiled.inputs.rows.set([...x, ...x]);
  return (key: readonly [number, number]): Record<'first' | 'second' | 'mean', TensorData> => {
    compiled.inputs.key.set(key);
    const { first, second, mean } = compiled.run();
    return { first: first.slice(), second: second.slice(), mean: mean.slice() };
  };
}

test('without noise it is a linear layer with the same first weights; σ is 0.5/√inputs', () => {
  const { weight, bias, weightSigma, biasSigma } = make().parameters;
  const plain = linear({ input: INPUT, output: OUTPUT, weight: 'fanIn', bias: 'fanIn', random: new Random(1) });
  expect([weight.read(), bias.read()]).toEqual([plain.parameters.weight.read(), plain.parameters.bias.read()]);
  const sigmas = [...weightSigma.read(), ...biasSigma.read()];
  expect(sigmas).toEqual(new Array((INPUT + 1) * OUTPUT).fill(Math.fround(0.5 / Math.sqrt(INPUT))));
  const { mean } = compile(make())([1, 2]);
  for (let o = 0; o < OUTPUT; o++) {
    const expected = x.reduce((sum, each, i) => sum + each * weight.read()[i * OUTPUT + o], bias.read()[o]);
    expect(mean[o]).toBeCloseTo(expected, 5);
  }
});

test('noise is a function of the key, the same for all rows, and another at each use', () => {
  const run = compile(make());
  const { first, second, mean } = run([1, 2]);
  expect(first.slice(0, OUTPUT)).toEqual(first.slice(OUTPUT));
  expect(second).not.toEqual(first);
  expect(mean).not.toEqual(first);
  expect(run([1, 3]).first).not.toEqual(first);
  expect(run([2, 2]).first).not.toEqual(first);
  expect(run([1, 2])).toEqual({ first, second, mean });
});

test('mean and covariance are those of factorised noise', () => {
  const layer = make();
  layer.parameters.weightSigma.write([0.1, 0.6, 0.3, 0.2, 0.5, 0.4]);
  layer.parameters.biasSigma.write([0.7, 0.25]);
  const run = compile(layer);
  const { mean } = run([0, 0]);
  const [, weightSigma, biasSigma] = [0, layer.parameters.weightSigma.read(), layer.parameters.biasSigma.read()];
  // f(ε)² = |ε|, so E f² = E|ε| = √(2/π) =: c and E f = 0. The noise of output o is f(ε′ₒ) (σᵇₒ + Σᵢ xᵢ σᵢₒ f(εᵢ)).
  const c = Math.sqrt(2 / Math.PI);
  const n = 20_000;
  const deviations: number[][] = [];
  for (let i = 0; i < n; i++) {
    const { first } = run([7, i]);
    deviations.push([first[0] - mean[0], first[1] - mean[1]]);
  }
  const average = (pick: (each: number[]) => number) => deviations.reduce((sum, each) => sum + pick(each), 0) / n;
  for (let o = 0; o < OUTPUT; o++) {
    const variance =
      c * (biasSigma[o] ** 2 + x.reduce((sum, each, i) => sum + c * (each * weightSigma[i * OUTPUT + o]) ** 2, 0));
    expect(Math.abs(average((each) => each[o]))).toBeLessThan(4 * Math.sqrt(variance / n));
    // The fourth moment, for the error of the variance, from the sample.
    const error = 4 * Math.sqrt(average((each) => (each[o] ** 2 - variance) ** 2) / n);
    expect(Math.abs(average((each) => each[o] ** 2) - variance)).toBeLessThan(error);
  }
  // Outputs share ε, but their ε′ are independent: uncorrelated.
  const covariance = average((each) => each[0] * each[1]);
  expect(Math.abs(covariance)).toBeLessThan(4 * Math.sqrt(average((each) => (each[0] * each[1]) ** 2) / n));
  // Their squares are not: both grow with Σ f(ε)².
  const squares = average((each) => each[0] ** 2 * each[1] ** 2);
  expect(squares).toBeGreaterThan(average((each) => each[0] ** 2) * average((each) => each[1] ** 2));
});

test('activations come after the noise', () => {
  const [plain, rectified] = [compile(make())([3, 4]).first, compile(make('relu'))([3, 4]).first];
  expect(Array.from(rectified)).toEqual(Array.from(plain, (value) => Math.max(0, value)));
});
