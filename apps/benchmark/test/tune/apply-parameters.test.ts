import { expect, it } from 'vitest';
import { applyParameters } from '../../src/tune/apply-parameters.ts';

const options = {
  gamma: 0.9,
  sampling: { kind: 'softmax', beta: 1 },
  rate: { kind: 'linear', at: { from: 1, to: 0 } },
};

it('puts options and their members in their places', () => {
  const before = structuredClone(options);
  expect(applyParameters(options, { 'sampling.beta': 3, alpha: 0.1, 'rate.at.from': 2, gamma: [0.5] })).toEqual({
    gamma: [0.5],
    alpha: 0.1,
    sampling: { kind: 'softmax', beta: 3 },
    rate: { kind: 'linear', at: { from: 2, to: 0 } },
  });
  expect(options).toEqual(before);
});

it.each(['gamma.from', 'noise.scale', 'rate.kind.to'])('has no place for %s', (name) => {
  expect(() => applyParameters(options, { [name]: 1 })).toThrow(`${name}: expected "options" to have an object `);
});
