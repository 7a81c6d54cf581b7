import { ReplayBuffer } from '@gradus/core';
import { vi } from 'vitest';
import type { Row } from './reference-dqn.ts';

/** Fills the list it returns with every minibatch that any agent samples, until `vi.restoreAllMocks()`. */
export function recordMinibatches(): Row[][] {
  const minibatches: Row[][] = [];
  const sample = Reflect.get(ReplayBuffer.prototype, 'sample');
  vi.spyOn(ReplayBuffer.prototype, 'sample').mockImplementation(function (this: ReplayBuffer, count, random, batch) {
    sample.call(this, count, random, batch);
    const rowOf = (values: ArrayLike<number>, i: number): number[] => {
      const width = values.length / count;
      return Array.from({ length: width }, (_, j) => values[i * width + j]);
    };
    minibatches.push(
      Array.from({ length: count }, (_, i) => ({
        observation: rowOf(batch.observations, i),
        action: batch.actions[i],
        reward: batch.rewards[i],
        nextObservation: rowOf(batch.nextObservations, i),
        terminated: batch.terminated[i] === 1,
      })),
    );
  });
  return minibatches;
}
