import { describe, expect, test } from 'vitest';
import { maximize } from '../src/maximize.ts';
import { PatternSearch } from '../src/pattern-search.ts';
import { rosenbrock, type Utility } from './support/functions.ts';

/** What is asked for in the first so many evaluations. */
function candidatesOf(search: PatternSearch, utility: Utility, count: number): number[][] {
  return Array.from({ length: count }, () => {
    const candidate = search.ask().slice();
    search.tell([utility(candidate)]);
    return [...candidate];
  });
}

test('two dimensions by hand: a pattern move that fails, and a smaller step', () => {
  const utility = (x: Float64Array) => 10 - (x[0] - 1) ** 2 - (x[1] - 1) ** 2;
  const search = new PatternSearch([0, 0], { initialStep: 1 });
  expect(candidatesOf(search, utility, 14)).toEqual([
    [0, 0], // 8
    [1, 0], // 9: kept
    [1, 1], // 10: kept, the new base
    [2, 2], // the pattern move, 8
    [3, 2], // 5
    [1, 2], // 9: kept
    [1, 3], // 6
    [1, 1], // 10: no better than the base, so back to it
    [2, 1],
    [0, 1],
    [1, 2],
    [1, 0], // none is better
    [1.5, 1], // δ = ½
    [0.5, 1],
  ]);
  expect(search.stepSize).toBe(0.5);
  expect([...search.mean]).toEqual([1, 1]);
  expect(search.best).toEqual({ parameters: Float64Array.of(1, 1), utility: 10 });
});

test('one dimension by hand: pattern moves that grow', () => {
  const search = new PatternSearch([0], { initialStep: 1 });
  const candidates = candidatesOf(search, (x) => -Math.abs(x[0] - 10), 15).flat();
  // Bases 0, 1, 3, 6, 10; from each but the first a pattern move, to 2, 5, 9, 14; the last one, with 13 near by, is given up.
  expect(candidates).toEqual([0, 1, 2, 3, 5, 6, 9, 10, 14, 15, 13, 11, 9, 10.5, 9.5]);
});

describe('finds maxima', () => {
  test('of a separable quadratic function, to the last step size', () => {
    const search = new PatternSearch([0.3, -4, 7], { minimumStep: 1e-8 });
    maximize(search, (x) => -((x[0] - 1.1) ** 2) - 10 * (x[1] + 2.3) ** 2 - 0.1 * (x[2] - 0.7) ** 2, {
      evaluations: 2000,
    });
    expect(search.finished).toBe(true);
    [1.1, -2.3, 0.7].forEach((value, i) => expect(Math.abs(search.mean[i] - value)).toBeLessThan(1e-7));
  });

  test.each([
    [-1.2, 1],
    [2, -2],
    [0, 0],
  ])('of Rosenbrock’s function from (%d, %d)', (x, y) => {
    const search = new PatternSearch([x, y], { minimumStep: 1e-9 });
    const { utility } = maximize(search, rosenbrock, { evaluations: 20_000 });
    expect(search.finished).toBe(true);
    expect(utility).toBeGreaterThan(-1e-10);
  });
});

test('finishes: from a flat place after so many halvings of δ', () => {
  const search = new PatternSearch([1, 2], { initialStep: 1, minimumStep: 0.2 });
  const { evaluations } = maximize(search, () => 0, { evaluations: 1000 });
  // The start, and four neighbours each for δ = 1, ½, ¼.
  expect(evaluations).toBe(13);
  expect([...search.mean]).toEqual([1, 2]);
});

test('states with an unknown phase are refused', () => {
  const search = new PatternSearch([1, 2]);
  const state = search.getState();
  const memory = { ...(state.memory as object), phase: 'end' };
  expect(() => search.setState({ ...state, memory })).toThrow(
    `state 'phase': expected "start", "explore" or "pattern", got "end"`,
  );
});
