import { describe, expect, it } from 'vitest';
import { halvingRungs, totalSteps } from '../../src/tune/rungs.ts';

describe('halvingRungs', () => {
  it('is the first bracket of Hyperband (Li et al., 2018, table 1: R = 81, η = 3)', () => {
    const rungs = halvingRungs(81, 81, 3);
    expect(rungs.map(({ trials, steps }) => [trials, steps])).toEqual([
      [81, 1],
      [27, 3],
      [9, 9],
      [3, 27],
      [1, 81],
    ]);
    expect(rungs.map(({ point }) => point)).toEqual([1, 3, 9, 27, 81]);
    // 81·1 + 27·2 + 9·6 + 3·18 + 1·54, twice for two seeds.
    expect(totalSteps(rungs, 2)).toBe(2 * 297);
  });

  it('rounds trials down and steps up', () => {
    // ⌊10 / 2ⁱ⌋ trials to step ⌈1000 · 2^(i − 3)⌉.
    expect(halvingRungs(10, 1000, 2)).toEqual([
      { trials: 10, steps: 125, point: 1 },
      { trials: 5, steps: 250, point: 2 },
      { trials: 2, steps: 500, point: 4 },
      { trials: 1, steps: 1000, point: 8 },
    ]);
    expect(halvingRungs(3, 100, 3)).toEqual([
      { trials: 3, steps: 34, point: 1 },
      { trials: 1, steps: 100, point: 3 },
    ]);
  });

  it('leaves out early rungs that would be too short', () => {
    // 1000 / 4 = 250 ≥ 200, 1000 / 8 = 125 < 200.
    expect(halvingRungs(10, 1000, 2, 200).map(({ trials, steps }) => [trials, steps])).toEqual([
      [10, 250],
      [5, 500],
      [2, 1000],
    ]);
    expect(halvingRungs(10, 1000, 2, 1000)).toEqual([{ trials: 10, steps: 1000, point: 1 }]);
  });

  it('lets a single trial, or fewer than η, run through', () => {
    expect(halvingRungs(1, 500, 3)).toEqual([{ trials: 1, steps: 500, point: 1 }]);
    expect(halvingRungs(2, 500, 3)).toEqual([{ trials: 2, steps: 500, point: 1 }]);
  });
});
