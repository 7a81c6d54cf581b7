import { zerosOf, type DType, type TensorData } from './dtype.ts';
import { shapeText, sizeOf, type Shape } from './shape.ts';
import { checkArguments, valueText } from './check-options.ts';

/** A named array as it stands in a file. */
export interface StoredTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TensorData;
}

/** A file that is not what it should be: truncated, corrupt, or of other parameters. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}

/** What elements become: those of 8 and 16 bits are widened, which changes none; F64 is rounded, and I64 has to fit. */
const dtypes: Readonly<Record<string, DType>> = {
  F64: 'float32',
  F32: 'float32',
  F16: 'float32',
  BF16: 'float32',
  I64: 'int32',
  I32: 'int32',
  U8: 'int32',
  BOOL: 'bool',
};
const fileBytes: Readonly<Record<string, number>> = {
  ...{ F64: 8, F32: 4, F16: 2, BF16: 2 },
  ...{ I64: 8, I32: 4, U8: 1, BOOL: 1 },
};
const names: Readonly<Record<DType, string>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };
const bytesPerElement: Readonly<Record<DType, number>> = { float32: 4, int32: 4, bool: 1 };
/** The format's own limit on its header. */
const maximumHeader = 100_000_000;

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

/** What the header may hold besides tensors: texts by name. */
const metadataName = '__metadata__';

/**
 * Tensors in the safetensors format: eight bytes of header length, a JSON header of dtypes, shapes and offsets, then the
 * elements, little-endian.
 * @throws RangeError for a tensor that is not one: another dtype, more or fewer elements than its shape has, no elements.
 */
export function encodeSafetensors(tensors: Readonly<Record<string, StoredTensor>>): Uint8Array {
  checkArguments('encodeSafetensors', { tensors }, { tensors: { expected: 'tensors by name', accepts: isRecord } });
  const header = new Map<string, Entry>();
  let total = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    checkStored(name, tensor);
    const { dtype, shape } = tensor;
    const bytes = sizeOf(shape) * bytesPerElement[dtype];
    header.set(name, { dtype: names[dtype], shape: [...shape], data_offsets: [total, total + bytes] });
    total += bytes;
  }
  const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  // Padded with spaces, so that the elements are aligned.
  const length = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + length + total).fill(0x20, 8, 8 + length);
  const numbers = new DataView(file.buffer);
  numbers.setBigUint64(0, BigInt(length), true);
  file.set(text, 8);
  let start = 8 + length;
  for (const { dtype, data } of Object.values(tensors)) {
    if (dtype === 'bool')
      file.set(
        Uint8Array.from(data, (value) => Number(value !== 0)),
        start,
      );
    else if (dtype === 'float32')
      data.forEach((value, i) => {
        numbers.setFloat32(start + 4 * i, value, true);
      });
    else
      data.forEach((value, i) => {
        numbers.setInt32(start + 4 * i, value, true);
      });
    start += data.length * bytesPerElement[dtype];
  }
  return file;
}

function checkStored(name: string, tensor: Partial<StoredTensor> | null | undefined): void {
  const { dtype, shape, data } = tensor ?? {};
  const isKnown = typeof dtype === 'string' && Object.hasOwn(names, dtype);
  const isShape = Array.isArray(shape) && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (name === metadataName || !isKnown || !isShape || data?.length !== sizeOf(shape)) {
    throw new RangeError(
      `encodeSafetensors: expected '${name}' to have a dtype of ${Object.keys(names).join(', ')}, a shape and as many ` +
        `elements as that says, got ${valueText(dtype)}, ${valueText(shape)} and ${valueText(data?.length)} elements` +
        (name === metadataName ? "; the name itself is the format's own" : ''),
    );
  }
}

/**
 * The tensors of a file. Every byte of it must be accounted for: the blocks of elements follow one another without gap or
 * overlap from the end of the header to the end of the file, as the format demands.
 * @throws SafetensorsError when the file is truncated or corrupt, saying where.
 */
export function decodeSafetensors(file: Uint8Array): Record<string, StoredTensor> {
  if (!(file instanceof Uint8Array)) {
    throw new SafetensorsError(`safetensors: expected the file as a Uint8Array, got ${valueText(file)}`);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 8) throw new SafetensorsError(`safetensors: expected at least 8 bytes, got ${file.length}`);
  const length = Number(view.getBigUint64(0, true));
  if (length > maximumHeader || 8 + length > file.length) {
    throw new SafetensorsError(
      `safetensors: the header should have ${length} bytes, the file has ${file.length} in all`,
    );
  }
  const entries = Object.entries(parseHeader(file.subarray(8, 8 + length))).map(
    ([name, entry]) => [name, entryOf(name, entry)] as const,
  );
  checkBlocks(entries, file.length - 8 - length);
  const start = 8 + length;
  return Object.fromEntries(entries.map(([name, entry]) => [name, decodeEntry(name, entry, view, start)]));
}

/** What the header says of each tensor. */
function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    throw new SafetensorsError('safetensors: the header is not JSON in UTF-8; the file is corrupt');
  }
  // The format has it begin with its brace; the decoder passes over a mark of the byte order.
  if (!isRecord(header) || bytes[0] !== 0x7b) {
    throw new SafetensorsError('safetensors: the header is not a JSON object; the file is corrupt');
  }
  const twice = repeatedKey(text);
  if (twice !== undefined) throw new SafetensorsError(`safetensors: the header names '${twice}' twice`);
  const { [metadataName]: metadata, ...entries } = header;
  const isText = isRecord(metadata) && Object.values(metadata).every((value) => typeof value === 'string');
  if (Object.hasOwn(header, metadataName) && !isText) {
    throw new SafetensorsError(`safetensors: expected ${metadataName} to hold texts, got ${valueText(metadata)}`);
  }
  return entries;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first key that an object of a JSON text has twice: `JSON.parse` would take the last one without a word. */
