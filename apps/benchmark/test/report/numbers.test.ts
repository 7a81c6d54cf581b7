import { expect, it } from 'vitest';
import {
  countText,
  durationText,
  fixed,
  intervalText,
  meanAndStdText,
  scoreText,
  stepsText,
} from '../../src/report/numbers.ts';
import { plural } from '../../src/files/plural.ts';

it('writes numbers as a paper does', () => {
  expect(scoreText(-73.46)).toBe('−73.5');
  expect(scoreText(0.74419)).toBe('0.744');
  expect(fixed(-0.0001, 2)).toBe('0.00');
  expect(meanAndStdText({ mean: 490.04, std: 6.12 })).toBe('490.0 ± 6.1');
  expect(meanAndStdText({ mean: 0.7, std: 0.0123 })).toBe('0.700 ± 0.012');
  expect(meanAndStdText({ mean: 500, std: NaN })).toBe('500.0');
  expect(intervalText({ low: -200, high: -100.8 })).toBe('[−200.0, −100.8]');
  expect([0, 500, 50_000, 120_096, 1_000_000, 2_500_000].map(stepsText)).toEqual([
    '0',
    '500',
    '50k',
    '120k',
    '1M',
    '2.5M',
  ]);
  expect(countText(1234567)).toBe('1,234,567');
  const durations = [9.96, 42, 75, 3600 + 61 * 2].map((seconds) => durationText(seconds).replaceAll('\u00a0', ' '));
  expect(durations).toEqual(['10.0 s', '42 s', '1 min 15 s', '1 h 2 min']);
  expect([plural(1, 'run'), plural(1200, 'run'), plural(2, 'copy', 'copies')]).toEqual([
    '1 run',
    '1,200 runs',
    '2 copies',
  ]);
});
