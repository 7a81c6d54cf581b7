import { crc32 as zlibCrc32 } from 'node:zlib';
import crc32cOracle from 'crc-32/crc32c.js';
import { expect, test } from 'vitest';
import { crc32, crc32c, portableCrc32 } from '../../src/checkpoints/crc32.ts';
import { Random } from '../../src/random/random.ts';

test('gives the published check values', () => {
  const digits = new TextEncoder().encode('123456789');
  expect(crc32(digits)).toBe(0xcbf43926);
  expect(crc32c(digits)).toBe(0xe3069283);
  expect(crc32(new Uint8Array(0))).toBe(0);
  expect(crc32c(new Uint8Array(0))).toBe(0);
});

test('CRC-32C equals that of crc-32', () => {
  const random = new Random(1);
  for (let length = 1; length < 100; length++) {
    const bytes = Uint8Array.from({ length }, () => random.integer(256));
    expect(crc32c(bytes)).toBe(crc32cOracle.buf(bytes) >>> 0);
  }
});

test('nothing more changes nothing, whatever memory it is in', () => {
  for (const each of [crc32, portableCrc32]) {
    for (const nothing of [
      new Uint8Array(0),
      Uint8Array.of(1).slice(1),
      new Uint8Array(new Float32Array(3).slice(3).buffer),
    ]) {
      expect(each(nothing, 0xcbf43926)).toBe(0xcbf43926);
    }
  }
});

test('what browsers compute equals zlib, at once and in parts', () => {
  const random = new Random(2);
  for (let length = 0; length < 100; length++) {
    const bytes = Uint8Array.from({ length }, () => random.integer(256));
    const cut = random.integer(length + 1);
    for (const each of [crc32, portableCrc32]) {
      expect(each(bytes)).toBe(zlibCrc32(bytes));
      expect(each(bytes.subarray(cut), each(bytes.subarray(0, cut)))).toBe(zlibCrc32(bytes));
    }
  }
});
