import { expect, test } from 'vitest';
import { GradientAscent, type Ascent } from '../src/gradient-ascent.ts';

/** θ after the gradients 2 and then −1 with α = 0.1, from 5. */
function twoSteps(kind: Ascent): number {
  const parameters = Float64Array.of(5);
  const ascent = new GradientAscent(kind, 0.1, 1);
  ascent.step(parameters, Float64Array.of(2));
  ascent.step(parameters, Float64Array.of(-1));
  return parameters[0];
}

test('by hand', () => {
  expect(twoSteps('sgd')).toBeCloseTo(5 + 0.2 - 0.1, 14);
  // m = 0.2, then 0.9 · 0.2 − 0.1 = 0.08.
  expect(twoSteps('momentum')).toBeCloseTo(5 + 0.1 * 0.2 + 0.1 * 0.08, 14);
  // The first step has the length α. Then m̂ = 0.08 / 0.19, v̂ = (0.999 · 0.004 + 0.001) / (1 − 0.999²) = 0.004996 / 0.001999.
  expect(twoSteps('adam')).toBeCloseTo(5 + 0.1 + (0.1 * (0.08 / 0.19)) / Math.sqrt(0.004996 / 0.001999), 8);
});
