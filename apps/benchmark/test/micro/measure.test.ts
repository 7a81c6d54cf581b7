import { describe, expect, it } from 'vitest';
import { measure, median } from '../../src/micro/measure.ts';

describe('measure', () => {
  it('finds the time of a call', () => {
    let calls = 0;
    const wait = (): void => {
      calls++;
      const end = performance.now() + 1;
      while (performance.now() < end);
    };
    const microseconds = measure(wait, 0.05);
    expect(microseconds).toBeGreaterThanOrEqual(1000);
    // No more calls than fit into the time, but for the last group.
    expect(calls).toBeGreaterThan(1);
    expect((calls * microseconds) / 1e6).toBeGreaterThanOrEqual(0.05);
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
