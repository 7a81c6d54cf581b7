import { Discrete, positiveInteger, type Dynamics } from '@gradus/core';
import { envOptions } from './env-options.ts';

/** What may be changed about a bandit. */
export interface BanditOptions {
  /** k. Default 10. */
  readonly numArms?: number | undefined;
  /** Steps after which an episode is truncated, and with it the problem replaced by another. Default 1000. */
  readonly maxEpisodeSteps?: number | undefined;
}

/**
 * The k-armed testbed (Sutton and Barto, 2018, §2.3): each episode is one bandit problem. Its arms' values q*(a) are drawn from a
 * standard normal distribution and stay; pulling arm a gives a reward from a normal distribution around q*(a) with variance 1. There is
 * nothing to see: the observation is always 0. Never terminates.
 *
 * To score choices by the best arm, read the variable `values`, [n × numArms], in the `state` of `getState()`.
 * Throws `RangeError` unless `numArms` is a positive integer.
 */
export function bandit(options: BanditOptions = {}): Dynamics<'values', Int32Array> {
  const { numArms = 10, maxEpisodeSteps = 1000 } = envOptions('bandit', options, { numArms: positiveInteger });
  return {
    observationSpace: new Discrete(1),
    actionSpace: new Discrete(numArms),
    variables: { values: numArms },
    maxEpisodeSteps,

    reset({ values }, index, random) {
      for (let arm = 0; arm < numArms; arm++) values[index * numArms + arm] = random.normal();
    },

    step({ values }, actions, { rewards, terminated }, start, end, randoms) {
      for (let i = start; i < end; i++) {
        rewards[i] = values[i * numArms + actions[i]] + randoms[i].normal();
        terminated[i] = 0;
      }
    },

    observe(_, observations, start, end) {
      observations.fill(0, start, end);
    },
  };
}
