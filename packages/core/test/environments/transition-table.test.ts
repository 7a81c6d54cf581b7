import { expect, test } from 'vitest';
import { TransitionTable, type Outcome, type TransitionTableParts } from '../../src/environments/transition-table.ts';

/** Two states: action 0 stays, action 1 goes over to the end with probability 3/4. */
const parts: TransitionTableParts = {
  numStates: 2,
  numActions: 2,
  initialDistribution: [1, 0],
  outcomes: (state, action) => {
    if (state === 1 || action === 0) return [{ probability: 1, nextState: state, reward: -1, terminated: state === 1 }];
    return [
      { probability: 0.75, nextState: 1, reward: 5, terminated: true },
      { probability: 0.25, nextState: 0, reward: -2, terminated: false },
    ];
  },
};

test('lays the outcomes of all pairs out one after another', () => {
  const table = new TransitionTable(parts);
  expect(table.offsets).toEqual(Int32Array.of(0, 1, 3, 4, 5));
  expect(table.probabilities).toEqual(Float64Array.of(1, 0.75, 0.25, 1, 1));
  expect(table.nextStates).toEqual(Int32Array.of(0, 1, 0, 1, 1));
  expect(table.rewards).toEqual(Float64Array.of(-1, 5, -2, -1, -1));
  expect(table.terminated).toEqual(Uint8Array.of(0, 1, 0, 1, 1));
  expect(table.initialDistribution).toEqual(Float64Array.of(1, 0));
});

test('gives back the outcomes it was made of', () => {
  const table = new TransitionTable(parts);
  for (const state of [0, 1]) {
    for (const action of [0, 1]) expect(table.outcomes(state, action)).toEqual(parts.outcomes(state, action));
  }
  expect(() => table.outcomes(2, 0)).toThrow('state: expected an integer in [0, 1], got 2');
  expect(() => table.outcomes(0, -1)).toThrow('action: expected an integer in [0, 1], got -1');
});

const one: Outcome = { probability: 1, nextState: 0, reward: 0, terminated: false };

test.each<[string, Partial<TransitionTableParts>]>([
  ['TransitionTable: expected numStates to be a positive integer, got 0', { numStates: 0 }],
  ['TransitionTable: expected numActions to be a positive integer, got 1.5', { numActions: 1.5 }],
  ['initialDistribution has 1 numbers, expected 2', { initialDistribution: [1] }],
  ['initialDistribution: expected probabilities that sum to 1, got 1.5', { initialDistribution: [1, 0.5] }],
  ['outcomes(0, 0): expected probabilities that sum to 1, got 0', { outcomes: () => [] }],
  [
    'outcomes(0, 0): expected probabilities of at least 0, got -1',
    { outcomes: () => [one, { ...one, probability: -1 }, one] },
  ],
  ['outcomes(0, 0): expected probabilities of at least 0, got NaN', { outcomes: () => [{ ...one, probability: NaN }] }],
  ['outcomes(0, 0): nextState: expected an integer in [0, 1], got 2', { outcomes: () => [{ ...one, nextState: 2 }] }],
  [
    'outcomes(1, 1): expected a finite reward, at most 3.4e38, got Infinity',
    { outcomes: (state, action) => [{ ...one, reward: state + action === 2 ? Infinity : 0 }] },
  ],
])('%s', (message, change) => {
  expect(() => new TransitionTable({ ...parts, ...change })).toThrow(message);
  expect(() => new TransitionTable({ ...parts, ...change })).toThrow(RangeError);
});
