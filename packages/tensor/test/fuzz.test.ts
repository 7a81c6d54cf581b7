import { describe, expect, test } from 'vitest';
import type { Device, TensorData } from '../src/index.ts';
import { device, program, sizeOf, variable } from '../src/index.ts';
import type { Setting } from './support/random-program.ts';
import { randomProgram, settings } from './support/random-program.ts';
import { testRandom } from './support/random.ts';
import { referenceDevice } from './support/reference.ts';

/** Values are of order 1 and operations amplify errors little: what is off by more than this is wrong, not rounded. */
const tolerance = 3e-4;
const programs = 250;
const runs = 3;

/** What a program leaves behind after each run: its outputs and its variables. */
function trace(on: Device, setting: Setting, seed: number): TensorData[] {
  const random = testRandom(seed);
  const variables = setting.variables.map((shape, i) =>
    variable(shape, random.floats(sizeOf(shape)), { name: `v${i}` }),
  );
  const compiled = program(setting.inputs, (nodes) => randomProgram(setting, nodes, variables, testRandom(seed)), {
    device: on,
  });
  const { inputs } = compiled;
  const seen: TensorData[] = [];
  for (let i = 0; i < runs; i++) {
    // The last run has the inputs of the one before, which nothing may have overwritten.
    if (i < runs - 1) {
      inputs.x.set(random.floats(inputs.x.length));
      inputs.image.set(random.floats(inputs.image.length));
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

describe.each(Object.entries(settings))('random programs on %s tensors', (_, setting) => {
  const seeds = Array.from({ length: programs }, (_, seed) => seed);
  const reference = referenceDevice();
  const expected = seeds.map((seed) => trace(reference, setting, seed));

  test.each(['wasm', 'native'] as const)('%s computes what their double-precision interpretation does', (name) => {
    const wrong = seeds
      .map((seed) => ({ seed, difference: largestDifference(trace(device(name), setting, seed), expected[seed]) }))
      .filter(({ difference }) => !(difference < tolerance));
    expect(wrong).toEqual([]);
  });

  test('their values are neither zero nor saturated', () => {
    const values = expected.flat().flatMap((data) => [...data]);
    const interesting = values.filter((value) => Math.abs(value) > 0.01 && Math.abs(value) < 0.99);
    expect(interesting.length / values.length).toBeGreaterThan(0.5);
  });

  test('they have the same bits again, and with two threads', () => {
    const two = device('native', { threads: 2 });
    for (const seed of seeds.slice(0, 40)) {
      expect(trace(device('native'), setting, seed)).toEqual(trace(two, setting, seed));
      expect(trace(device('wasm'), setting, seed)).toEqual(trace(device('wasm'), setting, seed));
    }
  });
});
