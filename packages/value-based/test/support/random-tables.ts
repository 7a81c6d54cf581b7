import { Random, TransitionTable } from '@gradus/core';

/** Weights that sum to 1. */
function randomDistribution(random: Random, length: number): Float64Array {
  const weights = Float64Array.from({ length }, () => -Math.log(1 - random.nextFloat()));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

/** A random process in which each pair has three ways to go; each ends the episode with probability `ending`. */
export function randomTable(seed: number, numStates = 12, numActions = 3, ending = 0.1): TransitionTable {
  const random = new Random(seed);
  return new TransitionTable({
    numStates,
    numActions,
    initialDistribution: randomDistribution(random, numStates),
    outcomes: () =>
      Array.from(randomDistribution(random, 3), (probability) => ({
        probability,
        nextState: random.integer(numStates),
        reward: random.normal(),
        terminated: random.nextFloat() < ending,
      })),
  });
}

/** A random stochastic policy, [numStates × numActions]. */
export function randomPolicy(seed: number, { numStates, numActions }: TransitionTable): Float64Array {
  const random = new Random(seed);
  const policy = new Float64Array(numStates * numActions);
  for (let first = 0; first < policy.length; first += numActions) {
    policy.set(randomDistribution(random, numActions), first);
  }
  return policy;
}

/** max |xᵢ − yᵢ| */
export function maximumDifference(x: ArrayLike<number>, y: ArrayLike<number>): number {
  if (x.length !== y.length) return Infinity;
  return Array.from(x).reduce((largest, value, i) => Math.max(largest, Math.abs(value - y[i])), 0);
}
