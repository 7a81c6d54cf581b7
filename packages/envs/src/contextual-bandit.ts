import { Discrete, type Dynamics } from '@gradus/core';

/** What may be changed about a contextual bandit. */
export interface ContextualBanditOptions {
  /** Row c: the mean reward of each arm in context c. Default [[10, 20], [90, 80]] (Sutton and Barto, 2018, Exercise 2.10). */
  readonly values?: readonly (readonly number[])[] | undefined;
  /** Standard deviation of the normal noise on rewards. Default 1, as in the testbed of §2.3 there. */
  readonly noise?: number | undefined;
}

/**
 * A contextual bandit (S5.6; Sutton and Barto, 2018, §2.9): see a context, each as likely as the others, and choose an arm; that is the
 * whole episode. Reward: the arm's value in that context plus noise. By default the two cases of Exercise 2.10: who tells them
 * apart can get 55 on average, who does not 50. Throws `RangeError` unless `values` has rows of the same length and finite numbers.
 */
export function contextualBandit({
  values = [
    [10, 20],
    [90, 80],
  ],
  noise = 1,
}: ContextualBanditOptions = {}): Dynamics<'context', Int32Array> {
  const numContexts = values.length;
  const numArms = numContexts > 0 ? values[0].length : 0;
  const means = Float64Array.from(values.flat());
  if (numArms === 0 || values.some((row) => row.length !== numArms) || !means.every(Number.isFinite)) {
    throw new RangeError(`values: expected rows of equal length of finite numbers, got ${JSON.stringify(values)}`);
  }
  if (!(noise >= 0 && noise < Infinity)) throw new RangeError(`noise: expected a number of at least 0, got ${noise}`);

  return {
    observationSpace: new Discrete(numContexts),
    actionSpace: new Discrete(numArms),
    variables: { context: 1 },

    reset({ context }, index, random) {
      context[index] = random.integer(numContexts);
    },

    step({ context }, actions, { rewards, terminated }, start, end, randoms) {
      for (let i = start; i < end; i++) {
        rewards[i] = means[context[i] * numArms + actions[i]] + noise * randoms[i].normal();
        terminated[i] = 1;
      }
    },

    observe({ context }, observations, start, end) {
      for (let i = start; i < end; i++) observations[i] = context[i];
    },
  };
}
