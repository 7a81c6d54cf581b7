import { checkArguments, naturalNumber, valueText } from '@gradus/tensor';
import { aSpace } from '../options/argument-checks.ts';
import type { Observation, Space } from './dict.ts';
import type { LeafSpace } from './space-leaves.ts';
import { isNumbers, type SpaceValue } from './space-methods.ts';

export { Box, type BoxDtype, type BoxOptions } from './box.ts';
export {
  Dict,
  type DictPart,
  type NamedValues,
  type NamedViews,
  type Observation,
  type PartView,
  type Parts,
  type Space,
} from './dict.ts';
export { Discrete } from './discrete.ts';
export { MultiBinary } from './multi-binary.ts';
export { MultiDiscrete } from './multi-discrete.ts';
export { spaceFromJson } from './space-from-json.ts';
export {
  elementChoices,
  isNumeric,
  spaceBounds,
  spaceLeaves,
  type ElementChoices,
  type LeafSpace,
  type SpaceLeaf,
} from './space-leaves.ts';
export type { SpaceJson, SpaceJsonValue, SpaceValue } from './space-methods.ts';

/** Actions of several environments, [n × size of the space]: float32 for `Box`, int32 for the discrete spaces. */
export type ActionArray = Float32Array | Int32Array;

/** `space`, if actions may be in it. Throws `RangeError` for a `Dict`: an action is one flat array, or one number. */
export function actionSpaceOf(space: Space): LeafSpace {
  if (space.kind !== 'dict') return space;
  throw new RangeError(`actionSpace: expected a Box, Discrete, MultiDiscrete or MultiBinary, got ${space.toString()}`);
}

/** Memory for the actions of `n` environments, in the type that the action space calls for. Throws `RangeError` for a `Dict`. */
export function createActions(space: Space, n: number): ActionArray {
  checkArguments('createActions', { space, n }, { space: aSpace, n: naturalNumber });
  return actionSpaceOf(space).kind === 'box' ? new Float32Array(n * space.size) : new Int32Array(n * space.size);
}

/** Copies member `value` of `space` into row `row` of `target`, [rows × space.size]. */
export function writeRow(space: Space, value: Observation, target: ActionArray, row: number): void {
  if (typeof value === 'number') target[row] = value;
  else if (isNumbers(value)) target.set(value, row * space.size);
  else if (space.kind === 'dict') space.write(value, target, row * space.size);
  else throw new RangeError(`value: expected a member of ${space.toString()}, got ${valueText(value)}`);
}

/** The member of `space` in row `row` of `source`, [rows × space.size]: a copy. */
export function readRow(space: Space, source: ActionArray, row: number): SpaceValue {
  return space.kind === 'discrete' ? source[row] : source.slice(row * space.size, (row + 1) * space.size);
}

/** The numbers of a member of any space, `space.size` of them: of one given by names in the order of the `Dict`'s layout. */
export function numbersOf(space: Space, value: Observation): ArrayLike<number> {
  if (typeof value === 'number') return [value];
  if (isNumbers(value)) return value;
  const numbers = new Float32Array(space.size);
  writeRow(space, value, numbers, 0);
  return numbers;
}
