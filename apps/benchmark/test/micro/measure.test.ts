import { afterEach, describe, expect, it, vi } from 'vitest';
import { measure, median } from '../../src/micro/measure.ts';

afterEach(() => vi.restoreAllMocks());

describe('measure', () => {
  it('finds the time of a call', () => {
    // Each call takes a millisecond of this clock.
    let calls = 0;
    const read = vi.spyOn(performance, 'now').mockImplementation(() => 1000 + calls);
    expect(measure(() => calls++, 0.05)).toBeCloseTo(1000, 9);
    // As many as fit into the time, but for the last group, and the clock is read after groups.
    expect(calls).toBeGreaterThanOrEqual(50);
    expect(calls).toBeLessThanOrEqual(55);
    expect(read.mock.calls.length).toBeLessThanOrEqual(13);
  });

  it('calls at least once', () => {
    let calls = 0;
    measure(() => calls++, 1e-9);
    expect(calls).toBe(1);
  });
});

describe('median', () => {
  it('is the middle', () => {
    expect(median([3, 1, 10])).toBe(3);
    expect(median([4, 1, 10, 2])).toBe(3);
    expect(median([5])).toBe(5);
  });
});
