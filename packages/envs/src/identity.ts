import { Discrete, aSpace, type ActionArray, type Dynamics, type RandomSource, type Space } from '@gradus/core';
import { envOptions } from './env-options.ts';

/** What may be changed about an identity environment. */
export interface IdentityOptions {
  /** The space of observations and of actions. Default `Discrete(2)`. */
  readonly space?: Space | undefined;
  /** Steps after which an episode is truncated. Default 100, as in Stable-Baselines3's tests. */
  readonly maxEpisodeSteps?: number | undefined;
}

/** How far a real action may lie from the observation, as in Stable-Baselines3's tests. */
const TOLERANCE = 0.05;

/**
 * The environment that any algorithm must solve within a few hundred steps: show a random member of a space, reward the action
 * that repeats it. Reward 1 for the same choice, for `MultiDiscrete` and `MultiBinary` only if all are the same, for `Box` if every number is
 * within 0.05; else 0. Never terminates. A `Box` needs finite bounds.
 */
export function identity(options: IdentityOptions = {}): Dynamics<'target'> {
  const { space = new Discrete(2), maxEpisodeSteps = 100 } = envOptions('identity', options, { space: aSpace });
  const { size } = space;
  const tolerance = space.kind === 'box' ? TOLERANCE : 0;

  const withinBounds = (action: number, element: number): number =>
    space.kind === 'box' ? Math.min(Math.max(action, space.low[element]), space.high[element]) : action;

  function drawTarget(target: Float64Array, index: number, random: RandomSource): void {
    const value = space.sample(random);
    if (typeof value === 'number') target[index] = value;
    else target.set(value, index * size);
  }

  return {
    observationSpace: space,
    actionSpace: space,
    variables: { target: size },
    maxEpisodeSteps,

    reset({ target }, index, random) {
      drawTarget(target, index, random);
    },

    step({ target }, actions: ActionArray, { rewards, terminated }, start, end, randoms) {
      for (let i = start; i < end; i++) {
        let repeated = true;
        for (let k = i * size; k < (i + 1) * size; k++) {
          if (Math.abs(withinBounds(actions[k], k - i * size) - target[k]) > tolerance) repeated = false;
        }
        rewards[i] = repeated ? 1 : 0;
        terminated[i] = 0;
        drawTarget(target, i, randoms[i]);
      }
    },

    observe({ target }, observations, start, end) {
      for (let k = start * size; k < end * size; k++) observations[k] = target[k];
    },
  };
}
