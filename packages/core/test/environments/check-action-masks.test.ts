import { expect, test } from 'vitest';
import { checkActionMasks } from '../../src/environments/check-action-masks.ts';

test('every row needs a legal action', () => {
  checkActionMasks(Uint8Array.of(0, 1, 1, 0, 1, 1), 2);
  checkActionMasks(new Uint8Array(0), 2);
  expect(() => {
    checkActionMasks(Uint8Array.of(0, 1, 0, 0, 1, 1), 2);
  }).toThrow(new RangeError('actionMasks: expected a legal action in each row, got none in row 1'));
});

test('rows are whole, and as many as are expected', () => {
  checkActionMasks(Uint8Array.of(1, 0, 0, 1), 2, 2);
  expect(() => {
    checkActionMasks(Uint8Array.of(1, 0, 0), 2);
  }).toThrow(new RangeError('actionMasks has 3 elements, expected 2 × 2 (actions)'));
  expect(() => {
    checkActionMasks(Uint8Array.of(1, 0, 0, 1), 2, 1);
  }).toThrow(new RangeError('actionMasks has 4 elements, expected 1 × 2 (actions)'));
});

test('each element of several choices needs a legal one', () => {
  checkActionMasks(Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0, 1), [2, 3]);
  for (const mask of [
    [0, 0, 1, 1, 1],
    [1, 1, 0, 0, 0],
  ]) {
    expect(() => {
      checkActionMasks(Uint8Array.from([1, 1, 1, 1, 1, ...mask]), [2, 3], 2);
    }).toThrow(new RangeError('actionMasks: expected a legal action in each row, got none in row 1'));
  }
  expect(() => {
    checkActionMasks(new Uint8Array(6).fill(1), [2, 3]);
  }).toThrow(new RangeError('actionMasks has 6 elements, expected 2 × 5 (actions)'));
});
