import { valueText, type RandomSource } from '@gradus/core';
import { checkIndex, checkRandom, checkTarget } from './checks.ts';
import type { DiscretePolicy } from './scored-policy.ts';

/**
 * Two actions, left (0) and right (1), and one parameter that is the probability itself (S5.8):
 *
 *     π(L) = clamp(θ, 0, 1),   π(R) = clamp(1 − θ, 0, 1)
 *     ∂ log π(L) / ∂θ = 1 / θ,   ∂ log π(R) / ∂θ = −1 / (1 − θ),   for 0 < θ < 1
 *
 * For other θ the policy is deterministic and does not change with θ: the score of the action that it takes is 0, the other action has none.
 * So once a step has gone beyond an end, no gradient leads back: why preferences are better parameters. The state does not matter.
 * Methods throw `RangeError` for an action that is neither 0 nor 1.
 */
export class ClampPolicy<State = number> implements DiscretePolicy<State> {
  readonly numActions = 2;
  readonly numParameters = 1;
  /** θ, [1]. */
  readonly parameters: Float64Array;

  /** `theta`: θ at first, a half by default. Throws `RangeError` for one that is not finite. */
  constructor(theta = 0.5) {
    if (!Number.isFinite(theta))
      throw new RangeError(`ClampPolicy: expected theta to be a finite number, got ${valueText(theta)}`);
    this.parameters = Float64Array.of(theta);
  }

  probabilities(_state: State, target: Float64Array = new Float64Array(2)): Float64Array {
    checkTarget(target, 2);
    target[0] = this.probability(0);
    target[1] = this.probability(1);
    return target;
  }

  sample(_state: State, random: RandomSource): number {
    checkRandom(random);
    return random.nextFloat() < this.probability(0) ? 0 : 1;
  }

  logProbability(_state: State, action: number): number {
    return Math.log(this.probability(action));
  }

  score(_state: State, action: number, target: Float64Array): void {
    const probability = this.probability(action);
    if (probability === 0)
      throw new RangeError(`action: expected one that is possible, got ${action} with θ = ${this.parameters[0]}`);
    checkTarget(target, 1);
    const slope = action === 0 ? 1 : -1;
    target[0] = probability < 1 ? slope / probability : 0;
  }

  private probability(action: number): number {
    checkIndex('action', action, 2);
    const theta = this.parameters[0];
    return Math.min(1, Math.max(0, action === 0 ? theta : 1 - theta));
  }
}
