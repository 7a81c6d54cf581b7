import { expect, test } from 'vitest';
import { Message } from '../src/message.ts';

test('a message may have more fields than a call can have arguments', () => {
  const inner = new Message();
  for (let i = 0; i < 200_000; i++) inner.integer(1, 1);
  const file = new Message().bytes(2, inner).finish();
  // Field 2, length 400,000 in seven bits a byte, then pairs of field 1 and 1.
  expect([...file.subarray(0, 6)]).toEqual([18, 128, 181, 24, 8, 1]);
  expect(file.length).toBe(4 + 400_000);
});
