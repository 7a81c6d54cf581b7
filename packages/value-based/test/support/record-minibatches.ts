import { ReplayBuffer, type ReplayBatch } from '@gradus/core';
import { vi } from 'vitest';
import type { Row } from './reference-dqn.ts';

/** Fills the list it returns with every minibatch that any agent draws, from whatever buffer, until `vi.restoreAllMocks()`. */
export function recordMinibatches(): Row[][] {
  const minibatches: Row[][] = [];
  const gather = Reflect.get(ReplayBuffer.prototype, 'gather');
  vi.spyOn(ReplayBuffer.prototype, 'gather').mockImplementation(function (
    this: ReplayBuffer,
    rows,
    batch: ReplayBatch & { readonly weights?: ArrayLike<number> },
  ) {
    gather.call(this, rows, batch);
    const rowOf = (values: ArrayLike<number>, i: number): number[] => {
      const width = values.length / rows.length;
      return Array.from({ length: width }, (_, j) => values[i * width + j]);
    };
    minibatches.push(
      Array.from(rows, (_, i) => ({
        observation: rowOf(batch.observations, i),
        action: batch.actions[i],
        reward: batch.rewards[i],
        nextObservation: rowOf(batch.nextObservations, i),
        discount: batch.discounts[i],
        weight: batch.weights?.[i] ?? 1,
      })),
    );
  });
  return minibatches;
}
