import { Box, type Env, type Space } from '@gradus/core';

/** One state, in which any action is worth 1 and ends the episode, by termination or by a time limit. */
export function oneStep(ends: 'terminated' | 'truncated', actionSpace: Space): Env {
  const flags = { terminated: ends === 'terminated', truncated: ends === 'truncated' };
  return {
    observationSpace: new Box(-1, 1, [1]),
    actionSpace,
    reset: () => ({ observation: [0.5] }),
    step: () => ({ observation: [0.5], reward: 1, ...flags }),
  };
}
