import * as t from '@gradus/tensor';

/** ½ x² for |x| ≤ 1, |x| − ½ beyond (Huber, 1964). */
export function huber(x: t.Tensor): t.Tensor {
  const size = t.abs(x);
  const inner = t.minimum(size, 1);
  return t.add(t.mul(0.5, t.square(inner)), t.sub(size, inner));
}
