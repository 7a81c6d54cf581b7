import { expect, test } from 'vitest';
import { INVERSE_TAIL_START, TAIL_START, densities, innerWidths, widths } from '../../src/random/ziggurat.ts';

const edges = widths.map((width) => width * 2 ** 52);

test('all strips have the area that the tail has together with the rectangle beside it', () => {
  // ∫ᵣ^∞ exp(−x²/2) dx by its continued fraction: exp(−r²/2) / (r + 1/(r + 2/(r + 3/…))).
  let fraction = TAIL_START;
  for (let k = 200; k > 0; k--) fraction = TAIL_START + k / fraction;
  const area = Math.exp(-(TAIL_START ** 2) / 2) * (TAIL_START + 1 / fraction);
  for (let i = 1; i < 256; i++) {
    expect(Math.abs((edges[i] * (densities[i - 1] - densities[i])) / area - 1)).toBeLessThan(1e-12);
  }
  expect(Math.abs((edges[0] * densities[255]) / area - 1)).toBeLessThan(1e-14);
});

test('edges, densities and the positions below the curve belong together', () => {
  expect(edges[255]).toBe(TAIL_START);
  expect(Math.abs(INVERSE_TAIL_START * TAIL_START - 1)).toBeLessThan(1e-15);
  for (let i = 1; i < 256; i++) {
    expect(densities[i]).toBe(Math.exp(-0.5 * edges[i] * edges[i]));
    expect(Math.abs(innerWidths[i] * widths[i] - (i === 1 ? 0 : edges[i - 1]))).toBeLessThan(1e-15);
    expect(Number.isInteger(innerWidths[i])).toBe(true);
  }
  expect(innerWidths[0]).toBe(0xef33d8025ef6a);
});
