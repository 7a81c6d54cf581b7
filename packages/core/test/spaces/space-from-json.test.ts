import { describe, expect, test } from 'vitest';
import { Random } from '../../src/random/random.ts';
import { Box, Dict, Discrete, MultiBinary, MultiDiscrete, spaceFromJson, type Space } from '../../src/spaces/spaces.ts';

const spaces: readonly Space[] = [
  new Box(-1, 1, [3]),
  new Box([-Infinity, 0.1, -0], [Infinity, 0.3, Infinity]),
  new Box(0, 255, [4, 4, 2], { dtype: 'uint8', frameAxis: 2 }),
  new Box(-Infinity, 7, [2], { dtype: 'int32' }),
  new Box([-3, 2], [4, 2], [2], { dtype: 'int8' }),
  new Discrete(4),
  new Discrete(3, -1),
  new MultiDiscrete([2, 5]),
  new MultiDiscrete([2, 5], [-1, 10]),
  new MultiBinary(4),
  new MultiBinary([2, 3]),
  new Dict({ goal: new Discrete(3), arm: new Dict({ $b: new MultiBinary(2), a: new Box(0, 1, [2]) }) }),
  new Dict({ __proto__x: new Discrete(2), '': new Discrete(2), 10: new Discrete(2), 9: new Discrete(2) }),
];

test.each(spaces.map((space) => [space.toString(), space] as const))('%s comes back from its JSON', (_, space) => {
  const text = JSON.stringify(space);
  const again = spaceFromJson(JSON.parse(text));
  expect(again.constructor).toBe(space.constructor);
  expect(again.toString()).toBe(space.toString());
  expect(JSON.stringify(again)).toBe(text);
  // The JSON itself, which was never text, does as well.
  expect(JSON.stringify(spaceFromJson(space.toJSON()))).toBe(text);
  expect([again.size, again.shape]).toEqual([space.size, space.shape]);
  const [one, other] = [space.sample(new Random(1)), again.sample(new Random(1))];
  expect(other).toEqual(one);
  expect(again.contains(one)).toBe(true);
});

test('JSON is short where bounds are the same, and has no infinities', () => {
  expect(new Box(-Infinity, 1, [2]).toJSON()).toEqual({
    kind: 'box',
    low: '-Infinity',
    high: 1,
    shape: [2],
    dtype: 'float32',
  });
  expect(JSON.stringify(new Box([0, 1], Infinity))).toBe(
    '{"kind":"box","low":[0,1],"high":"Infinity","shape":[2],"dtype":"float32"}',
  );
  expect(new Box(0, 1, [2], { frameAxis: 0 }).toJSON().frameAxis).toBe(0);
  expect(new Discrete(3, 2).toJSON()).toEqual({ kind: 'discrete', n: 3, start: 2 });
  expect(new Dict({ b: new MultiBinary(1), a: new MultiDiscrete([2]) }).toJSON()).toEqual({
    kind: 'dict',
    parts: [
      { name: 'a', space: { kind: 'multi-discrete', counts: [2], start: [0] } },
      { name: 'b', space: { kind: 'multi-binary', shape: [1] } },
    ],
  });
});

describe('what is no JSON of a space is named', () => {
  const box = new Box(0, 1, [2]).toJSON();
  const part = { name: 'a', space: new Discrete(2).toJSON() };
  test.each<[unknown, string]>([
    [undefined, 'space: expected the JSON of a space, got undefined'],
    [[1], 'space: expected the JSON of a space, got [1]'],
    [{ kind: 'tuple' }, 'space.kind: expected one of box, discrete, multi-discrete, multi-binary, dict, got "tuple"'],
    [{ kind: 'toString' }, 'space.kind: expected one of box'],
    [{ kind: 'discrete', n: 0, start: 0 }, 'space: Discrete: expected n to be a positive integer, got 0'],
    [{ kind: 'discrete', n: 2 }, 'space.start: expected a number, got undefined'],
    [{ kind: 'discrete', n: 2, start: 0, end: 1 }, 'space: expected discrete to have n, start, got "end"'],
    [{ ...box, low: null }, 'space.low: expected numbers, "Infinity" or "-Infinity", got null'],
    [{ ...box, low: [0, 'x'] }, 'space.low: expected numbers, "Infinity" or "-Infinity", got "x"'],
    [{ ...box, low: [0, 0, 0] }, 'space: Box: low has 3 elements, expected 2'],
    [{ ...box, dtype: 'float64' }, 'space.dtype: expected one of float32, uint8, int8, uint16, int16, int32, int64'],
    [{ ...box, frameAxis: 7 }, 'space: Box: expected frameAxis to be the first or last of 1 axes, got 7'],
    [{ kind: 'multi-discrete', counts: [2], start: [0, 0] }, 'space: MultiDiscrete: start has 2 elements, expected 1'],
    [{ kind: 'multi-binary', shape: 3 }, 'space.shape: expected a list of numbers, got 3'],
    [{ kind: 'dict', parts: {} }, 'space.parts: expected a list of parts, got {}'],
    [{ kind: 'dict', parts: [] }, 'space: Dict: expected parts to be an object with at least one space by name'],
    [{ kind: 'dict', parts: [part, { name: 'b' }] }, 'space.parts[1].space: expected the JSON of a space'],
    [{ kind: 'dict', parts: [part, part] }, 'space.parts[1]: expected another name, got "a"'],
    [{ kind: 'dict', parts: [{ space: part.space }] }, 'space.parts[0]: expected { name, space }'],
  ])('%o', (json, message) => {
    expect(() => spaceFromJson(json)).toThrow(message);
    expect(() => spaceFromJson(json)).toThrow(RangeError);
  });

  test('by the name that is given', () => {
    expect(() => spaceFromJson(3, 'checkpoint.actionSpace')).toThrow(
      'checkpoint.actionSpace: expected the JSON of a space, got 3',
    );
  });
});
