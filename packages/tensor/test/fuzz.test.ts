import { describe, expect, test } from 'vitest';
import type { Device, TensorData } from '../src/index.ts';
import { device, program, sizeOf, variable } from '../src/index.ts';
import { programInputs, randomProgram, variableShapes } from './support/random-program.ts';
import { testRandom } from './support/random.ts';
import { referenceDevice } from './support/reference.ts';

/** Values are of order 1 and operations amplify errors little: what is off by more than this is wrong, not rounded. */
const tolerance = 3e-4;
const programs = 400;
const runs = 3;

/** What a program leaves behind after each run: its outputs and its variables. */
function trace(on: Device, seed: number): TensorData[] {
  const random = testRandom(seed);
  const variables = variableShapes.map((shape, i) => variable(shape, random.floats(sizeOf(shape)), { name: `v${i}` }));
  const compiled = program(programInputs, (nodes) => randomProgram(nodes, variables, testRandom(seed)), { device: on });
  const { inputs } = compiled;
  const seen: TensorData[] = [];
  for (let i = 0; i < runs; i++) {
    // The last run has the inputs of the one before, which nothing may have overwritten.
    if (i < runs - 1) {
      inputs.x.set(random.floats(24));
      inputs.image.set(random.floats(150));
      inputs.integers.set(random.integers(4, 3));
      inputs.index.set([random.integer(3)]);
      inputs.key.set([random.integer(1000), i]);
    }
    seen.push(...Object.values(compiled.run()).map((data) => data.slice()));
    seen.push(...variables.map((each) => each.read()));
  }
  compiled.dispose();
  for (const each of variables) each.dispose();
  return seen;
}

function largestDifference(actual: readonly TensorData[], expected: readonly TensorData[]): number {
  let largest = 0;
  expected.forEach((values, i) => {
    values.forEach((value, j) => {
      const difference = Math.abs(value - actual[i][j]);
      largest = Number.isNaN(difference) ? Infinity : Math.max(largest, difference);
    });
  });
  return largest;
}

describe(`${programs} random programs, each run ${runs} times, agree with their double-precision interpretation`, () => {
  const seeds = Array.from({ length: programs }, (_, seed) => seed);
  const reference = referenceDevice();
  const expected = new Map<number, TensorData[]>();
  const expectedOf = (seed: number): TensorData[] => {
    const known = expected.get(seed) ?? trace(reference, seed);
    expected.set(seed, known);
    return known;
  };

  test.each(['wasm', 'native'] as const)('on %s', (name) => {
    const wrong = seeds
      .map((seed) => ({ seed, difference: largestDifference(trace(device(name), seed), expectedOf(seed)) }))
      .filter(({ difference }) => !(difference < tolerance));
    expect(wrong).toEqual([]);
  });

  test('and their values are not all zero or saturated', () => {
    const values = [...expected.values()].flat().flatMap((data) => [...data]);
    const interesting = values.filter((value) => Math.abs(value) > 0.01 && Math.abs(value) < 0.99);
    expect(interesting.length / values.length).toBeGreaterThan(0.5);
  });

  test('the same bits again, and with two threads', () => {
    const two = device('native', { threads: 2 });
    for (const seed of seeds.slice(0, 50)) {
      expect(trace(device('native'), seed)).toEqual(trace(two, seed));
      expect(trace(device('wasm'), seed)).toEqual(trace(device('wasm'), seed));
    }
  });
});
