import { expect, test } from 'vitest';
import { dynamicsFromTable } from '../../src/environments/dynamics-from-table.ts';
import { createState } from '../../src/environments/dynamics.ts';
import { envFromDynamics } from '../../src/environments/env-from-dynamics.ts';
import { Random, type RandomSource } from '../../src/random/random.ts';
import { Box } from '../../src/spaces/spaces.ts';
import { TransitionTable } from '../../src/environments/transition-table.ts';

/** States 0 – 3; action 0 leads to state 1, 2 or 3 with probabilities ¼, 0 and ¾, action 1 back to 0. Only 3 ends. */
const table = new TransitionTable({
  numStates: 4,
  numActions: 2,
  initialDistribution: [0, 0.5, 0, 0.5],
  outcomes: (_, action) =>
    action === 1
      ? [{ probability: 1, nextState: 0, reward: 7, terminated: false }]
      : [0.25, 0, 0.75].map((probability, i) => ({
          probability,
          nextState: i + 1,
          reward: 10 * i,
          terminated: i === 2,
        })),
});

/** Gives these uniform numbers and no others. */
function scripted(...numbers: number[]): RandomSource {
  return Object.assign(new Random(0), {
    nextFloat: () => {
      const number = numbers.shift();
      if (number === undefined) throw new Error('one draw too many');
      return number;
    },
  });
}

test.each([
  [0, 1, 0, 0],
  [0.2499, 1, 0, 0],
  // The entry with probability 0 is never taken, also not on the edge.
  [0.25, 3, 20, 1],
  [0.9999, 3, 20, 1],
])('a step with u = %d leads to state %i', (u, nextState, reward, end) => {
  const dynamics = dynamicsFromTable(table);
  const state = createState(dynamics, 1);
  const outcome = { rewards: new Float64Array(1), terminated: new Uint8Array(1) };
  dynamics.step(state, Int32Array.of(0), outcome, 0, 1, [scripted(u)]);
  expect([state.state[0], outcome.rewards[0], outcome.terminated[0]]).toEqual([nextState, reward, end]);
});

test.each([
  [0, 1],
  [0.4999, 1],
  [0.5, 3],
  [0.9999, 3],
])('an episode with u = %d starts in state %i', (u, first) => {
  const dynamics = dynamicsFromTable(table);
  const state = createState(dynamics, 1);
  dynamics.reset(state, 0, scripted(u));
  expect(state.state[0]).toBe(first);
});

test('one uniform number for each step, also where only one thing can happen', () => {
  const dynamics = dynamicsFromTable(table);
  const state = createState(dynamics, 1);
  const outcome = { rewards: new Float64Array(1), terminated: new Uint8Array(1) };
  const random = scripted(0.5, 0.5);
  dynamics.step(state, Int32Array.of(1), outcome, 0, 1, [random]);
  dynamics.step(state, Int32Array.of(1), outcome, 0, 1, [random]);
  expect(() => {
    dynamics.step(state, Int32Array.of(1), outcome, 0, 1, [random]);
  }).toThrow('one draw too many');
});

test('cumulative probabilities are summed from the first, and rounding never leads beyond the last', () => {
  const tenths = new TransitionTable({
    numStates: 10,
    numActions: 1,
    initialDistribution: new Array<number>(10).fill(0.1),
    outcomes: () =>
      Array.from({ length: 10 }, (_, nextState) => ({ probability: 0.1, nextState, reward: 0, terminated: false })),
  });
  const dynamics = dynamicsFromTable(tenths);
  const state = createState(dynamics, 1);
  const outcome = { rewards: new Float64Array(1), terminated: new Uint8Array(1) };
  // The ten sum to 1 − 2⁻⁵³, which is also the largest number below 1.
  const largest = 1 - 2 ** -53;
  dynamics.step(state, Int32Array.of(0), outcome, 0, 1, [scripted(largest)]);
  expect(state.state[0]).toBe(9);
  dynamics.reset(state, 0, scripted(largest));
  expect(state.state[0]).toBe(9);
  // 0.1 + 0.1 + 0.1 is a little more than 0.3.
  dynamics.step(state, Int32Array.of(0), outcome, 0, 1, [scripted(0.3)]);
  expect(state.state[0]).toBe(2);
});

test('what is seen of the states may differ from them', () => {
  const space = new Box(-1, 1, [2]);
  const values = [0, 0, 0.5, -0.5, 0.5, -0.5, 1, 1];
  const env = envFromDynamics(dynamicsFromTable(table, { observations: { space, values } }));
  expect(env.observationSpace).toBe(space);
  const { observation } = env.reset({ seed: 1 });
  const first = (env.getState().state as { state: Float64Array }).state[0];
  expect(observation).toEqual(Float32Array.from(values.slice(2 * first, 2 * first + 2)));
  expect(env.step(1)).toEqual({ observation: Float32Array.of(0, 0), reward: 7, terminated: false, truncated: false });
});

test('observations and masks must fit the table', () => {
  expect(() => dynamicsFromTable(table, { observations: { space: new Box(0, 1, [2]), values: [0] } })).toThrow(
    'observations.values has 1 numbers, expected 8',
  );
  expect(() => dynamicsFromTable(table, { actionMasks: new Uint8Array(4) })).toThrow(
    'actionMasks has 4 numbers, expected 8',
  );
});
