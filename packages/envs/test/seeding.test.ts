import { readFileSync } from 'node:fs';
import { Discrete, NumpyRandom, consecutiveSeeds, readRow, type SpaceValue } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { describe, expect, test } from 'vitest';

/** The observations that Gymnasium 1.4.0's `reset(seed)` gave. */
interface Golden {
  readonly seeds: Readonly<Record<string, { readonly reset: Readonly<Record<string, SpaceValue>> }>>;
}

const golden = JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/seeding.json`, 'utf8')) as Golden;

/** As this library gives it: continuous observations, and tuples, in a Float32Array. */
const asObservation = (value: SpaceValue): SpaceValue => (typeof value === 'number' ? value : Float32Array.from(value));

describe.each(Object.entries(golden.seeds))(
  "reset({ seed: %s }) leads to Gymnasium's start state",
  (seed, { reset }) => {
    test.each(Object.entries(reset))('of %s', (id, observation) => {
      expect(makeEnv(id).reset({ seed: Number(seed) }).observation).toEqual(asObservation(observation));
    });
  },
);

test.each(Object.keys(golden.seeds[0].reset))(
  'copies of %s with consecutive seeds start as those of Gymnasium',
  (id) => {
    const env = makeVectorEnv(id, 2);
    env.reset({ seed: consecutiveSeeds(0, 2) });
    for (const seed of [0, 1]) {
      const row = readRow(env.observationSpace, env.observations, seed);
      expect(row).toEqual(asObservation(golden.seeds[seed].reset[id]));
    }
  },
);

test('without a seed, reset goes on with the stream of the last one', () => {
  const random = new NumpyRandom(42);
  const env = makeEnv('CartPole-v1');
  for (const seed of [42, undefined, undefined]) {
    const start = Float32Array.from({ length: 4 }, () => random.uniform(-0.05, 0.05));
    expect(env.reset({ seed }).observation).toEqual(start);
  }
});

test('actions sampled with a seeded stream are those of action_space.seed(seed)', () => {
  // Discrete.sample is start + integers(n) there: the integers of the golden, which was drawn with n = 10.
  const space = new Discrete(10);
  const random = new NumpyRandom(42);
  expect(Array.from({ length: 8 }, () => space.sample(random))).toEqual([0, 7, 6, 4, 4, 8, 0, 6]);
});
