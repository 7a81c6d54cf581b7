import { ReplayBuffer, type ReplayBatch } from '@gradus/core';
import { vi } from 'vitest';

/** One row of a minibatch. */
export interface Row {
  readonly observation: readonly number[];
  readonly action: readonly number[];
  /** Of all steps that the row takes in, discounted. */
  readonly reward: number;
  readonly nextObservation: readonly number[];
  /** The factor of the next observation's value. */
  readonly discount: number;
  /** The factor of the row's loss. */
  readonly weight: number;
}

/** A minibatch, and the key of what its update draws. */
export interface Minibatch {
  readonly rows: readonly Row[];
  readonly key: readonly number[];
}

/** Fills the list it returns with every minibatch that any agent draws, until `vi.restoreAllMocks()`. */
export function recordMinibatches(): Minibatch[] {
  const minibatches: Minibatch[] = [];
  const gather = Reflect.get(ReplayBuffer.prototype, 'gather');
  vi.spyOn(ReplayBuffer.prototype, 'gather').mockImplementation(function (
    this: ReplayBuffer,
    rows,
    batch: ReplayBatch & { readonly weights?: ArrayLike<number>; readonly key?: ArrayLike<number> },
  ) {
    gather.call(this, rows, batch);
    const rowOf = (values: ArrayLike<number>, i: number): number[] => {
      const width = values.length / rows.length;
      return Array.from({ length: width }, (_, j) => values[i * width + j]);
    };
    minibatches.push({
      // An update's key is written before its minibatch is drawn.
      key: Array.from(batch.key ?? []),
      rows: Array.from(rows, (_, i) => ({
        observation: rowOf(batch.observations, i),
        action: rowOf(batch.actions, i),
        reward: batch.rewards[i],
        nextObservation: rowOf(batch.nextObservations, i),
        discount: batch.discounts[i],
        weight: batch.weights?.[i] ?? 1,
      })),
    });
  });
  return minibatches;
}
