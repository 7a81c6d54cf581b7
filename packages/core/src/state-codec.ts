import { CheckpointError } from './errors.ts';
import { isTypedArray, type StateDict, type StateValue, type TypedArray } from './state.ts';

/** A state as JSON, in which arrays are references into `binary`. */
export interface EncodedState {
  readonly json: unknown;
  /** The numbers of all arrays, little-endian, each array aligned to 8 bytes. */
  readonly binary: Uint8Array;
}

const constructors = { Float32Array, Float64Array, Int32Array, Uint32Array, Uint8Array };
const ALIGNMENT = 8;

/** Splits `state` into JSON and bytes; `decodeState` gives it back exactly, NaN, infinities and −0 included. */
export function encodeState(state: StateDict): EncodedState {
  const arrays: { readonly array: TypedArray; readonly offset: number }[] = [];
  let size = 0;
  const encode = (value: StateValue): unknown => {
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
      return { $number: Object.is(value, -0) ? '-0' : String(value) };
    }
    if (typeof value !== 'object' || value === null) return value;
    if (isTypedArray(value)) {
      const offset = size;
      arrays.push({ array: value, offset });
      size += Math.ceil(value.byteLength / ALIGNMENT) * ALIGNMENT;
      return { $array: value.constructor.name, offset, length: value.length };
    }
    if (isList(value)) return value.map(encode);
    return Object.fromEntries(
      Object.entries(value).map(([name, entry]) => {
        if (name.startsWith('$'))
          throw new CheckpointError(`state '${name}': expected a name that does not begin with $`);
        return [name, encode(entry)];
      }),
    );
  };
  const json = encode(state);
  const binary = new Uint8Array(size);
  for (const { array, offset } of arrays) {
    binary.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), offset);
  }
  return { json, binary };
}

/** The state that `encodeState` split. Throws `CheckpointError` where the parts do not fit together. */
export function decodeState({ json, binary }: EncodedState): StateDict {
  const decode = (value: unknown): StateValue => {
    if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
      return value;
    if (Array.isArray(value)) return value.map(decode);
    if (!isRecord(value)) throw new CheckpointError(`state: expected JSON, got ${typeof value}`);
    if ('$number' in value) return Number(value.$number);
    if ('$array' in value) return decodeArray(value, binary);
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, decode(entry)]));
  };
  if (!isRecord(json)) throw new CheckpointError('state: expected a JSON object');
  return Object.fromEntries(Object.entries(json).map(([name, entry]) => [name, decode(entry)]));
}

function decodeArray({ $array: type, offset, length }: Record<string, unknown>, binary: Uint8Array): TypedArray {
  if (
    typeof type !== 'string' ||
    !Object.hasOwn(constructors, type) ||
    typeof offset !== 'number' ||
    typeof length !== 'number'
  ) {
    throw new CheckpointError(`state: expected an array reference, got ${JSON.stringify({ type, offset, length })}`);
  }
  const constructor = constructors[type as keyof typeof constructors];
  const byteLength = length * constructor.BYTES_PER_ELEMENT;
  if (!(offset >= 0 && length >= 0 && offset + byteLength <= binary.length)) {
    throw new CheckpointError(
      `state: an array ends at byte ${offset + byteLength}, but there are only ${binary.length}`,
    );
  }
  // A copy, since the bytes may lie anywhere in a larger, unaligned buffer. (`slice` of a Node Buffer does not copy.)
  return new constructor(new Uint8Array(binary.subarray(offset, offset + byteLength)).buffer);
}

function isList(value: StateValue): value is readonly StateValue[] {
  return Array.isArray(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
