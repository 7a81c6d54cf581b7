import { RolloutBuffer } from '@gradus/core';
import { vi } from 'vitest';
import type { ReturnRow } from './reference-pqn.ts';

/** Fills the list it returns with every minibatch of returns that any agent learns from, until `vi.restoreAllMocks()`. */
export function recordReturns(): ReturnRow[][] {
  const minibatches: ReturnRow[][] = [];
  const gather = Reflect.get(RolloutBuffer.prototype, 'gather');
  vi.spyOn(RolloutBuffer.prototype, 'gather').mockImplementation(function (this: RolloutBuffer, start, end, batch) {
    gather.call(this, start, end, batch);
    const { observations, actions, returns } = batch;
    if (!observations || !actions || !returns) throw new Error('expected observations, actions and returns');
    const width = observations.length / returns.length;
    minibatches.push(
      Array.from(returns, (value, i) => ({
        observation: Array.from(observations.slice(i * width, (i + 1) * width)),
        action: actions[i],
        return: value,
      })),
    );
  });
  return minibatches;
}