function repeatedKey(json: string): string | undefined {
  const open: Set<unknown>[] = [];
  let last = '';
  for (const [token] of json.matchAll(/"[^"\\]*(?:\\.[^"\\]*)*"|[{}:]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (token === ':') {
      const key = JSON.parse(last) as string;
      const keys = open.at(-1);
      if (keys?.has(key) === true) return key;
      keys?.add(key);
    }
    last = token;
  }
  return undefined;
}

function entryOf(name: string, value: unknown): Entry {
  const entry = value as Partial<Entry> | null;
  const whole = (list: unknown): boolean =>
    Array.isArray(list) && list.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
  if (
    typeof entry?.dtype !== 'string' ||
    !whole(entry.shape) ||
    !whole(entry.data_offsets) ||
    entry.data_offsets?.length !== 2
  ) {
    throw new SafetensorsError(`safetensors: the header entry of '${name}' is malformed: ${valueText(value)}`);
  }
  const { dtype, shape, data_offsets } = entry as Entry;
  if (!Object.hasOwn(dtypes, dtype)) {
    throw new SafetensorsError(
      `safetensors: '${name}' has dtype ${dtype}; supported are ${Object.keys(dtypes).join(', ')}`,
    );
  }
  const bytes = sizeOf(shape) * fileBytes[dtype];
  const [from, to] = data_offsets;
  if (to - from !== bytes) {
    throw new SafetensorsError(
      `safetensors: '${name}' ${shapeText(shape)} should have ${bytes} bytes, has ${to - from}`,
    );
  }
  return entry as Entry;
}

/** Whether the blocks cover all bytes behind the header, each once. */
function checkBlocks(entries: readonly (readonly [string, Entry])[], bytes: number): void {
  const blocks = entries.map(
    ([
      name,
      {
        data_offsets: [from, to],
      },
    ]) => ({ name, from, to }),
  );
  blocks.sort((a, b) => a.from - b.from || a.to - b.to);
  let end = 0;
  for (const { name, from, to } of blocks) {
    if (from !== end) {
      throw new SafetensorsError(
        `safetensors: '${name}' begins at byte ${from} of the elements, where ${end} is expected: ` +
          (from < end ? 'blocks overlap' : 'there is a hole'),
      );
    }
    end = to;
  }
  if (end > bytes) {
    throw new SafetensorsError(
      `safetensors: the elements should have ${end} bytes, there are ${bytes}; it is truncated`,
    );
  }
  if (end < bytes) {
    throw new SafetensorsError(
      `safetensors: the elements should have ${end} bytes, there are ${bytes}; what follows belongs to no tensor`,
    );
  }
}

function decodeEntry(name: string, entry: Entry, view: DataView, start: number): StoredTensor {
  const { shape } = entry;
  const dtype = dtypes[entry.dtype];
  const size = sizeOf(shape);
  const from = start + entry.data_offsets[0];
  const data = zerosOf(dtype, size, `safetensors: '${name}'`);
  if (littleEndian && (entry.dtype === 'F32' || entry.dtype === 'I32')) {
    // As they lie there.
    new Uint8Array(data.buffer).set(new Uint8Array(view.buffer, view.byteOffset + from, 4 * size));
    return { dtype, shape, data };
  }
  const read = readers[entry.dtype];
  for (let i = 0; i < size; i++) data[i] = read(view, from, i, name);
  return { dtype, shape, data };
}

const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/** Element `i` of a block, by what the file calls its type. */
const readers: Readonly<Record<string, (view: DataView, from: number, i: number, name: string) => number>> = {
  F64: (view, from, i) => view.getFloat64(from + 8 * i, true),
  I64: (view, from, i, name) => longAt(view, from + 8 * i, name),
  F32: (view, from, i) => view.getFloat32(from + 4 * i, true),
  F16: (view, from, i) => halfPrecision(view.getUint16(from + 2 * i, true)),
  BF16: (view, from, i) => upperHalf(view.getUint16(from + 2 * i, true)),
  I32: (view, from, i) => view.getInt32(from + 4 * i, true),
  U8: (view, from, i) => view.getUint8(from + i),
  BOOL: (view, from, i, name) => boolAt(view, from + i, name),
};

/** IEEE 754's binary16: a sign, five bits of exponent, ten of fraction. */
function halfPrecision(bits: number): number {
  const sign = bits >>> 15 === 1 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = (bits & 0x3ff) / 1024;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of a float32. */
function upperHalf(bits: number): number {
  word.setUint16(0, bits);
  return word.getFloat32(0);
}

/** @throws SafetensorsError where int32 does not reach it. */
function longAt(view: DataView, at: number, name: string): number {
  const value = view.getBigInt64(at, true);
  if (BigInt.asIntN(32, value) === value) return Number(value);
  throw new SafetensorsError(`safetensors: '${name}' has ${value}, expected integers from -2147483648 to 2147483647`);
}

function boolAt(view: DataView, at: number, name: string): number {
  const value = view.getUint8(at);
  if (value > 1) throw new SafetensorsError(`safetensors: '${name}' is of bools, which are 0 or 1, and has a ${value}`);
  return value;
}
