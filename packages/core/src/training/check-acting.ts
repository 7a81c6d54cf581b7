import { checkOptions, flag, optional, valueText } from '@gradus/tensor';
import type { ActOptions } from './agent.ts';
import { numberList } from '../options/argument-checks.ts';
import type { ActionArray, Space, SpaceValue } from '../spaces/spaces.ts';

const checks = {
  deterministic: optional(flag),
  actionMasks: optional(numberList),
  episodeStarts: optional(numberList),
};

/** Throws `RangeError` for what `act` cannot be given: an observation of another size, options that are none. */
export function checkActing(space: Space, observation: SpaceValue, options: ActOptions): void {
  checkOptions('act', options, checks);
  const isOne = typeof observation === 'number' || numberList.accepts(observation);
  if (!isOne)
    throw new RangeError(`act: expected an observation of ${space.toString()}, got ${valueText(observation)}`);
  const length = typeof observation === 'number' ? 1 : observation.length;
  if (length !== space.size) throw new RangeError(`observation has ${length} elements, expected ${space.size}`);
}

/** The same for `actBatch`: observations [n × observation size] and actions [n × action size]. */
export function checkActingTogether(
  { observationSpace, actionSpace }: { readonly observationSpace: Space; readonly actionSpace: Space },
  observations: Float32Array,
  actions: ActionArray,
  options: ActOptions,
): void {
  checkOptions('actBatch', options, checks);
  if (!(observations instanceof Float32Array) || observations.length % observationSpace.size !== 0) {
    throw new RangeError(
      `actBatch: expected observations to be a Float32Array of rows of ${observationSpace.size}, got ${valueText(observations)}`,
    );
  }
  const expected = (observations.length / observationSpace.size) * actionSpace.size;
  const isRight = actionSpace.kind === 'box' ? actions instanceof Float32Array : actions instanceof Int32Array;
  if (isRight && actions.length === expected) return;
  const name = actionSpace.kind === 'box' ? 'Float32Array' : 'Int32Array';
  throw new RangeError(`actBatch: expected actions to be a ${name} of ${expected}, got ${valueText(actions)}`);
}
