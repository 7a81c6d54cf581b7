import { expect, test } from 'vitest';
import { threefry, uniformNumbers } from '../src/threefry.ts';

test('the known answers of the Random123 distribution', () => {
  const hex = (words: readonly number[]): string => words.map((word) => (word >>> 0).toString(16)).join(' ');
  expect(hex(threefry([0, 0], [0, 0]))).toBe('6b200159 99ba4efe');
  expect(hex(threefry([-1, -1], [-1, -1]))).toBe('1cb996fc bb002be7');
  expect(hex(threefry([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3]))).toBe('c4923a9c 483df7a0');
});

test('numbers are the upper 24 bits of the words, as many as asked for', () => {
  const numbers = uniformNumbers([0, 0], 0, 3);
  expect(numbers).toHaveLength(3);
  expect([...numbers.subarray(0, 2)]).toEqual([0x6b2001 * 2 ** -24, 0x99ba4e * 2 ** -24]);
});
