import { readFileSync } from 'node:fs';
import { consecutiveSeeds, numbersOf, type Observation } from '@gradus/core';
import { makeEnv, makeVectorEnv, transitionTable, type EnvOptions } from '@gradus/envs';
import { describe, expect, test } from 'vitest';

/** Seeded runs over several episodes, and tables, recorded with Gymnasium 1.3.0; `format` in the file says more. */
interface Variant {
  readonly id: string;
  readonly options: EnvOptions;
  readonly seed: number;
  readonly actions: string;
  readonly observations: readonly number[];
  readonly rewardValues: readonly number[];
  readonly rewards: string;
  readonly terminated: readonly number[];
  readonly truncated: readonly number[];
  readonly table?: VariantTable;
}

interface VariantTable {
  readonly counts: string;
  readonly probabilityValues: readonly number[];
  readonly probabilities: string;
  readonly nextStates: readonly number[];
  readonly rewardValues: readonly number[];
  readonly rewards: string;
  readonly terminated: string;
  readonly initialDistribution: Readonly<Record<string, number>>;
}

const { variants } = JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/toy-text-variants.json`, 'utf8')) as {
  variants: readonly Variant[];
};

describe.each(variants.map((variant) => [variant.id, variant.options, variant] as const))(
  '%s %o',
  (id, options, variant) => {
    const { seed, truncated, terminated } = variant;
    const actions = Array.from(variant.actions, Number);
    const rewards = Array.from(variant.rewards, (digit) => variant.rewardValues[Number(digit)]);

    test('replays seeded episodes of Gymnasium', () => {
      const env = makeEnv(id, options);
      const seen: number[] = [];
      const see = (observation: Observation): void => {
        seen.push(...Array.from(numbersOf(env.observationSpace, observation)));
      };
      see(env.reset({ seed }).observation);
      actions.forEach((action, step) => {
        const result = env.step(action);
        see(result.observation);
        expect([result.reward, result.terminated, result.truncated], `step ${step}`).toEqual([
          rewards[step],
          terminated.includes(step),
          truncated.includes(step),
        ]);
        if (result.terminated || result.truncated) see(env.reset().observation);
      });
      expect(seen).toEqual(variant.observations);
    });

    test('and so does a copy among others', () => {
      const copy = 2;
      const env = makeVectorEnv(id, 4, options);
      const { size } = env.observationSpace;
      const seen: number[] = [];
      const see = (rows: Float32Array): void => void seen.push(...rows.subarray(copy * size, (copy + 1) * size));
      env.reset({ seed: consecutiveSeeds(seed - copy, 4) });
      see(env.observations);
      actions.forEach((action, step) => {
        env.step(Int32Array.of(0, 1, action, 0));
        expect([env.rewards[copy], env.terminated[copy], env.truncated[copy]], `step ${step}`).toEqual([
          rewards[step],
          Number(terminated.includes(step)),
          Number(truncated.includes(step)),
        ]);
        if (terminated.includes(step) || truncated.includes(step)) see(env.finalObservations);
        see(env.observations);
      });
      expect(seen).toEqual(variant.observations);
    });
  },
);

test.each(
  variants.flatMap((variant) => (variant.table ? [[variant.id, variant.options, variant.table] as const] : [])),
)('the table of %s %o is that of Gymnasium', (id, options, expected) => {
  const table = transitionTable(id, options);
  const counts = Array.from(table.offsets.subarray(1), (offset, pair) => offset - table.offsets[pair]);
  expect(counts.join('')).toBe(expected.counts);
  expect(Array.from(table.probabilities)).toEqual(pick(expected.probabilityValues, expected.probabilities));
  expect(Array.from(table.nextStates)).toEqual(expected.nextStates);
  expect(Array.from(table.rewards)).toEqual(pick(expected.rewardValues, expected.rewards));
  expect(table.terminated.join('')).toBe(expected.terminated);
  const initial = Array.from(table.initialDistribution, (_, state) => expected.initialDistribution[String(state)] ?? 0);
  expect(Array.from(table.initialDistribution)).toEqual(initial);
});

function pick(values: readonly number[], digits: string): number[] {
  return Array.from(digits, (digit) => values[Number(digit)]);
}

test('the fixture has tables of five variants', () => {
  expect(variants.filter(({ table }) => table).length).toBe(5);
});

// Start states after `reset(seed=seed)` in Gymnasium 1.4.0.
test.each([
  [0, 314, [11, 10, 0]],
  [1, 252, [20, 7, 0]],
  [42, 386, [15, 2, 0]],
  [123, 341, [19, 1, 1]],
  [2_147_483_647, 132, [13, 10, 0]],
  [4_294_967_301, 386, [17, 2, 0]],
])('seed %i starts where Gymnasium does', (seed, taxi, blackjack) => {
  expect(makeEnv('Taxi-v4').reset({ seed }).observation).toBe(taxi);
  expect(makeEnv('Blackjack-v1').reset({ seed }).observation).toEqual(Float32Array.from(blackjack));
});
