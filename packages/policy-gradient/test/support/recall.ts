import { Box, Discrete, type Dynamics } from '@gradus/core';

/**
 * Recall: the first observation of an episode is a cue, (1, 0) or (0, 1), the following ones are (0, 0). In the last of `length` steps
 * the action is worth 1 if it is the number of the cue, else 0; other actions are worth nothing. Whoever does not remember gets ½ on
 * average, whatever it does.
 */
export function recall(length: number): Dynamics<'cue' | 'time', Int32Array> {
  return {
    observationSpace: new Box(0, 1, [2]),
    actionSpace: new Discrete(2),
    variables: { cue: 1, time: 1 },
    reset({ cue, time }, index, random) {
      cue[index] = random.integer(2);
      time[index] = 0;
    },
    step({ cue, time }, actions, { rewards, terminated }, start, end) {
      for (let i = start; i < end; i++) {
        time[i]++;
        terminated[i] = time[i] === length ? 1 : 0;
        rewards[i] = terminated[i] === 1 && actions[i] === cue[i] ? 1 : 0;
      }
    },
    observe({ cue, time }, observations, start, end) {
      for (let i = start; i < end; i++) {
        observations[2 * i] = time[i] === 0 && cue[i] === 0 ? 1 : 0;
        observations[2 * i + 1] = time[i] === 0 && cue[i] === 1 ? 1 : 0;
      }
    },
  };
}
