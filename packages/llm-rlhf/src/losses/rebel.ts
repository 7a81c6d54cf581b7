import * as t from '@gradus/tensor';

/** Options of {@link rebelLoss}. */
export interface RebelLossOptions {
  /** η: how far the policy follows rewards. */
  readonly eta: number;
  /** `paper`: as written below; `repository`: η² times it, as the authors' code has it. They differ in the size of a step where Adam's ε or clipping matter. */
  readonly scaling: 'paper' | 'repository';
}

/** The loss, a scalar, and the regression's mean absolute error in units of reward. */
export type RebelLoss = Readonly<Record<'loss' | 'error', t.Tensor>>;

/**
 * Inside a program: REBEL, regression to relative rewards (Gao et al., 2024, algorithm 1): from two completions y, y′ of each prompt
 *
 *     L(θ) = mean ((1 / η) (log π(y; θ) / π_old(y) − log π(y′; θ) / π_old(y′)) − (R(y) − R(y′)))²
 *
 * `logProbabilities` and `oldLogProbabilities` of completions, sums over their tokens, and `rewards`, [pairs, 2] each. Where π is π_old the loss of the paper
 * is the mean of (R(y) − R(y′))².
 */
export function rebelLoss(
  logProbabilities: t.Tensor,
  oldLogProbabilities: t.Tensor,
  rewards: t.Tensor,
  { eta, scaling }: RebelLossOptions,
): RebelLoss {
  const change = betweenPairs(t.sub(logProbabilities, oldLogProbabilities));
  const error = t.sub(t.div(change, eta), betweenPairs(rewards));
  const loss = t.mean(t.square(error));
  return { loss: scaling === 'paper' ? loss : t.mul(eta ** 2, loss), error: t.mean(t.abs(error)) };
}

/** The first of each pair minus the second: [pairs, 2] → [pairs]. */
function betweenPairs(values: t.Tensor): t.Tensor {
  const [first, second] = t.split(values, 2, 1);
  return t.squeeze(t.sub(first, second), 1);
}
