import { Random, TransitionTable } from '@gradus/core';
import { TabularSoftmax } from '@gradus/policy-gradient';

/** The probability that a step of a `randomProcess` ends the episode. */
export const ENDING = 0.3;

/**
 * A random process that ends after 1 / 0.3 steps on average, whatever is done; else a step leads to one of three random states. Rewards are
 * N(1, 1), so that a baseline has something to take away.
 */
export function randomProcess(seed: number, numStates = 4, numActions = 3): TransitionTable {
  const random = new Random(seed);
  return new TransitionTable({
    numStates,
    numActions,
    initialDistribution: randomDistribution(random, numStates),
    outcomes: () => [
      { probability: ENDING, nextState: 0, reward: 1 + random.normal(), terminated: true },
      ...Array.from(randomDistribution(random, 3), (probability) => ({
        probability: (1 - ENDING) * probability,
        nextState: random.integer(numStates),
        reward: 1 + random.normal(),
        terminated: false,
      })),
    ],
  });
}

/** A random process of `horizon` steps: state 2 t + i is the i-th of two after t steps. */
export function shortProcess(seed: number, horizon: number): TransitionTable {
  const random = new Random(seed);
  const numStates = 2 * horizon;
  return new TransitionTable({
    numStates,
    numActions: 2,
    initialDistribution: Array.from({ length: numStates }, (_, s) => (s === 0 ? 0.4 : s === 1 ? 0.6 : 0)),
    outcomes: (state) => {
      const following = 2 * Math.floor(state / 2) + 2;
      return Array.from(randomDistribution(random, 2), (probability, i) => ({
        probability,
        nextState: (following + i) % numStates,
        reward: 1 + random.normal(),
        terminated: following === numStates,
      }));
    },
  });
}

/** A policy with random preferences N(0, scale²). */
export function randomSoftmax(
  seed: number,
  { numStates, numActions }: Pick<TransitionTable, 'numStates' | 'numActions'>,
  scale = 1,
): TabularSoftmax {
  const random = new Random(seed);
  const policy = new TabularSoftmax({ numStates, numActions });
  for (let i = 0; i < policy.numParameters; i++) policy.parameters[i] = scale * random.normal();
  return policy;
}

/** Weights that sum to 1, none very small. */
function randomDistribution(random: Random, length: number): number[] {
  const weights = Array.from({ length }, () => random.uniform(0.2, 1));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}
