import type { Distribution } from '@gradus/core';
import * as t from '@gradus/tensor';
import { flatten, unflatten } from '../programs/flat-parameters.ts';

/**
 * Inside a program: F v, where F is the Fisher information of the policy at its present parameters θ, averaged over the states of a batch,
 *
 *     F = E_s E_{a∼π}[∇ log π(a|s) ∇ log π(a|s)ᵀ] = E_s[∇² KL(π_θ(·|s) ‖ π_θ′(·|s))] at θ′ = θ,
 *
 * as the gradient of vᵀ ∇ KL (Pearlmutter, 1994): nothing of the size of F, [n × n], is ever computed.
 * @param policy that of the batch's states
 * @param parameters those of the policy
 * @param vector v, [n]
 */
export function fisherVectorProduct(policy: Distribution, parameters: t.Parameters, vector: t.Tensor): t.Tensor {
  const variables = Object.values(parameters);
  const fixed = policy.statistics.map((statistic) => t.stopGradient(statistic));
  const gradients = t.grad(t.mean(policy.divergenceFrom(fixed)), variables);
  const products = unflatten(vector, parameters).map((part, i) => t.sum(t.mul(part, gradients[i])));
  const slope = products.reduce((sum, product) => t.add(sum, product));
  return flatten(t.grad(slope, variables));
}
