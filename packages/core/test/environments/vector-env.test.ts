import { describe, expect, test } from 'vitest';
import { createEnvRandom, type Dynamics } from '../../src/environments/dynamics.ts';
import { envFromDynamics } from '../../src/environments/env-from-dynamics.ts';
import { Random } from '../../src/random/random.ts';
import { consecutiveSeeds, spawnSeed } from '../../src/random/seed-sequence.ts';
import { vectorEnvFromDynamics } from '../../src/environments/vector-env-from-dynamics.ts';
import { vectorize } from '../../src/environments/vectorize.ts';
import { counting } from '../counting.ts';

/** What the interface promises of every vector environment: Gymnasium's autoreset within the step (SAME_STEP). */
describe.each([
  ['vectorEnvFromDynamics', vectorEnvFromDynamics<'count', Int32Array>],
  ['vectorize', (dynamics: Dynamics<'count', Int32Array>, n: number) => vectorize(() => envFromDynamics(dynamics), n)],
])('%s', (_, create) => {
  test.each<[string, number | readonly number[], (i: number) => number]>([
    ['spawnSeed(seed, i)', 40, (i) => spawnSeed(40, i)],
    ['the i-th of a list', consecutiveSeeds(40, 7), (i) => 40 + i],
  ])('each copy lives through the episodes of a single environment seeded with %s', (_rule, seed, seedOf) => {
    const n = 7;
    const vector = create(counting(12), n);
    const singles = Array.from({ length: n }, () => envFromDynamics(counting(12)));
    const random = new Random(1);
    const returns = new Float64Array(n);
    const lengths = new Int32Array(n);
    let ended = 0;
    vector.reset({ seed });
    singles.forEach((env, i) =>
      expect(row(vector.observations, i)).toEqual(env.reset({ seed: seedOf(i) }).observation),
    );
    for (let step = 0; step < 300; step++) {
      const actions = Int32Array.from({ length: n }, () => random.integer(3));
      vector.step(actions);
      singles.forEach((env, i) => {
        const result = env.step(actions[i]);
        returns[i] += result.reward;
        lengths[i]++;
        expect(vector.rewards[i]).toBe(result.reward);
        expect(vector.terminated[i]).toBe(result.terminated ? 1 : 0);
        expect(vector.truncated[i]).toBe(result.truncated ? 1 : 0);
        expect(vector.episodeReturns[i]).toBe(returns[i]);
        expect(vector.episodeLengths[i]).toBe(lengths[i]);
        if (!result.terminated && !result.truncated) {
          expect(row(vector.observations, i)).toEqual(result.observation);
          return;
        }
        ended++;
        expect(row(vector.finalObservations, i)).toEqual(result.observation);
        expect(row(vector.observations, i)).toEqual(env.reset().observation);
        returns[i] = 0;
        lengths[i] = 0;
      });
    }
    expect(ended).toBeGreaterThan(100);
  });

  test('the step that ends an episode begins the next, and the following action counts', () => {
    const starts = createEnvRandom(spawnSeed(5, 0));
    const [first, second] = [starts.integer(10), starts.integer(10)];
    const env = create(counting(2), 1);
    env.reset({ seed: 5 });
    expect(env.observations).toEqual(Float32Array.of(first, first ** 2));
    env.step(Int32Array.of(1));
    expect([env.terminated[0], env.truncated[0]]).toEqual([0, 0]);
    env.step(Int32Array.of(2));
    expect([env.terminated[0], env.truncated[0]]).toEqual([0, 1]);
    expect(env.rewards).toEqual(Float64Array.of(first + 3));
    expect(env.finalObservations).toEqual(Float32Array.of(first + 3, (first + 3) ** 2));
    expect(env.observations).toEqual(Float32Array.of(second, second ** 2));
    env.step(Int32Array.of(2));
    expect([env.terminated[0], env.truncated[0]]).toEqual([0, 0]);
    expect(env.rewards).toEqual(Float64Array.of(second + 2));
    expect(env.observations).toEqual(Float32Array.of(second + 2, (second + 2) ** 2));
  });

  test('an episode may be terminated and truncated at once; its neighbours go on', () => {
    // All count from 17 and are cut off after two steps; with two steps of 2 the end at 20 comes at that very step.
    const from17 = { ...counting(2), reset: ({ count }: { count: Float64Array }, i: number) => void (count[i] = 17) };
    const env = create(from17, 3);
    env.reset({ seed: 0 });
    env.step(Int32Array.of(2, 0, 2));
    expect([...env.terminated, ...env.truncated]).toEqual([0, 0, 0, 0, 0, 0]);
    env.step(Int32Array.of(2, 0, 0));
    expect(env.terminated).toEqual(Uint8Array.of(1, 0, 0));
    expect(env.truncated).toEqual(Uint8Array.of(1, 1, 1));
    expect(env.finalObservations).toEqual(Float32Array.of(21, 441, 17, 289, 19, 361));
    expect(env.observations).toEqual(Float32Array.of(17, 289, 17, 289, 17, 289));
    expect(env.episodeReturns).toEqual(Float64Array.of(19 + 21, 17 + 17, 19 + 19));
    expect(env.episodeLengths).toEqual(Int32Array.of(2, 2, 2));
    env.step(Int32Array.of(2, 2, 2));
    expect([...env.terminated, ...env.truncated]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(env.episodeReturns).toEqual(Float64Array.of(19, 19, 19));
  });

  test('reset without a seed begins new episodes from the streams that each copy has', () => {
    const randoms = [0, 1].map((i) => createEnvRandom(spawnSeed(8, i)));
    const env = create(counting(), 2);
    for (const seed of [8, undefined, undefined]) {
      env.reset({ seed });
      const [a, b] = randoms.map((random) => random.integer(10));
      expect(env.observations).toEqual(Float32Array.of(a, a ** 2, b, b ** 2));
    }
  });
});

function row(observations: Float32Array, i: number): Float32Array {
  return observations.slice(2 * i, 2 * i + 2);
}
