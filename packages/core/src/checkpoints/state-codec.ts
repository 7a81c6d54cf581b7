import { CheckpointError } from '../errors.ts';
import { isTypedArray, type StateDict, type StateValue, type TypedArray } from './state.ts';

/** A state as JSON, in which arrays are references to bytes. */
export interface EncodedState {
  readonly json: unknown;
  /** The numbers of all arrays, little-endian, each array aligned to 8 bytes, in pieces that follow each other: no copies. */
  readonly pieces: readonly Uint8Array[];
}

/** A state whose arrays are still to be filled. */
export interface DecodedState {
  readonly state: StateDict;
  /** The bytes of its arrays, and where among all bytes they come from, in ascending order. */
  readonly arrays: readonly PlacedBytes[];
}

/** Bytes that begin at `offset`. */
export interface PlacedBytes {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

const constructors = {
  Float32Array,
  Float64Array,
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint8ClampedArray,
  Uint16Array,
  Uint32Array,
};
const ALIGNMENT = 8;

/**
 * Splits `state` into JSON and bytes; `decodeState` gives it back exactly, NaN, infinities and −0 included. Throws `CheckpointError` with the path of what
 * could not be given back: anything but `null`, booleans, numbers, strings, lists, plain objects and typed arrays, and what contains itself.
 */
export function encodeState(state: StateDict): EncodedState {
  const pieces: Uint8Array[] = [];
  let size = 0;
  const parents = new Set<unknown>();
  const encode = (value: unknown, path: string): unknown => {
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
      return { $number: Object.is(value, -0) ? '-0' : String(value) };
    }
    if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
      return value;
    if (isTypedArray(value)) {
      const type = typeName(value);
      if (type === undefined) throw unsaved(path, value);
      const offset = size;
      const padding = -value.byteLength & (ALIGNMENT - 1);
      pieces.push(bytesOf(value));
      if (padding > 0) pieces.push(new Uint8Array(padding));
      size += value.byteLength + padding;
      return { $array: type, offset, length: value.length };
    }
    if (!Array.isArray(value) && !isPlain(value)) throw unsaved(path, value);
    if (parents.has(value)) throw new CheckpointError(`state '${path}': expected no object that contains itself`);
    parents.add(value);
    const encoded = Array.isArray(value)
      ? Array.from(value, (entry: unknown, i) => encode(entry, `${path}[${i}]`))
      : Object.fromEntries(
          Object.entries(value).map(([name, entry]) => {
            const own = path === '' ? name : `${path}.${name}`;
            if (name.startsWith('$')) {
              throw new CheckpointError(`state '${own}': expected a name that does not begin with $`);
            }
            return [name, encode(entry, own)];
          }),
        );
    parents.delete(value);
    return encoded;
  };
  return { json: encode(state, ''), pieces };
}

/** The name of the array's type; undefined for one of a kind that is not known. */
function typeName(array: TypedArray): keyof typeof constructors | undefined {
  const names = Object.keys(constructors) as (keyof typeof constructors)[];
  return names.find((name) => array instanceof constructors[name]);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Plain objects of other realms, such as those of a test runner, have a prototype of their own.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function unsaved(path: string, value: unknown): CheckpointError {
  const got = typeof value === 'object' && value !== null ? `an object of ${value.constructor.name}` : typeof value;
  return new CheckpointError(
    `state '${path}': expected null, a boolean, a number, a string, a list, a plain object or a typed array of numbers, got ${got}`,
  );
}

/**
 * The state that `encodeState` split into `json` and `size` bytes; whoever has the bytes fills its arrays with them.
 * Throws `CheckpointError` where the parts do not fit together.
 */
export function decodeState(json: unknown, size: number): DecodedState {
  const arrays: PlacedBytes[] = [];
  const decode = (value: unknown): StateValue => {
    if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
      return value;
    if (Array.isArray(value)) return value.map(decode);
    if (!isRecord(value)) throw new CheckpointError(`state: expected JSON, got ${typeof value}`);
    if ('$number' in value) return Number(value.$number);
    if ('$array' in value) {
      const { offset, array } = createArray(value, size);
      arrays.push({ offset, bytes: bytesOf(array) });
      return array;
    }
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, decode(entry)]));
  };
  if (!isRecord(json)) throw new CheckpointError('state: expected a JSON object');
  const state = Object.fromEntries(Object.entries(json).map(([name, entry]) => [name, decode(entry)]));
  return { state, arrays: arrays.sort((a, b) => a.offset - b.offset) };
}

function createArray(
  { $array: type, offset, length }: Record<string, unknown>,
  size: number,
): { readonly offset: number; readonly array: TypedArray } {
  if (
    typeof type !== 'string' ||
    !Object.hasOwn(constructors, type) ||
    typeof offset !== 'number' ||
    typeof length !== 'number'
  ) {
    throw new CheckpointError(`state: expected an array reference, got ${JSON.stringify({ type, offset, length })}`);
  }
  const constructor = constructors[type as keyof typeof constructors];
  const end = offset + length * constructor.BYTES_PER_ELEMENT;
  if (!(Number.isInteger(offset) && Number.isInteger(length) && offset >= 0 && length >= 0 && end <= size)) {
    throw new CheckpointError(`state: an array ends at byte ${end}, but there are only ${size}`);
  }
  return { offset, array: new constructor(length) };
}

function bytesOf({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
