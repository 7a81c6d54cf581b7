import { expect, test } from 'vitest';
import { crc32 } from '../src/crc32.ts';

test('gives the published check value', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
});
