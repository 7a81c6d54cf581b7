import * as t from '@gradus/tensor';

/** Inside a program: (x − mean) / (standard deviation + 1e-8), with Bessel's correction as PyTorch has it. */
export function standardize(x: t.Tensor): t.Tensor {
  return t.div(t.sub(x, t.mean(x)), t.add(t.sqrt(t.variance(x, { correction: 1 })), 1e-8));
}
