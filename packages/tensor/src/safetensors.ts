import type { Parameters } from './modules.ts';
import type { DType, Shape, TensorData } from './tensor.ts';
import { shapeText, sizeOf } from './tensor.ts';

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

const dtypes: Readonly<Record<string, DType>> = { F32: 'float32', I32: 'int32', BOOL: 'bool' };
const names: Readonly<Record<DType, string>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };
const bytesPerElement: Readonly<Record<DType, number>> = { float32: 4, int32: 4, bool: 1 };
/** The format's own limit on its header. */
const maximumHeader = 100_000_000;

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

/**
 * Tensors in the safetensors format: eight bytes of header length, a JSON header of dtypes, shapes and offsets, then the
 * elements, little-endian.
 */
export function encodeSafetensors(tensors: Readonly<Record<string, StoredTensor>>): Uint8Array {
  const header: Record<string, Entry> = {};
  let total = 0;
  for (const [name, { dtype, shape }] of Object.entries(tensors)) {
    const bytes = sizeOf(shape) * bytesPerElement[dtype];
    header[name] = { dtype: names[dtype], shape: [...shape], data_offsets: [total, total + bytes] };
    total += bytes;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Padded with spaces, so that the elements are aligned.
  const length = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + length + total).fill(0x20, 8, 8 + length);
  const numbers = new DataView(file.buffer);
  numbers.setBigUint64(0, BigInt(length), true);
  file.set(text, 8);
  for (const [name, { dtype, data }] of Object.entries(tensors)) {
    const start = 8 + length + header[name].data_offsets[0];
    if (dtype === 'bool') file.set(Uint8Array.from(data), start);
    else
      data.forEach((value, i) => {
        writeElement(numbers, start + 4 * i, value, dtype);
      });
  }
  return file;
}

function writeElement(view: DataView, at: number, value: number, dtype: DType): void {
  if (dtype === 'float32') view.setFloat32(at, value, true);
  else view.setInt32(at, value, true);
}

/** @throws SafetensorsError when the file is truncated or corrupt, saying where. */
export function decodeSafetensors(file: Uint8Array): Record<string, StoredTensor> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 8) throw new SafetensorsError(`safetensors: expected at least 8 bytes, got ${file.length}`);
  const length = Number(view.getBigUint64(0, true));
  if (length > maximumHeader || 8 + length > file.length) {
    throw new SafetensorsError(
      `safetensors: the header should have ${length} bytes, the file has ${file.length} in all`,
    );
  }
  const header = parseHeader(file.subarray(8, 8 + length));
  const start = 8 + length;
  const tensors: Record<string, StoredTensor> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    tensors[name] = decodeEntry(name, entry, view, start);
  }
  return tensors;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header))
      return header as Record<string, unknown>;
  } catch {
    // Said below, in the words of this format.
  }
  throw new SafetensorsError('safetensors: the header is not a JSON object; the file is corrupt');
}

function isEntry(value: unknown): value is Entry {
  const entry = value as Partial<Entry> | null;
  const whole = (list: unknown): boolean =>
    Array.isArray(list) && list.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
  return (
    typeof entry?.dtype === 'string' &&
    whole(entry.shape) &&
    whole(entry.data_offsets) &&
    entry.data_offsets?.length === 2
  );
}

function decodeEntry(name: string, entry: unknown, view: DataView, start: number): StoredTensor {
  if (!isEntry(entry)) throw new SafetensorsError(`safetensors: the header entry of '${name}' is malformed`);
  if (!Object.hasOwn(dtypes, entry.dtype)) {
    throw new SafetensorsError(
      `safetensors: '${name}' has dtype ${entry.dtype}; supported are ${Object.keys(dtypes).join(', ')}`,
    );
  }
  const dtype = dtypes[entry.dtype];
  const [from, to] = entry.data_offsets;
  const size = sizeOf(entry.shape);
  if (to - from !== size * bytesPerElement[dtype]) {
    throw new SafetensorsError(
      `safetensors: '${name}' ${shapeText(entry.shape)} should have ${size * bytesPerElement[dtype]} bytes, has ${to - from}`,
    );
  }
  if (start + to > view.byteLength) {
    throw new SafetensorsError(
      `safetensors: '${name}' ends at byte ${start + to}, the file has ${view.byteLength}; it is truncated`,
    );
  }
  const data = dtype === 'float32' ? new Float32Array(size) : new Int32Array(size);
  for (let i = 0; i < size; i++) {
    if (dtype === 'bool') data[i] = view.getUint8(start + from + i);
    else if (dtype === 'float32') data[i] = view.getFloat32(start + from + 4 * i, true);
    else data[i] = view.getInt32(start + from + 4 * i, true);
  }
  return { dtype, shape: entry.shape, data };
}

/** The present values of parameters as a safetensors file. */
export function saveParameters(parameters: Parameters): Uint8Array {
  const stored = Object.entries(parameters).map(
    ([name, variable]) => [name, { dtype: variable.dtype, shape: variable.shape, data: variable.read() }] as const,
  );
  return encodeSafetensors(Object.fromEntries(stored));
}

/**
 * Sets parameters from a safetensors file. All or nothing: nothing is written before everything has been checked.
 * @throws SafetensorsError when the file is corrupt, lacks a parameter, has one that is not asked for, or has another shape.
 */
export function loadParameters(parameters: Parameters, file: Uint8Array): void {
  const tensors = decodeSafetensors(file);
  for (const [name, { shape, dtype }] of Object.entries(parameters)) {
    if (!Object.hasOwn(tensors, name)) throw new SafetensorsError(`safetensors: parameter '${name}' is missing`);
    const stored = tensors[name];
    if (stored.dtype !== dtype || stored.shape.join() !== shape.join()) {
      throw new SafetensorsError(
        `safetensors: parameter '${name}' is ${stored.dtype} ${shapeText(stored.shape)} in the file, expected ${dtype} ${shapeText(shape)}`,
      );
    }
  }
  const unknown = Object.keys(tensors).filter((name) => !Object.hasOwn(parameters, name));
  if (unknown.length > 0) throw new SafetensorsError(`safetensors: unknown parameter '${unknown[0]}' in the file`);
  for (const [name, variable] of Object.entries(parameters)) variable.write(tensors[name].data);
}
