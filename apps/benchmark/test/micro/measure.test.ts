import { afterEach, describe, expect, it, vi } from 'vitest';
import { measure, median } from '../../src/micro/measure.ts';

afterEach(() => vi.restoreAllMocks());

describe('measure', () => {
  it('finds the time of a call', async () => {
    // Each call takes a millisecond of this clock.
    let calls = 0;
    const read = vi.spyOn(performance, 'now').mockImplementation(() => 1000 + calls);
    expect(await measure(() => calls++, 0.05)).toBeCloseTo(1000, 9);
    // As many as fit into the time, but for the last group, and the clock is read after groups.
    expect(calls).toBeGreaterThanOrEqual(50);
    expect(calls).toBeLessThanOrEqual(55);
    expect(read.mock.calls.length).toBeLessThanOrEqual(13);
  });

  it('waits for what takes a while before it calls again', async () => {
    let running = 0;
    let most = 0;
    const step = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
    };
    await measure(step, 1e-3);
    expect({ most, running }).toEqual({ most: 1, running: 0 });
  });

  it('calls at least once', async () => {
    let calls = 0;
    await measure(() => calls++, 1e-9);
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
