import { vectorEnvFromDynamics, type TransitionTable } from '@gradus/core';
import { aliasedGrid } from '@gradus/envs';
import { describe, expect, test } from 'vitest';

const EAST = 1;
const SOUTH = 2;
const WEST = 3;
/** What to do at the west end, in the middle and at the east end. */
const ELSEWHERE = [EAST, NaN, SOUTH, WEST, NaN];

/** Mean steps to the end by going east with probability p on the two squares that look the same, from each square of the corridor. */
function expectedSteps(table: TransitionTable, p: number): number[] {
  const steps = new Float64Array(8);
  for (let sweep = 0; sweep < 1000; sweep++) {
    for (let state = 0; state < 5; state++) {
      const after = (action: number): number => {
        const [{ nextState, terminated }] = table.outcomes(state, action);
        return terminated ? 0 : steps[nextState];
      };
      const isAliased = state === 1 || state === 3;
      const action = [EAST, NaN, SOUTH, NaN, WEST][state];
      steps[state] = 1 + (isAliased ? p * after(EAST) + (1 - p) * after(WEST) : after(action));
    }
  }
  return Array.from(steps.subarray(0, 5));
}

describe('S5.7', () => {
  const table = aliasedGrid().transitions!;

  test('going east or west at random finds the treasure in 3.8 steps', () => {
    const steps = expectedSteps(table, 0.5);
    [5, 4, 1, 4, 5].forEach((expected, state) => {
      expect(steps[state]).toBeCloseTo(expected, 9);
    });
    expect(steps.reduce((sum, value) => sum + value, 0) / 5).toBeCloseTo(3.8, 9);
  });

  test('and no other probability does it sooner', () => {
    const mean = (p: number): number => expectedSteps(table, p).reduce((sum, value) => sum + value, 0) / 5;
    for (const p of [0.1, 0.4, 0.49, 0.51, 0.6, 0.9]) expect(mean(p)).toBeGreaterThan(3.8);
  });

  test('always going the same way never leaves the other side', () => {
    for (const way of [EAST, WEST]) {
      const env = vectorEnvFromDynamics(aliasedGrid(), 200);
      env.reset({ seed: 3 });
      let stuck = 0;
      let found = 0;
      for (let step = 0; step < 100; step++) {
        env.step(Int32Array.from(env.observations, (seen) => (seen === 1 ? way : ELSEWHERE[seen])));
        for (let i = 0; i < 200; i++) {
          if (env.truncated[i]) stuck++;
          if (env.terminated[i]) found++;
          expect(env.rewards[i]).toBe(env.terminated[i]);
        }
      }
      expect(stuck).toBeGreaterThan(0);
      expect(found).toBeGreaterThan(0);
    }
  });
});

test('south of the ends there are skulls', () => {
  const table = aliasedGrid().transitions!;
  const south = Array.from({ length: 5 }, (_, state) => table.outcomes(state, SOUTH)[0].reward);
  expect(south).toEqual([-1, 0, 1, 0, -1]);
});
