import {
  Discrete,
  checkOptions,
  finiteNumber,
  nonNegativeNumber,
  optional,
  type Dynamics,
  type OptionCheck,
} from '@gradus/core';

/** What may be changed about a contextual bandit. */
export interface ContextualBanditOptions {
  /** Row c: the mean reward of each arm in context c. Default [[10, 20], [90, 80]] (Sutton and Barto, 2018, Exercise 2.10). */
  readonly values?: readonly (readonly number[])[] | undefined;
  /** Standard deviation of the normal noise on rewards. Default 1, as in the testbed of §2.3 there. */
  readonly noise?: number | undefined;
}

const rowsOfNumbers: OptionCheck = {
  expected: 'rows of equal length of finite numbers',
  accepts: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(
      (row: unknown, _, [first]: unknown[]) =>
        Array.isArray(row) &&
        row.length > 0 &&
        row.length === (first as readonly unknown[]).length &&
        row.every(finiteNumber.accepts),
    ),
};

/**
 * A contextual bandit (S5.6; Sutton and Barto, 2018, §2.9): see a context, each as likely as the others, and choose an arm; that is the
 * whole episode. Reward: the arm's value in that context plus noise. By default the two cases of Exercise 2.10: who tells them
 * apart can get 55 on average, who does not 50. Throws `RangeError` unless `values` has rows of the same length and finite numbers.
 */
export function contextualBandit(options: ContextualBanditOptions = {}): Dynamics<'context', Int32Array> {
  checkOptions('contextualBandit', options, { values: optional(rowsOfNumbers), noise: optional(nonNegativeNumber) });
  const {
    values = [
      [10, 20],
      [90, 80],
    ],
    noise = 1,
  } = options;
  const numContexts = values.length;
  const numArms = values[0].length;
  const means = Float64Array.from(values.flat());

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
