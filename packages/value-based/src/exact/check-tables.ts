import type { TransitionTable } from '@gradus/core';

/** How far from 1 rounding may have left a sum of probabilities; that of `TransitionTable`. */
const TOLERANCE = 1e-9;

/** Throws `RangeError` unless 0 ≤ γ ≤ 1. */
export function checkGamma(gamma: number): void {
  if (!(gamma >= 0 && gamma <= 1)) throw new RangeError(`gamma: expected a number in [0, 1], got ${gamma}`);
}

/** Throws `RangeError` unless `values` has `length` numbers. */
export function checkLength(name: string, values: ArrayLike<number>, length: number): void {
  if (values.length !== length) throw new RangeError(`${name}: expected ${length} numbers, got ${values.length}`);
}

/** Throws `RangeError` unless `policy` is [numStates × numActions] and each row is a probability distribution. */
export function checkPolicy(
  { numStates, numActions }: Pick<TransitionTable, 'numStates' | 'numActions'>,
  policy: ArrayLike<number>,
): void {
  checkLength('policy', policy, numStates * numActions);
  for (let state = 0; state < numStates; state++) {
    let sum = 0;
    for (let action = 0; action < numActions; action++) {
      const probability = policy[state * numActions + action];
      if (!(probability >= 0)) {
        throw new RangeError(`policy: expected probabilities of at least 0 in state ${state}, got ${probability}`);
      }
      sum += probability;
    }
    if (!(Math.abs(sum - 1) <= TOLERANCE)) {
      throw new RangeError(`policy: expected probabilities that sum to 1 in state ${state}, got ${sum}`);
    }
  }
}
