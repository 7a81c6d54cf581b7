import { describe, expect, expectTypeOf, test } from 'vitest';
import { checkValue } from '../../src/environments/check-values.ts';
import { evaluate } from '../../src/training/evaluate.ts';
import { vectorize } from '../../src/environments/vectorize.ts';
import type { Env } from '../../src/environments/env.ts';
import { Random } from '../../src/random/random.ts';
import {
  Box,
  Dict,
  Discrete,
  MultiBinary,
  MultiDiscrete,
  createActions,
  elementChoices,
  isNumeric,
  numbersOf,
  readRow,
  spaceBounds,
  writeRow,
  type NamedValues,
} from '../../src/spaces/spaces.ts';

const inner = new Dict({ flags: new MultiBinary(2), code: new MultiDiscrete([2, 3], [0, -1]) });
const space = new Dict({ position: new Box(-1, 1, [2]), goal: new Discrete(3, 1), inner });
const named = { position: [0.5, -0.25], goal: 3, inner: { flags: [1, 0], code: [1, -1] } };
/** goal, inner.code, inner.flags, position: names in the order of the alphabet. */
const flat = [3, 1, -1, 1, 0, 0.5, -0.25];

describe('the layout', () => {
  test('is in the order of names, whatever the order they were given in', () => {
    expect(space.layout.map(({ name, start, end }) => [name, start, end])).toEqual([
      ['goal', 0, 1],
      ['inner', 1, 5],
      ['position', 5, 7],
    ]);
    expect([space.size, space.shape]).toEqual([7, [7]]);
    const { goal, position } = space.parts;
    expect(new Dict({ goal, inner, position }).toString()).toBe(space.toString());
    // By the codes of characters, also where JavaScript counts names as indices.
    const letters = new Dict({ b: goal, Z: goal, a: goal, 10: goal, 9: goal });
    expect(letters.layout.map(({ name }) => name)).toEqual(['10', '9', 'Z', 'a', 'b']);
    expect(space.toString()).toBe(
      'Dict(goal: Discrete(3, start 1), inner: Dict(code: MultiDiscrete([2, 3], start [0, -1]), flags: MultiBinary(2)), position: Box(-1, 1, [2]))',
    );
  });

  test('bounds and choices are those of all parts', () => {
    expect(spaceBounds(space)).toEqual({ low: [1, 0, -1, 0, 0, -1, -1], high: [3, 1, 1, 1, 1, 1, 1] });
    expect(elementChoices(space)).toBeUndefined();
    expect(elementChoices(inner)).toEqual({ start: [0, -1, 0, 0], counts: [2, 3, 2, 2] });
    expect([space, new Dict({ a: new Box(0, 1), b: new Box(0, 5, [2], { dtype: 'int32' }) })].map(isNumeric)).toEqual([
      false,
      true,
    ]);
  });
});

