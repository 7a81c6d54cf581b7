import { Box, Dict } from '@gradus/core';
import { expect, test } from 'vitest';
import { readVecNormalize } from '../src/vec-normalize.ts';
import { expected, fixture } from './fixtures.ts';

test('statistics of the parts of a Dict lie in the order of its numbers', () => {
  const space = new Dict({ speed: new Box(-1, 1, [2]), angle: new Box(-1, 1, [1]) });
  const { observation } = readVecNormalize(fixture('vecnormalize-parts.pkl'), space, 'it');
  expect(observation).toMatchObject({ count: 4096.0001, limit: 10 });
  const mean = observation?.mean as Float64Array;
  expected.vecnormalize.parts.forEach((value, i) => {
    expect(mean[i]).toBeCloseTo(value, 6);
  });
});

test('another ε is in the variances', () => {
  const { observation, reward } = readVecNormalize(fixture('vecnormalize-narrow.pkl'), new Box(-1, 1, [4]), 'it');
  expect(reward).toBeUndefined();
  expect(observation?.limit).toBe(1.5);
  const [variance] = observation?.variance as Float64Array;
  expect(variance).toBeGreaterThan(0.5 + 0.0099);
});

test('statistics of other parts, and other pickles, are refused in words', () => {
  const parts = fixture('vecnormalize-parts.pkl');
  expect(() =>
    readVecNormalize(parts, new Dict({ speed: new Box(-1, 1, [2]), view: new Box(-1, 1, [1]) }), 'it'),
  ).toThrow(
    "it: obs_rms: expected statistics of all parts of Dict(speed: Box(-1, 1, [2]), view: Box(-1, 1, [1])), got none of 'view'",
  );
  expect(() => readVecNormalize(Uint8Array.of(0x4e, 0x2e), new Box(-1, 1, [4]), 'it')).toThrow(
    'it: expected a VecNormalize of Stable-Baselines3, got null',
  );
});
