import * as t from '@gradus/tensor';

/** A deviation of fewer units in the last place of the numbers themselves is their rounding: 4 in float32. */
const ROUNDING = 2 ** -21;

/**
 * Inside a program: (x − mean) / (standard deviation + 1e-8) of a vector x, with Bessel's correction as PyTorch has it; 0 where the elements differ by
 * nothing but rounding.
 */
export function standardize(x: t.Tensor): t.Tensor {
  const first = t.slice(x, [0], [1]);
  // The mean of equal numbers is rounded, that of their differences from one of them is exactly 0.
  const shifted = t.sub(x, first);
  const distances = t.sub(shifted, t.mean(shifted));
  const deviation = t.sqrt(t.mul(t.sum(t.square(distances)), 1 / (x.shape[0] - 1)));
  const isRounding = t.lessEqual(deviation, t.mul(ROUNDING, t.abs(first)));
  return t.where(isRounding, 0, t.div(distances, t.add(deviation, 1e-8)));
}
