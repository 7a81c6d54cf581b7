import { Box, Discrete, readNumber, type Env, type Space, type Stateful } from '@gradus/core';

/** One step of a script. */
export interface ScriptedStep {
  readonly observation: number[];
  readonly reward?: number;
  readonly terminated?: boolean;
  readonly truncated?: boolean;
}

/** What a script may leave out. */
export interface ScriptOptions {
  readonly observationSpace?: Space;
  readonly actionSpace?: Space;
  /** First observation of every episode, [0] by default. */
  readonly first?: number[];
}

/** An environment that plays `steps` in order, over all episodes and round and round, and remembers the actions it was given. */
export function scriptedEnv(
  steps: readonly ScriptedStep[],
  { observationSpace = new Box(-100, 100, [1]), actionSpace = new Discrete(2), first = [0] }: ScriptOptions = {},
): Env & Stateful & { readonly actions: unknown[] } {
  let next = 0;
  const actions: unknown[] = [];
  return {
    observationSpace,
    actionSpace,
    actions,
    reset({ seed } = {}) {
      if (seed !== undefined) next = 0;
      return { observation: first };
    },
    step(action) {
      actions.push(action);
      const { observation, reward = 0, terminated = false, truncated = false } = steps[next++ % steps.length];
      return { observation, reward, terminated, truncated };
    },
    getState: () => ({ next }),
    setState: (state) => {
      next = readNumber(state, 'next');
    },
  };
}
