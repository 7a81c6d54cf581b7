import { TransitionTable, dynamicsFromTable, finiteNumber, positiveInteger, type Dynamics } from '@gradus/core';
import { envOptions } from './env-options.ts';
import { randomWalkFormat, renderRandomWalk } from './rendering/random-walk.ts';

/** What may be changed about a random walk. */
export interface RandomWalkOptions {
  /** n, the states between the two ends. Default 5 (Sutton and Barto, 2018, Example 6.2). */
  readonly numStates?: number | undefined;
  /** Longest jump to either side; all up to it are equally likely. Default 1. */
  readonly maxJump?: number | undefined;
  /** Reward for reaching the left end. Default 0. */
  readonly leftReward?: number | undefined;
  /** Reward for reaching the right end. Default 1. */
  readonly rightReward?: number | undefined;
  /** Steps after which an episode is truncated. Default none. */
  readonly maxEpisodeSteps?: number | undefined;
}

/**
 * The random walks on which Sutton and Barto (2018) compare ways to predict: from the middle of the states 1 … n, left or right at
 * random to an end, 0 or n + 1; there is one action, and no other reward than at the ends. Observation: the state. With steps of 1 the value
 * of state i is left + (right − left) · i / (n + 1).
 *
 * | book                | states | jumps   | rewards at the ends |
 * | ------------------- | ------ | ------- | ------------------- |
 * | Example 6.2         | 5      | 1       | 0 and 1             |
 * | Example 7.1         | 19     | 1       | −1 and 1            |
 * | Example 9.1         | 1000   | 1 – 100 | −1 and 1            |
 *
 * Throws `RangeError` unless the number of states and the longest jump are positive integers.
 */
export function randomWalk(options: RandomWalkOptions = {}): Dynamics<'state', Int32Array> {
  const {
    numStates = 5,
    maxJump = 1,
    leftReward = 0,
    rightReward = 1,
    maxEpisodeSteps,
  } = envOptions('randomWalk', options, {
    numStates: positiveInteger,
    maxJump: positiveInteger,
    leftReward: finiteNumber,
    rightReward: finiteNumber,
  });
  const rightEnd = numStates + 1;
  const start = Math.ceil(numStates / 2);
  const table = new TransitionTable({
    numStates: numStates + 2,
    numActions: 1,
    initialDistribution: Array.from({ length: numStates + 2 }, (_, state) => (state === start ? 1 : 0)),
    outcomes: (state) => {
      if (state === 0 || state === rightEnd) {
        return [{ probability: 1, nextState: state, reward: 0, terminated: true }];
      }
      return Array.from({ length: 2 * maxJump }, (_, k) => {
        const jump = k < maxJump ? k - maxJump : k - maxJump + 1;
        const nextState = Math.min(Math.max(state + jump, 0), rightEnd);
        return {
          probability: 1 / (2 * maxJump),
          nextState,
          reward: nextState === 0 ? leftReward : nextState === rightEnd ? rightReward : 0,
          terminated: nextState === 0 || nextState === rightEnd,
        };
      });
    },
  });
  return {
    ...dynamicsFromTable(table, { maxEpisodeSteps }),
    renderFormat: randomWalkFormat,
    render({ state }, i, context) {
      renderRandomWalk(context, state[i], numStates);
    },
  };
}
