import { Random, type Policy, type TransitionTable } from '@gradus/core';

/** Draws actions from probabilities, [numStates × numActions]. */
export function tablePolicy({ numActions }: TransitionTable, probabilities: ArrayLike<number>, seed: number): Policy {
  const random = new Random(seed);
  return {
    act(state) {
      let left = random.nextFloat();
      for (let action = 0; action < numActions - 1; action++) {
        left -= probabilities[Number(state) * numActions + action];
        if (left < 0) return action;
      }
      return numActions - 1;
    },
  };
}
