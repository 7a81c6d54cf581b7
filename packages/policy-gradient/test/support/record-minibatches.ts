import { RolloutBuffer } from '@gradus/core';
import { vi } from 'vitest';
import type { Row } from './reference-ppo.ts';

/** The inputs of one minibatch step. */
export interface Minibatch {
  readonly rows: readonly Row[];
  readonly learningRate: number;
  readonly clipRange: number;
  readonly clipRangeValue: number;
  readonly klCoefficient: number;
}

/** Fills the list it returns with the inputs of every minibatch step of every agent, until `vi.restoreAllMocks()`. */
export function recordMinibatches(): Minibatch[] {
  const minibatches: Minibatch[] = [];
  const gather = Reflect.get(RolloutBuffer.prototype, 'gather');
  vi.spyOn(RolloutBuffer.prototype, 'gather').mockImplementation(function (this: RolloutBuffer, start, end, batch) {
    gather.call(this, start, end, batch);
    // What only looks at a round has no learning rate.
    if ('learningRate' in batch) minibatches.push(copy(batch as Inputs, end - start));
  });
  return minibatches;
}

type Inputs = Readonly<
  Record<
    | 'observations'
    | 'actions'
    | 'logProbabilities'
    | 'values'
    | 'advantages'
    | 'returns'
    | keyof Omit<Minibatch, 'rows' | 'klCoefficient'>,
    Float32Array
  >
> &
  Readonly<Partial<Record<'actionMasks' | 'klCoefficient', Float32Array | Uint8Array>>>;

function copy(inputs: Inputs, count: number): Minibatch {
  const rowOf = (values: Float32Array | Uint8Array, i: number): number[] => {
    const width = values.length / count;
    return [...values.subarray(i * width, (i + 1) * width)];
  };
  return {
    rows: Array.from({ length: count }, (_, i) => ({
      observation: rowOf(inputs.observations, i),
      action: rowOf(inputs.actions, i),
      logProbability: inputs.logProbabilities[i],
      value: inputs.values[i],
      advantage: inputs.advantages[i],
      return: inputs.returns[i],
      mask: inputs.actionMasks && rowOf(inputs.actionMasks, i),
    })),
    learningRate: inputs.learningRate[0],
    clipRange: inputs.clipRange[0],
    clipRangeValue: inputs.clipRangeValue[0],
    klCoefficient: inputs.klCoefficient?.[0] ?? 0,
  };
}
