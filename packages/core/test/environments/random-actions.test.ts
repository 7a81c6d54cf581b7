import { expect, test } from 'vitest';
import { Box, Discrete, MultiDiscrete, Random, randomActions } from '../../src/index.ts';

test('legal actions are drawn alike in each copy, and no others', () => {
  const env = { actionSpace: new Discrete(4, 3), actionMasks: Uint8Array.of(1, 1, 0, 1, 1, 1, 1, 1) };
  const actions = new Int32Array(2);
  const random = new Random(1);
  const counts = [0, 1].map(() => Array<number>(4).fill(0));
  const n = 12_000;
  for (let i = 0; i < n; i++) {
    randomActions(env, actions, random);
    actions.forEach((action, copy) => counts[copy][action - 3]++);
  }
  expect(counts[0].splice(2, 1)).toEqual([0]);
  for (const each of counts) {
    const expected = n / each.length;
    // Four standard deviations of a binomial count.
    const spread = 4 * Math.sqrt(expected * (1 - 1 / each.length));
    for (const count of each) expect(Math.abs(count - expected)).toBeLessThan(spread);
  }
});

test('other actions are those of their space, one row a copy', () => {
  for (const actionSpace of [new Box([-1, 2], [3, 2.5]), new MultiDiscrete([3, 5])]) {
    const actions = actionSpace.kind === 'box' ? new Float32Array(6) : new Int32Array(6);
    randomActions({ actionSpace }, actions, new Random(2));
    const random = new Random(2);
    const expected = [0, 1, 2].flatMap(() => [...actionSpace.sample(random)]);
    expect([...actions]).toEqual(expected);
  }
});
