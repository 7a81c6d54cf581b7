import { checkArguments, naturalNumber, valueText, type OptionCheck } from '@gradus/tensor';
import { text } from '../options/argument-checks.ts';
import { CheckpointError } from '../errors.ts';

/** The typed arrays that a state may hold. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array;

/**
 * Whatever a state may hold: JSON values (with NaN and infinities) and typed arrays, nested at will. Saving refuses all else, such as `undefined`, a
 * `Map` or an object of a class, since it could not be given back.
 */
export type StateValue = null | boolean | number | string | TypedArray | readonly StateValue[] | StateDict;

/** A snapshot of something that has state: plain data that a checkpoint can store. */
export interface StateDict {
  readonly [name: string]: StateValue;
}

/** Something whose state can be taken out and put back, exactly. */
export interface Stateful {
  /** A snapshot that later changes do not touch. */
  getState(): StateDict;
  /** Puts a snapshot back. Throws `CheckpointError` where it does not fit. */
  setState(state: StateDict): void;
}

/** The number stored as `name`. Throws `CheckpointError` where there is none. */
export function readNumber(state: StateDict, name: string): number {
  const value = entryOf(state, name);
  if (typeof value !== 'number') throw mismatch(name, 'a number', value);
  return value;
}

/** The string stored as `name`. Throws `CheckpointError` where there is none. */
export function readString(state: StateDict, name: string): string {
  const value = entryOf(state, name);
  if (typeof value !== 'string') throw mismatch(name, 'a string', value);
  return value;
}

/** The nested state stored as `name`. Throws `CheckpointError` where there is none. */
export function readState(state: StateDict, name: string): StateDict {
  return asState(entryOf(state, name), name);
}

/** The list of nested states stored as `name`. Throws `CheckpointError` where there is none, or not of `length` entries. */
export function readStates(state: StateDict, name: string, length: number): readonly StateDict[] {
  checkArguments('readStates', { length }, { length: naturalNumber });
  const value = entryOf(state, name);
  if (!isList(value) || value.length !== length) throw mismatch(name, `a list of ${length} states`, value);
  return value.map((entry, index) => asState(entry, `${name}[${index}]`));
}

/** Copies the array stored as `name` into `target`. Throws `CheckpointError` where its type or length differs. */
export function restoreArray(state: StateDict, name: string, target: TypedArray): void {
  checkArguments('restoreArray', { target }, { target: aTypedArray });
  const value = entryOf(state, name);
  if (!isTypedArray(value) || value.constructor !== target.constructor || value.length !== target.length) {
    throw mismatch(name, describe(target), value);
  }
  target.set(value);
}

/** Whether `value` is one of the typed arrays that a state may hold. */
export function isTypedArray(value: unknown): value is TypedArray {
  return (
    ArrayBuffer.isView(value) &&
    !(value instanceof DataView || value instanceof BigInt64Array || value instanceof BigUint64Array)
  );
}

const aTypedArray: OptionCheck = { expected: 'a typed array', accepts: isTypedArray };

function entryOf(state: StateDict, name: string): StateValue | undefined {
  checkArguments('state', { name }, { name: text });
  if (typeof state !== 'object' || state === null) {
    throw new CheckpointError(`state: expected an object with '${name}', got ${valueText(state)}`);
  }
  return state[name];
}

function asState(value: StateValue | undefined, name: string): StateDict {
  if (typeof value !== 'object' || value === null || isTypedArray(value) || isList(value)) {
    throw mismatch(name, 'a state', value);
  }
  return value;
}

/** `Array.isArray` that keeps the element type of a readonly array. */
function isList(value: StateValue | undefined): value is readonly StateValue[] {
  return Array.isArray(value);
}

function mismatch(name: string, expected: string, value: StateValue | undefined): CheckpointError {
  return new CheckpointError(`state '${name}': expected ${expected}, got ${describe(value)}`);
}

function describe(value: StateValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (isTypedArray(value)) return `${value.constructor.name}(${value.length})`;
  if (isList(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a state';
  return valueText(value);
}
