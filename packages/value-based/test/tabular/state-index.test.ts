import { Box, Dict, Discrete, MultiBinary, MultiDiscrete, type Space } from '@gradus/core';
import { describe, expect, test } from 'vitest';
import { stateIndex } from '../../src/tabular/state-index.ts';

describe.each<[Space, number, number[], number]>([
  [new Discrete(4, 2), 4, [5], 3],
  [new MultiDiscrete([2, 3]), 6, [1, 2], 5],
  // (0 − −1) · 3 + (6 − 5)
  [new MultiDiscrete([2, 3], [-1, 5]), 6, [0, 6], 4],
  [new MultiBinary(3), 8, [1, 0, 1], 5],
  // goal, then keys: (2 − 1) · 4 + 1 · 2 + 0
  [new Dict({ keys: new MultiBinary(2), goal: new Discrete(3, 1) }), 12, [2, 1, 0], 6],
])('%s', (space, numStates, member, row) => {
  test(`numbers ${String(numStates)} states`, () => {
    const index = stateIndex('test', space);
    expect([index.numStates, index.of(member, 0), index.of([...member, ...member], 1)]).toEqual([numStates, row, row]);
    const outside = member.map((value) => value + 9);
    expect(() => index.of(outside, 0)).toThrow(
      `observations: expected members of ${space.toString()}, not so in row 0`,
    );
  });
});

test('real numbers, also in a part, are no rows of a table', () => {
  const space = new Dict({ a: new Discrete(2), b: new Box(0, 1) });
  expect(() => stateIndex('sarsa', space)).toThrow(
    'sarsa: expected Discrete or MultiDiscrete observations, as rows of a table, got Dict(a: Discrete(2), b: Box(0, 1, [1]))',
  );
});
