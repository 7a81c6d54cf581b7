import { Box, Discrete } from '../src/spaces/spaces.ts';
import type { Dynamics } from '../src/environments/dynamics.ts';

/**
 * An environment in which everything is known: the count starts at a random integer in [0, 10), each step adds the action, and the
 * episode terminates at 20 or more. Reward: the count. Observation: the count and its square.
 */
export function counting(maxEpisodeSteps?: number): Dynamics<'count', Int32Array> {
  return {
    observationSpace: new Box(0, Infinity, [2]),
    actionSpace: new Discrete(3),
    variables: { count: 1 },
    maxEpisodeSteps,
    reset({ count }, index, random) {
      count[index] = random.integer(10);
    },
    step({ count }, actions, { rewards, terminated }, start, end) {
      for (let i = start; i < end; i++) {
        count[i] += actions[i];
        rewards[i] = count[i];
        terminated[i] = count[i] >= 20 ? 1 : 0;
      }
    },
    observe({ count }, observations, start, end) {
      for (let i = start; i < end; i++) {
        observations[2 * i] = count[i];
        observations[2 * i + 1] = count[i] ** 2;
      }
    },
  };
}
