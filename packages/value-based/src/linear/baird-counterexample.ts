import { Discrete, TransitionTable } from '@gradus/core';
import { FeatureTable } from './feature-table.ts';
import type { Features } from './features.ts';

/** A process, features and two policies with which semi-gradient off-policy TD diverges. */
export interface BairdCounterexample {
  /** Seven states; action 0, dashed, leads to one of the first six, action 1, solid, to the seventh. All rewards are 0, there is no end. */
  readonly table: TransitionTable;
  /** x(s), [7 × 8]: v(i) = 2wᵢ + w₈ for the first six states, v(7) = w₇ + 2w₈. */
  readonly features: Features;
  /** b, which acts: dashed with probability 6/7, so that all states are equally likely; [7 × 2]. */
  readonly behaviour: Float64Array;
  /** π, to be predicted: always solid; [7 × 2]. */
  readonly target: Float64Array;
  /** w to begin with, (1, 1, 1, 1, 1, 1, 10, 1). All true values are 0, which e.g. w = 0 represents. */
  readonly initialWeights: Float64Array;
  /** γ = 0.99 */
  readonly gamma: number;
}

/**
 * Baird's counterexample (Baird, 1995) as in Sutton and Barto (2018, §11.2; S3.2): function approximation, bootstrapping and off-policy
 * learning together, the deadly triad.
 */
export function bairdCounterexample(): BairdCounterexample {
  const numStates = 7;
  const table = new TransitionTable({
    numStates,
    numActions: 2,
    initialDistribution: new Float64Array(numStates).fill(1 / numStates),
    outcomes: (_, action) =>
      action === 1
        ? [{ probability: 1, nextState: 6, reward: 0, terminated: false }]
        : Array.from({ length: 6 }, (_, nextState) => ({
            probability: 1 / 6,
            nextState,
            reward: 0,
            terminated: false,
          })),
  });
  const rows = Array.from({ length: numStates }, (_, state) =>
    Array.from({ length: 8 }, (_, i) => {
      if (i === 7) return state === 6 ? 2 : 1;
      return i === state ? (state === 6 ? 1 : 2) : 0;
    }),
  );
  return {
    table,
    features: new FeatureTable(new Discrete(numStates), { rows }),
    behaviour: Float64Array.from({ length: 2 * numStates }, (_, pair) => (pair % 2 === 0 ? 6 / 7 : 1 / 7)),
    target: Float64Array.from({ length: 2 * numStates }, (_, pair) => pair % 2),
    initialWeights: Float64Array.of(1, 1, 1, 1, 1, 1, 10, 1),
    gamma: 0.99,
  };
}