describe('members', () => {
  test('are flat, or by name', () => {
    expect(space.flatten(named)).toEqual(Float32Array.from(flat));
    expect(space.flatten(flat)).toEqual(Float32Array.from(flat));
    expect(numbersOf(space, named)).toEqual(Float32Array.from(flat));
    expect([named, flat, Float32Array.from(flat)].map((value) => space.contains(value))).toEqual([true, true, true]);
    const rows = new Float32Array(14);
    writeRow(space, named, rows, 1);
    expect(readRow(space, rows, 1)).toEqual(Float32Array.from(flat));
  });

  test('that are drawn belong to it, and come back from their views', () => {
    const random = new Random(3);
    for (let i = 0; i < 200; i++) {
      const sample = space.sample(random);
      expect(space.problem(sample)).toBeUndefined();
      const views = space.view(sample);
      expect(space.problem(views)).toBeUndefined();
      expect(space.flatten(views)).toEqual(sample);
    }
  });

  test('views are the memory itself', () => {
    const rows = new Float32Array(3 * space.size);
    const view = space.view(rows, 2);
    expectTypeOf(view.position).toEqualTypeOf<Float32Array>();
    expectTypeOf(view.inner.flags).toEqualTypeOf<Float32Array>();
    view.position[1] = 7;
    view.goal[0] = 2;
    view.inner.flags[0] = 1;
    expect([...rows.subarray(14)]).toEqual([2, 0, 0, 1, 0, 0, 7]);
    expect(view.position.buffer).toBe(rows.buffer);
    for (const row of [3, -1, 0.5]) {
      expect(() => space.view(rows, row)).toThrow(`Dict.view: expected row ${row} of 7 numbers in a Float32Array`);
    }
  });

  test.each<[unknown, string]>([
    [{ ...named, goal: 0 }, "in 'goal' is 0, expected an integer in [1, 3]"],
    [{ ...named, position: [0, 2] }, "in 'position' has 2 at [1], expected a number in [-1, 1]"],
    [{ ...named, inner: { flags: [1, 0] } }, "in 'inner' has no 'code', expected code, flags"],
    [{ ...named, gaol: 1 }, "has 'gaol', expected goal, inner, position"],
    [[1, 2], 'has 2 elements, expected 7'],
    [[3, 1, -1, 2, 0, 0.5, 0.5], "in 'inner' in 'flags' has 2 at [0], expected an integer in [0, 1]"],
    [4, 'is 4, expected an object with goal, inner, position or their 7 numbers'],
    [null, 'is null, expected an object with goal, inner, position or their 7 numbers'],
  ])('%o is none', (value, problem) => {
    expect(space.problem(value)).toBe(problem);
  });

  test('of an environment need not keep to the bounds of real numbers, as those of a Box', () => {
    checkValue('observation', space, { ...named, position: [0, 2] });
    const wrong: NamedValues = { ...named, position: [0, NaN] };
    expect(() => {
      checkValue('observation', space, wrong);
    }).toThrow(/^observation in 'position' has NaN at \[1\]/);
    expect(() => {
      checkValue('observation', space, { ...named, goal: 4 });
    }).toThrow("observation in 'goal' is 4, expected an integer in [1, 3]");
  });
});

/** Five steps of named observations; reward is the goal that was shown. */
class Named implements Env<typeof named, number> {
  observationSpace = space;
  actionSpace = new Discrete(4);
  steps = 0;
  reset() {
    this.steps = 0;
    return { observation: named };
  }
  step(action: number) {
    const observation = { ...named, goal: 1 + (++this.steps % 3) };
    return { observation, reward: action, terminated: this.steps === 5, truncated: false };
  }
}

test('environments show names, policies are given them, and vectors hold rows', () => {
  const policy = { act: (observation: unknown) => (observation as typeof named).goal };
  // goal 3 at first, then 2, 3, 1, 2
  expect(evaluate(policy, new Named(), { episodes: 1 }).returns).toEqual([3 + 2 + 3 + 1 + 2]);
  const env = vectorize(() => new Named(), 2);
  env.reset();
  env.step(Int32Array.of(0, 0));
  expect([...env.observations]).toEqual([2, ...flat.slice(1), 2, ...flat.slice(1)]);
  expect([...space.view(env.observations, 1).position]).toEqual([0.5, -0.25]);
});

test('an action has no names', () => {
  const message = `actionSpace: expected a Box, Discrete, MultiDiscrete or MultiBinary, got ${space.toString()}`;
  expect(() => createActions(space, 2)).toThrow(new RangeError(message));
  expect(() => vectorize(() => Object.assign(new Named(), { actionSpace: space }), 2)).toThrow(new RangeError(message));
});

test('at least one part, each of them a space', () => {
  expect(() => new Dict({})).toThrow('Dict: expected parts to be an object with at least one space by name, got {}');
  expect(() => new Dict({ a: 3 } as never)).toThrow('Dict: expected parts to be an object with at least one space');
});
