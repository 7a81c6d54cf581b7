import { Discrete, RunningNormalizer, vectorize } from '@gradus/core';
import { flattenObservation, normalizeObservation } from '@gradus/envs';
import { describe, expect, test } from 'vitest';
import { scriptedEnv } from './scripted-env.ts';

/** (x − mean) / √(variance + 10⁻⁸) where mean 0 and variance 1 weigh 10⁻⁴, as in Gymnasium, and each of `seen` 1. */
function normalized(x: number, seen: readonly number[]): number {
  const weight = seen.length + 1e-4;
  const mean = seen.reduce((sum, value) => sum + value, 0) / weight;
  const variance = seen.reduce((sum, value) => sum + (value - mean) ** 2, 1e-4 * (1 + mean ** 2)) / weight;
  return (x - mean) / Math.sqrt(variance + 1e-8);
}

describe('of one environment', () => {
  const script = [{ observation: [2] }, { observation: [-3] }, { observation: [50], terminated: true }];

  test('every observation counts, and none is clipped', () => {
    const env = normalizeObservation(scriptedEnv(script, { first: [1] }));
    expect(env.observationSpace.toString()).toBe('Box(-Infinity, Infinity, [1])');
    const seen: number[] = [];
    const expectNext = (observation: unknown, x: number): void => {
      seen.push(x);
      expect((observation as Float32Array)[0]).toBeCloseTo(normalized(x, seen), 5);
    };
    expectNext(env.reset().observation, 1);
    for (const x of [2, -3, 50]) expectNext(env.step(0).observation, x);
    expectNext(env.reset().observation, 1);
    for (let i = 0; i < 40; i++) {
      for (const x of [2, -3]) expectNext(env.step(0).observation, x);
      expectNext(env.step(0).observation, 50);
    }
  });

  // By hand: after 1, mean = 1 / 1.0001, variance = 10⁻⁴ (1 + 1 / 1.0001) / 1.0001, so that 1 ↦ 10⁻⁴ / 1.0001 / √variance.
  test('the first observation', () => {
    const env = normalizeObservation(scriptedEnv(script, { first: [1] }));
    const variance = (1e-4 * (1 + 1 / 1.0001)) / 1.0001;
    expect((env.reset().observation as Float32Array)[0]).toBeCloseTo(1e-4 / 1.0001 / Math.sqrt(variance + 1e-8), 7);
  });

  test('an evaluation uses the statistics of the training and leaves them as they are', () => {
    const statistics = new RunningNormalizer(1, Infinity);
    const training = normalizeObservation(scriptedEnv(script), { statistics });
    training.reset();
    training.step(0);
    const before = statistics.getState();
    const env = normalizeObservation(scriptedEnv([{ observation: [30] }]), { statistics, update: false });
    env.reset();
    expect((env.step(0).observation as Float32Array)[0]).toBeCloseTo(normalized(30, [0, 2]), 4);
    expect(statistics.getState()).toEqual(before);
  });
});

test('copies share the statistics; final observations are normalized but do not count', () => {
  const scripts = [[{ observation: [2] }, { observation: [4], terminated: true }], [{ observation: [-1] }]];
  const env = normalizeObservation(vectorize((i) => scriptedEnv(scripts[i], { first: [i] }), 2));
  const expectObservations = (xs: readonly number[], seen: readonly number[]): void => {
    [...env.observations].forEach((value, i) => expect(value).toBeCloseTo(normalized(xs[i], seen), 5));
  };
  env.reset({ seed: 0 });
  expectObservations([0, 1], [0, 1]);
  env.step(Int32Array.of(0, 0));
  expectObservations([2, -1], [0, 1, 2, -1]);
  env.step(Int32Array.of(0, 0));
  expectObservations([0, -1], [0, 1, 2, -1, 0, -1]);
  expect(env.finalObservations[0]).toBeCloseTo(normalized(4, [0, 1, 2, -1, 0, -1]), 5);
});

test('rejects what cannot be normalized', () => {
  const env = scriptedEnv([], { observationSpace: new Discrete(3) });
  const message =
    'normalizeObservation: observationSpace: expected a Box, got Discrete(3); flattenObservation makes one of it';
  expect(() => normalizeObservation(env)).toThrow(new RangeError(message));
  expect(normalizeObservation(flattenObservation(env)).observationSpace.size).toBe(3);
  expect(() => normalizeObservation(scriptedEnv([]), { statistics: new RunningNormalizer(2) })).toThrow(
    new RangeError('statistics: expected those of 1 numbers, got those of 2'),
  );
});
