import { Discrete, type Env, type StepResult } from '@gradus/core';

/** States 0 and 1, with one step from 0 to 1, reward 10, which cuts the episode off or ends it. */
export function oneStepEnv(result: Partial<StepResult<number>>): Env<number, number> {
  return {
    observationSpace: new Discrete(2),
    actionSpace: new Discrete(2),
    reset: () => ({ observation: 0 }),
    step: () => ({ observation: 1, reward: 10, terminated: false, truncated: true, ...result }),
  };
}
