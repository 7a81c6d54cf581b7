import * as t from '@gradus/tensor';

/** Estimators of KL(π ‖ π_ref) from samples of π (Schulman, 2020). */
export type KlEstimator = 'k1' | 'k2' | 'k3';

/**
 * Inside a program: an estimate of KL(π ‖ π_ref) for each token that π drew, from the log-probabilities that both give it, of any one shape. With
 * d = log π_ref − log π:
 *
 *     k1 = −d             unbiased, below 0 at times; what rewards are reduced by
 *     k2 = d² / 2         biased, small variance; as a loss its gradient is that of KL(π ‖ π_ref)
 *     k3 = eᵈ − 1 − d     unbiased, never below 0; as a loss its gradient is that of KL(π_ref ‖ π)
 *
 * As a loss k1 is useless: its gradient is 0 in expectation.
 */
export function klEstimate(logProbabilities: t.Tensor, reference: t.Tensor, estimator: KlEstimator): t.Tensor {
  const d = t.sub(reference, logProbabilities);
  switch (estimator) {
    case 'k1':
      return t.neg(d);
    case 'k2':
      return t.mul(0.5, t.square(d));
    case 'k3':
      return t.sub(t.expm1(d), d);
  }
}
