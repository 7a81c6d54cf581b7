import { RolloutBuffer } from '@gradus/core';
import { vi } from 'vitest';
import type { Row } from './reference-ppo.ts';

/** Fills the list it returns with the transitions of every round of every agent, until `vi.restoreAllMocks()`. */
export function recordRounds(): Row[][] {
  const rounds: Row[][] = [];
  const finish = Reflect.get(RolloutBuffer.prototype, 'finish');
  vi.spyOn(RolloutBuffer.prototype, 'finish').mockImplementation(function (this: RolloutBuffer, ...args) {
    finish.apply(this, args);
    rounds.push(rowsOf(this));
  });
  return rounds;
}

function rowsOf(buffer: RolloutBuffer): Row[] {
  const row = (values: ArrayLike<number>, width: number, i: number): number[] =>
    Array.from({ length: width }, (_, k) => values[i * width + k]);
  return Array.from({ length: buffer.size }, (_, i) => ({
    observation: row(buffer.observations, buffer.observationSize, i),
    action: row(buffer.actions, buffer.actionSize, i),
    logProbability: buffer.logProbabilities[i],
    value: buffer.values[i],
    advantage: buffer.advantages[i],
    return: buffer.returns[i],
  }));
}
