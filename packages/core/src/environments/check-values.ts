import { checkArguments, positiveInteger, valueText } from '@gradus/tensor';
import { aSpace, text } from '../options/argument-checks.ts';
import { float32Problem } from './check-float32.ts';
import { EnvError } from '../errors.ts';
import { actionSpaceOf, type ActionArray, type LeafSpace, type Observation, type Space } from '../spaces/spaces.ts';
import { isNumbers } from '../spaces/space-methods.ts';

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
  const wrong = findWrong(actionSpaceOf(space), actions);
  if (wrong === -1) return;
  const row = Math.floor(wrong / space.size);
  const value = space.kind === 'discrete' ? actions[row] : actions.subarray(row * space.size, (row + 1) * space.size);
  checkValue(`action of environment ${row}`, space, value);
}

function describe(actions: unknown): string {
  return ArrayBuffer.isView(actions) && 'length' in actions
    ? `${actions.constructor.name}(${String(actions.length)})`
    : valueText(actions);
}

/** Index of the first number in `actions` that no action of `space` has, −1 if there is none. */
function findWrong(space: LeafSpace, actions: ActionArray): number {
  switch (space.kind) {
    case 'box': {
      const { low, high, size, dtype } = space;
      if (dtype !== 'float32') {
        return actions.findIndex((x, k) => !(Number.isInteger(x) && x >= low[k % size] && x <= high[k % size]));
      }
      // x − x is 0 for every finite x and NaN otherwise.
      for (let k = 0; k < actions.length; k++) if (actions[k] - actions[k] !== 0) return k;
      return -1;
    }
    case 'discrete': {
      const { start, n } = space;
      for (let k = 0; k < actions.length; k++) if (actions[k] < start || actions[k] >= start + n) return k;
      return -1;
    }
    case 'multi-discrete': {
      const { start, counts, size } = space;
      for (let k = 0; k < actions.length; k++) {
        const i = k % size;
        if (actions[k] < start[i] || actions[k] >= start[i] + counts[i]) return k;
      }
      return -1;
    }
    case 'multi-binary':
      for (let k = 0; k < actions.length; k++) if (actions[k] !== 0 && actions[k] !== 1) return k;
      return -1;
  }
}

function finiteProblem(size: number, value: unknown): string | undefined {
  if (!isNumbers(value)) return `is ${valueText(value)}, expected ${size} numbers in a Float32Array or number[]`;
  if (value.length !== size) return `has ${value.length} elements, expected ${size}`;
  for (let i = 0; i < size; i++) {
    const problem = float32Problem(value[i]);
    if (problem !== undefined) return `has ${valueText(value[i])} at [${i}], ${problem}`;
  }
  return undefined;
}
