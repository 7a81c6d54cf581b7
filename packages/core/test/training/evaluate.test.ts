import { describe, expect, test } from 'vitest';
import type { ActOptions, Policy } from '../../src/training/agent.ts';
import type { Dynamics } from '../../src/environments/dynamics.ts';
import { envFromDynamics } from '../../src/environments/env-from-dynamics.ts';
import { evaluate } from '../../src/training/evaluate.ts';
import { spawnSeed, streams } from '../../src/random/seed-sequence.ts';
import { vectorEnvFromDynamics } from '../../src/environments/vector-env-from-dynamics.ts';
import { counting } from '../counting.ts';

/** Adds 2 to even counts and 1 to odd ones. */
const policy: Policy = {
  act: (observation) => ((observation as Float32Array)[0] % 2 === 0 ? 2 : 1),
};

test('plays whole episodes and summarizes their returns', () => {
  const { returns, lengths, meanReturn, stdReturn } = evaluate(policy, envFromDynamics(counting()), {
    episodes: 20,
    seed: 1,
  });
  // From c the counts are c + 2, …, 20 for even c; an odd c first becomes even by 1.
  const possible = Array.from({ length: 10 }, (_, start) => {
    const counts: number[] = [];
    for (let count = start; count < 20;) counts.push((count += count % 2 === 0 ? 2 : 1));
    return [counts.reduce((sum, count) => sum + count, 0), counts.length];
  });
  returns.forEach((value, k) => expect(possible).toContainEqual([value, lengths[k]]));
  expect(new Set(returns).size).toBeGreaterThan(3);
  const mean = returns.reduce((sum, value) => sum + value, 0) / 20;
  expect(meanReturn).toBeCloseTo(mean, 12);
  expect(stdReturn).toBeCloseTo(Math.sqrt(returns.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 20), 12);
});

test('is reproducible, and truncated episodes count as well', () => {
  const run = (seed: number): readonly number[] =>
    evaluate(policy, envFromDynamics(counting(3)), { episodes: 30, seed }).returns;
  expect(run(5)).toEqual(run(5));
  expect(run(6)).not.toEqual(run(5));
  expect(evaluate(policy, envFromDynamics(counting(3)), { seed: 0 }).lengths).toEqual(new Array(10).fill(3));
});

test('copies side by side play what single environments seeded alike would', () => {
  const vector = vectorEnvFromDynamics(counting(), 3);
  const seed = spawnSeed(10, streams.evaluation);
  vector.reset({ seed });
  // From there its copies' streams go on.
  const together = evaluate(policy, vector, { episodes: 7 });
  // Copy 0 plays three episodes, the others two each.
  const alone = [3, 2, 2].flatMap((episodes, i) => {
    const env = envFromDynamics(counting());
    env.reset({ seed: spawnSeed(seed, i) });
    return evaluate(policy, env, { episodes }).returns;
  });
  expect([...together.returns].sort()).toEqual(alone.sort());
});

test('a single environment plays what the only copy of a VectorEnv plays', () => {
  const options = { episodes: 6, seed: 9 };
  expect(evaluate(policy, envFromDynamics(counting()), options)).toEqual(
    evaluate(policy, vectorEnvFromDynamics(counting(), 1), options),
  );
});

test('short episodes are not favoured', () => {
  // From 0 an episode takes 20 steps, from 19 one: the first six to end would nearly all be of the latter kind.
  const dynamics = {
    ...counting(),
    reset: ({ count }: { count: Float64Array }, i: number) => void (count[i] = i === 0 ? 0 : 19),
  };
  const always: Policy = { act: () => 1 };
  expect([...evaluate(always, vectorEnvFromDynamics(dynamics, 2), { episodes: 6 }).lengths].sort()).toEqual([
    1, 1, 1, 20, 20, 20,
  ]);
});

test('uses actBatch where there is one, deterministic unless asked otherwise', () => {
  const seen: ActOptions[] = [];
  const batched: Policy = {
    act: () => {
      throw new Error('act was called');
    },
    actBatch: (observations, actions, options = {}) => {
      seen.push(options);
      for (let i = 0; i < actions.length; i++) actions[i] = observations[2 * i] % 2 === 0 ? 2 : 1;
    },
  };
  const env = vectorEnvFromDynamics(counting(), 4);
  expect(evaluate(batched, env, { episodes: 8, seed: 1 })).toEqual(evaluate(policy, env, { episodes: 8, seed: 1 }));
  expect(seen[0].deterministic).toBe(true);
  seen.length = 0;
  evaluate(batched, env, { episodes: 4, deterministic: false });
  expect(seen[0].deterministic).toBe(false);
});

