import {
  abs,
  add,
  asTensor,
  div,
  exp,
  expm1,
  greater,
  less,
  logicalAnd,
  mul,
  square,
  sub,
  where,
  withGradient,
  type Tensor,
  type TensorLike,
} from '@gradus/tensor';

/** Below it x² is so small beside x that eˣ − 1 − x is left with few digits, and four terms of the series give all of them. */
const SMALL = 1 / 16;

/** x² / 2! + x³ / 3! + x⁴ / 4! + x⁵ / 5! */
function series(x: Tensor): Tensor {
  const higher = add(1, mul(div(x, 3), add(1, mul(div(x, 4), add(1, div(x, 5))))));
  return mul(mul(0.5, square(x)), higher);
}

/**
 * ρ − 1 − log ρ of `logRatio` = log ρ: never negative, 0 at ρ = 1, and exact to float32 for the smallest log ρ. With ρ = π(a|s) / π_old(a|s) and
 * actions of π_old its mean estimates KL(π_old ‖ π) without bias (Schulman, 2020). Its gradient is ρ − 1.
 */
export function approximateKl(logRatio: TensorLike): Tensor {
  const x = asTensor(logRatio);
  const exact = sub(sub(exp(x), 1), x);
  const value = where(less(abs(x), SMALL), series(x), exact);
  return withGradient(value, [x], (_, gradient) => [mul(gradient, expm1(x))]);
}

/**
 * The terms of KL(p ‖ q) = Σ p (log p − log q), element by element, as p (q/p − 1 − log(q/p)): with the same sum, since that of p and that of q is 1,
 * but none negative. `logP` and `logQ` may be −∞: what p has none of adds q, what q alone has none of makes it ∞. Gradients are q − p with respect to
 * log q, and p (log p − log q) with respect to log p.
 */
export function relativeEntropyTerms(logP: Tensor, logQ: Tensor): Tensor {
  const p = exp(logP);
  const q = exp(logQ);
  const isPossible = greater(p, 0);
  // Nothing infinite may be multiplied by what is chosen against: 0 · ∞ is NaN.
  const logRatio = where(isPossible, sub(logQ, logP), 0);
  const isSmall = logicalAnd(isPossible, less(abs(logRatio), SMALL));
  const far = sub(sub(q, p), mul(p, logRatio));
  const value = where(isSmall, mul(p, series(where(isSmall, logRatio, 0))), far);
  return withGradient(value, [logP, logQ], (_, gradient) => [
    mul(gradient, mul(p, sub(0, logRatio))),
    mul(gradient, sub(q, p)),
  ]);
}
