import { checkArguments, positiveInteger, valueText } from '@gradus/tensor';
import { aSpace, text } from '../options/argument-checks.ts';
import { checkFiniteRows, float32Problem, isFinite32 } from './check-float32.ts';
import { EnvError } from '../errors.ts';
import {
  actionSpaceOf,
  spaceLeaves,
  type ActionArray,
  type LeafSpace,
  type Observation,
  type Space,
} from '../spaces/spaces.ts';
import type { Discrete } from '../spaces/discrete.ts';
import { isNumbers, wrongLength } from '../spaces/space-methods.ts';

/**
 * Throws `EnvError` unless `value` has the shape of `space` and is finite, and, where the space is discrete or of whole numbers, belongs to it.
 * The bounds of a float32 `Box` are not checked: Gymnasium's environments clip actions themselves, and stated observation bounds are
 * often only nominal. `name` begins the message.
 */
export function checkValue(name: string, space: Space, value: Observation): void {
  if (typeof name !== 'string' || !aSpace.accepts(space)) {
    checkArguments('checkValue', { name, space }, { name: text, space: aSpace });
  }
  const problem = valueProblem(space, value);
  if (problem !== undefined) throw new EnvError(`${name} ${problem}`);
}

function valueProblem(space: Space, value: unknown): string | undefined {
  if (space.kind === 'dict') return space.partProblem(value, valueProblem);
  return space.kind === 'box' && space.dtype === 'float32' ? finiteProblem(space.size, value) : space.problem(value);
}

/**
 * Throws `EnvError` unless `actions`, [n × action size], is of the array type and length that n environments with this action
 * space need, all finite, and, where the space is discrete, all in the space.
 */
export function checkActions(space: Space, actions: ActionArray, n: number): void {
  if (typeof n !== 'number' || !aSpace.accepts(space)) {
    checkArguments('checkActions', { space, n }, { space: aSpace, n: positiveInteger });
  }
  const length = n * space.size;
  const fits = space.kind === 'box' ? actions instanceof Float32Array : actions instanceof Int32Array;
  if (!fits || actions.length !== length) {
    const expected = space.kind === 'box' ? 'Float32Array' : 'Int32Array';
    throw new EnvError(`actions are ${describe(actions)}, expected ${expected}(${length})`);
  }
  const wrong = findOutside(actionSpaceOf(space), actions);
  if (wrong !== undefined) throw new EnvError(`action of environment ${wrong.row} ${wrong.problem}`);
}

/**
 * Throws `EnvError` for actions [n × action size], in an array of any type, that memory made by `createActions` would not keep as they are: that are not finite, or, where
 * the space is discrete, not in it.
 */
export function checkKeptActions(space: Space, actions: ArrayLike<number>): void {
  if (space.kind === 'box') {
    checkFiniteRows('action', actions, space.size);
    return;
  }
  const wrong = findOutside(space, actions);
  if (wrong !== undefined) throw new EnvError(`action of environment ${wrong.row} ${wrong.problem}`);
}

/** Of the first of rows [n × space.size] that are not as `checkValue` wants them: which it is, and what is wrong with it. */
export function findOutside(
  space: Space,
  rows: ArrayLike<number>,
): { readonly row: number; readonly problem: string } | undefined {
  const { size } = space;
  const wrong =
    space.kind === 'dict'
      ? spaceLeaves(space).reduce(
          (found, leaf) => (found === -1 ? findWrong(leaf.space, rows, leaf.start, size) : found),
          -1,
        )
      : findWrong(space, rows, 0, size);
  if (wrong === -1) return undefined;
  const row = Math.floor(wrong / size);
  const member = Array.from({ length: size }, (_, i) => rows[row * size + i]);
  return { row, problem: valueProblem(space, space.kind === 'discrete' ? member[0] : member) ?? '' };
}

function describe(actions: unknown): string {
  return ArrayBuffer.isView(actions) && 'length' in actions
    ? `${actions.constructor.name}(${String(actions.length)})`
    : valueText(actions);
}

/** Index of the first number in `rows`, which lie `step` apart and begin at `first`, that no member of `space` has there, −1 if there is none. */
function findWrong(space: LeafSpace, rows: ArrayLike<number>, first: number, step: number): number {
  const { size } = space;
  if (space.kind === 'discrete' && rows instanceof Int32Array) return findOutsideInteger(space, rows, first, step);
  for (let row = first; row < rows.length; row += step) {
    for (let i = 0; i < size; i++) if (!isFit(space, rows[row + i], i)) return row + i;
  }
  return -1;
}

/** The same for choices that are known to be whole numbers: those of actions are looked at in every step. */
function findOutsideInteger({ start, n }: Discrete, rows: Int32Array, first: number, step: number): number {
  const end = start + n;
  for (let row = first; row < rows.length; row += step) if (rows[row] < start || rows[row] >= end) return row;
  return -1;
}

function isFit(space: LeafSpace, x: number, i: number): boolean {
  switch (space.kind) {
    case 'box':
      // x − x is 0 for every finite x and NaN otherwise.
      if (space.dtype === 'float32') return typeof x === 'number' && x - x === 0;
      return Number.isInteger(x) && x >= space.low[i] && x <= space.high[i];
    case 'discrete':
      return Number.isInteger(x) && x >= space.start && x < space.start + space.n;
    case 'multi-discrete':
      return Number.isInteger(x) && x >= space.start[i] && x < space.start[i] + space.counts[i];
    case 'multi-binary':
      return x === 0 || x === 1;
  }
}

function finiteProblem(size: number, value: unknown): string | undefined {
  if (!isNumbers(value))
    return `is ${valueText(value)}, expected ${size === 1 ? 'a number' : `${size} numbers`} in a Float32Array or number[]`;
  if (value.length !== size) return wrongLength(value, size);
  if (value instanceof Float32Array && isFinite32(value)) return undefined;
  for (let i = 0; i < size; i++) {
    const problem = float32Problem(value[i]);
    if (problem !== undefined) return `has ${valueText(value[i])} at [${i}], ${problem}`;
  }
  return undefined;
}
