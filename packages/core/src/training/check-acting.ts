import { checkOptions, flag, optional, valueText } from '@gradus/tensor';
import type { ActOptions } from './agent.ts';
import { checkFiniteRows } from '../environments/check-float32.ts';
import { findOutside } from '../environments/check-values.ts';
import { numberList } from '../options/argument-checks.ts';
import { type ActionArray, type Observation, type Space } from '../spaces/spaces.ts';
import { sizeProblem } from '../spaces/dict.ts';

const checks = {
  deterministic: optional(flag),
  actionMasks: optional(numberList),
  episodeStarts: optional(numberList),
  isNormalized: optional(flag),
};

/** Looks at every step's options, so only what is wrong takes the way that makes objects and finds the words. */
function checkActOptions(subject: string, options: ActOptions): void {
  if (!areRight(options)) checkOptions(subject, options, checks);
}

function areRight(options: ActOptions): boolean {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return false;
  for (const name in options) if (!(name in checks)) return false;
  const { deterministic, actionMasks, episodeStarts, isNormalized } = options;
  const areFlags = checks.deterministic.accepts(deterministic) && checks.isNormalized.accepts(isNormalized);
  return areFlags && areMasks(actionMasks) && areMasks(episodeStarts);
}

function areMasks(masks: ArrayLike<number> | undefined): boolean {
  return masks === undefined || numberList.accepts(masks);
}

/** Throws `RangeError` for what `act` cannot be given: an observation of another size, options that are none. */
export function checkActing(space: Space, observation: Observation, options: ActOptions): void {
  checkActOptions('act', options);
  if (typeof observation === 'number' || numberList.accepts(observation)) {
    const length = typeof observation === 'number' ? 1 : (observation as ArrayLike<number>).length;
    if (length !== space.size) throw new RangeError(`observation has ${length} elements, expected ${space.size}`);
    return;
  }
  const problem = space.kind === 'dict' ? sizeProblem(space, observation) : undefined;
  if (problem !== undefined) throw new RangeError(`observation ${problem}`);
  if (space.kind === 'dict') return;
  throw new RangeError(`act: expected an observation of ${space.toString()}, got ${valueText(observation)}`);
}

/** Throws `EnvError` for rows [n × space.size] with a number that is not finite, and `RangeError` where one is not in a space that is discrete or of whole numbers. */
export function checkObservations(space: Space, rows: ArrayLike<number>): void {
  if (space.kind === 'box' && space.dtype === 'float32') {
    checkFiniteRows('observation', rows, space.size);
    return;
  }
  const wrong = findOutside(space, rows);
  if (wrong === undefined) return;
  const name = rows.length === space.size ? 'observation' : `observation of environment ${wrong.row}`;
  throw new RangeError(`${name} ${wrong.problem}`);
}

/** The same for `actBatch`: observations [n × observation size] and actions [n × action size]. Throws for rows as {@link checkObservations} does. */
export function checkActingTogether(
  { observationSpace, actionSpace }: { readonly observationSpace: Space; readonly actionSpace: Space },
  observations: Float32Array,
  actions: ActionArray,
  options: ActOptions,
): void {
  checkActOptions('actBatch', options);
  const { size } = observationSpace;
  if (!(observations instanceof Float32Array) || observations.length === 0 || observations.length % size !== 0) {
    throw new RangeError(
      `actBatch: expected observations to be a Float32Array of rows of ${size}, got ${valueText(observations)}`,
    );
  }
  const expected = (observations.length / size) * actionSpace.size;
  const isRight = actionSpace.kind === 'box' ? actions instanceof Float32Array : actions instanceof Int32Array;
  if (isRight && actions.length === expected) {
    checkObservations(observationSpace, observations);
    return;
  }
  const name = actionSpace.kind === 'box' ? 'Float32Array' : 'Int32Array';
  throw new RangeError(`actBatch: expected actions to be a ${name} of ${expected}, got ${valueText(actions)}`);
}
