import { describe, expect, test } from 'vitest';
import { fillNormal } from '../../src/random/fill-normal.ts';
import { NumpyRandom } from '../../src/random/numpy-random.ts';
import { Random } from '../../src/random/random.ts';
import { TAIL_START, densities, innerWidths, widths } from '../../src/random/ziggurat.ts';

describe('fillNormal', () => {
  test('gives numbers of the Ziggurat method from the steps of its generator, in arrays of any length', () => {
    const [filled, stepped] = [new Random(7), new Random(7)];
    let [outside, tails] = [0, 0];
    const next = (): number => {
      for (;;) {
        const [low, high] = [stepped.nextUint32(), stepped.nextUint32()];
        const strip = low % 256;
        const sign = (low >>> 8) % 2 === 0 ? 1 : -1;
        const position = (high % 2 ** 29) * 2 ** 23 + Math.floor(low / 2 ** 9);
        const x = position * widths[strip];
        if (position < innerWidths[strip]) return sign * x;
        if (strip > 0) {
          outside++;
          const [bottom, top] = [densities[strip], densities[strip - 1]];
          if (bottom + (top - bottom) * stepped.nextFloat() < Math.exp(-0.5 * x * x)) return sign * x;
          continue;
        }
        for (;;) {
          tails++;
          const beyond = -Math.log1p(-stepped.nextFloat()) / TAIL_START;
          if (-2 * Math.log1p(-stepped.nextFloat()) > beyond * beyond) return sign * (TAIL_START + beyond);
        }
      }
    };
    for (const count of [3, 0, 1, 1, 2, 1023, 1024, 5000, 1, 40_000]) {
      const target = new Float64Array(count);
      fillNormal(filled, target);
      for (const number of target) expect(number).toBeCloseTo(next(), 14);
      expect(filled.getState()).toEqual(stepped.getState());
    }
    expect(outside).toBeGreaterThan(500);
    expect(tails).toBeGreaterThan(5);
  });

  test('leaves the second number of a pair that normal has drawn', () => {
    const [random, other] = [new Random(3), new Random(3)];
    random.normal();
    other.normal();
    fillNormal(random, new Float64Array(5));
    expect(random.normal()).toBe(other.normal());
  });

  test('numbers have the distribution of normal ones: by chi-square over 200 intervals, in both tails, and one after the other', () => {
    const n = 2_000_000;
    const numbers = new Float64Array(n);
    fillNormal(new Random(11), numbers);
    const intervals = 200;
    const counts = new Float64Array(intervals);
    const far = [0, 0];
    let product = 0;
    for (let i = 0; i < n; i++) {
      counts[Math.min(Math.floor(normalCdf(numbers[i]) * intervals), intervals - 1)]++;
      if (numbers[i] < -TAIL_START) far[0]++;
      if (numbers[i] > TAIL_START) far[1]++;
      if (i > 0) product += numbers[i] * numbers[i - 1];
    }
    const expected = n / intervals;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(Math.abs(chiSquare - (intervals - 1))).toBeLessThan(4 * Math.sqrt(2 * (intervals - 1)));
    const inTail = n * normalCdf(-TAIL_START);
    for (const count of far) expect(Math.abs(count - inTail)).toBeLessThan(4 * Math.sqrt(inTail));
    expect(Math.abs(product)).toBeLessThan(4 * Math.sqrt(n));
  });

  test('other sources of random numbers are refused by name', () => {
    const other = new NumpyRandom(1) as unknown as Random;
    expect(() => fillNormal(other, new Float64Array(4))).toThrow('fillNormal: expected random to be a Random, got');
  });
});

/** Φ, by its series near 0 and by the continued fraction of its tail (Abramowitz and Stegun, 26.2.10 and 26.2.14). */
function normalCdf(x: number): number {
  const density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
  if (Math.abs(x) < 3) {
    let [term, sum] = [x, x];
    for (let k = 1; Math.abs(term) > 1e-17; k++) {
      term *= (-x * x * (2 * k - 1)) / (2 * k * (2 * k + 1));
      sum += term;
    }
    return 0.5 + sum / Math.sqrt(2 * Math.PI);
  }
  let fraction = Math.abs(x);
  for (let k = 60; k > 0; k--) fraction = Math.abs(x) + k / fraction;
  return x < 0 ? density / fraction : 1 - density / fraction;
}
