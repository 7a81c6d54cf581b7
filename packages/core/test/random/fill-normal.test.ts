import { expect, test } from 'vitest';
import { fillNormal } from '../../src/random/fill-normal.ts';
import { NumpyRandom } from '../../src/random/numpy-random.ts';
import { Random } from '../../src/random/random.ts';

test('fillNormal gives what as many calls of normal give, and leaves the generator where these leave it', () => {
  const [filled, called] = [new Random(7), new Random(7)];
  // Odd numbers leave the second of a pair to the next one; 1,024 numbers and more take several blocks.
  for (const count of [3, 0, 1, 1, 2, 1023, 1024, 5000, 1, 4097]) {
    const target = new Float64Array(count);
    fillNormal(filled, target);
    expect(target).toEqual(Float64Array.from({ length: count }, () => called.normal()));
    expect(filled.getState()).toEqual(called.getState());
  }
});

test('other sources of random numbers are refused by name', () => {
  const other = new NumpyRandom(1) as unknown as Random;
  expect(() => fillNormal(other, new Float64Array(4))).toThrow('fillNormal: expected random to be a Random, got');
});