describe('the policy is told where episodes start', () => {
  /** Counts the steps of each row's episode, and fails where an episode is not as long as the environment says. */
  function counter(rows: number) {
    const lengths: number[] = [];
    const counts = new Array<number>(rows).fill(0);
    const see = (row: number, start: number): void => {
      if (start === 1 && counts[row] > 0) lengths.push(counts[row]);
      counts[row] = start === 1 ? 1 : counts[row] + 1;
    };
    return { lengths, counts, see };
  }

  test('one environment', () => {
    const { lengths, counts, see } = counter(1);
    const act: Policy['act'] = (observation, options) => {
      expect(options?.episodeStarts).toHaveLength(1);
      see(0, options!.episodeStarts![0]);
      return policy.act(observation);
    };
    const played = evaluate({ act }, envFromDynamics(counting()), { episodes: 5, seed: 2 });
    expect([...lengths, counts[0]]).toEqual(played.lengths);
  });

  test('copies side by side, in batches and one by one', () => {
    const { lengths, see } = counter(3);
    const batched: Policy = {
      ...policy,
      actBatch: (observations, actions, { episodeStarts } = {}) => {
        episodeStarts!.forEach((start, row) => see(row, start));
        for (let i = 0; i < 3; i++) actions[i] = observations[2 * i] % 2 === 0 ? 2 : 1;
      },
    };
    const played = evaluate(batched, vectorEnvFromDynamics(counting(), 3), { episodes: 9, seed: 2 });
    // Only the episodes that ended with the last step have no start after them.
    expect(lengths.length).toBeGreaterThanOrEqual(6);
    expect(played.lengths.slice(0, lengths.length)).toEqual(lengths);

    const single = counter(3);
    let calls = 0;
    const act: Policy['act'] = (observation, options) => {
      single.see(calls++ % 3, options!.episodeStarts![0]);
      return policy.act(observation);
    };
    evaluate({ act }, vectorEnvFromDynamics(counting(), 3), { episodes: 9, seed: 2 });
    expect(single.lengths).toEqual(lengths);
  });
});

describe('episodes that do not end', () => {
  // Adding 0 ends none; from an even start, that of half of the episodes, 2 is added until the end.
  const lazy: Policy = { act: (observation) => ((observation as Float32Array)[0] % 2 === 0 ? 2 : 0) };
  const unlimited = (): Dynamics<'count', Int32Array> => counting();

  test.each([1, 3])('are cut off, and counted, with %d copies', (copies) => {
    const env = copies === 1 ? envFromDynamics(unlimited()) : vectorEnvFromDynamics(unlimited(), copies);
    const { returns, lengths, cutOff } = evaluate(lazy, env, { episodes: 20, seed: 3, maxEpisodeSteps: 50 });
    expect(returns).toHaveLength(20);
    expect(cutOff).toBeGreaterThan(3);
    expect(cutOff).toBeLessThan(17);
    expect(lengths.filter((length) => length === 50)).toHaveLength(cutOff);
    expect(Math.max(...lengths.filter((length) => length !== 50))).toBeLessThanOrEqual(10);
    // Those that were cut off had the same odd count all along.
    lengths.forEach((length, e) => length === 50 && expect((returns[e] / 50) % 2).toBe(1));
  });

  test('the limit of the environment comes first, and is none of ours', () => {
    const never: Policy = { act: () => 0 };
    for (const env of [envFromDynamics(counting(30_000)), vectorEnvFromDynamics(counting(30_000), 1)]) {
      expect(env.maxEpisodeSteps).toBe(30_000);
      const { lengths, cutOff } = evaluate(never, env, { episodes: 1 });
      expect([lengths, cutOff]).toEqual([[30_000], 0]);
    }
    const { lengths, cutOff } = evaluate(never, envFromDynamics(unlimited()), { episodes: 1 });
    expect([lengths, cutOff]).toEqual([[10_000], 1]);
  });

  test.each([0, 0.5, NaN])('a limit of %d is refused', (maxEpisodeSteps) => {
    expect(() => evaluate(lazy, envFromDynamics(unlimited()), { maxEpisodeSteps })).toThrow(
      `evaluate: expected maxEpisodeSteps to be a positive integer, got ${maxEpisodeSteps}`,
    );
  });
});

describe('action masks', () => {
  /** The first legal action; throws where none is told. */
  const obedient: Policy = {
    act: (_, options) => {
      expect(options?.actionMasks).toHaveLength(3);
      return options!.actionMasks!.indexOf(1);
    },
  };
  /** Counts by 2 from even numbers and by 1 from odd ones, as `policy` does, since nothing else is legal. */
  const masked = {
    ...counting(),
    writeActionMasks({ count }: { count: Float64Array }, masks: Uint8Array, start: number, end: number) {
      masks.fill(0, 3 * start, 3 * end);
      for (let i = start; i < end; i++) masks[3 * i + (count[i] % 2 === 0 ? 2 : 1)] = 1;
    },
  };

  test('those of the environment reach the policy, alone, side by side and by actBatch', () => {
    const options = { episodes: 6, seed: 4 };
    const batched: Policy = {
      ...obedient,
      actBatch: (_, actions, { actionMasks } = {}) => {
        expect(actionMasks).toHaveLength(9);
        for (let i = 0; i < 3; i++) actions[i] = actionMasks!.subarray(3 * i, 3 * i + 3).indexOf(1);
      },
    };
    expect(evaluate(obedient, envFromDynamics(masked), options)).toEqual(
      evaluate(policy, envFromDynamics(counting()), options),
    );
    const expected = evaluate(policy, vectorEnvFromDynamics(counting(), 3), options);
    for (const each of [obedient, batched]) {
      expect(evaluate(each, vectorEnvFromDynamics(masked, 3), options)).toEqual(expected);
    }
  });

  test('without masks there are none', () => {
    const act = (_: unknown, options?: ActOptions): number => {
      expect(options?.actionMasks).toBeUndefined();
      return 1;
    };
    evaluate({ act }, envFromDynamics(counting()), { episodes: 1 });
    evaluate({ act }, vectorEnvFromDynamics(counting(), 2), { episodes: 2 });
  });
});

test.each([0, 2.5])('%d episodes are refused', (episodes) => {
  expect(() => evaluate(policy, envFromDynamics(counting()), { episodes })).toThrow(
    'evaluate: expected episodes to be a positive integer',
  );
});
