import { isArchive, openArchive } from './archive.ts';
import { ImportError } from './errors.ts';
import { unpickle } from './pickle.ts';
import { PythonName, entriesOf, nameOf, pythonText, PythonObject } from './python.ts';

/** Numbers in row-major order: those of float64 and int64 in float64, all others in float32. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** How numbers of a type are read. */
interface NumberType {
  readonly bytes: number;
  readonly read: (view: DataView, at: number) => number;
}

const types: Readonly<Record<string, NumberType>> = {
  FloatStorage: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  DoubleStorage: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
  LongStorage: { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) },
  IntStorage: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  ShortStorage: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  CharStorage: { bytes: 1, read: (view, at) => view.getInt8(at) },
  ByteStorage: { bytes: 1, read: (view, at) => view.getUint8(at) },
  BoolStorage: { bytes: 1, read: (view, at) => view.getUint8(at) },
};

/** The numbers that tensors are views of. */
class Storage {
  readonly type: NumberType;
  readonly count: number;
  bytes: Uint8Array = new Uint8Array(0);

  constructor(type: NumberType, count: number) {
    this.type = type;
    this.count = count;
  }
}

/** How {@link readTorchFile} reads. */
export interface TorchFileOptions {
  /** What the bytes are, to begin messages. */
  readonly subject: string;
  /** The most bytes that it may have inflated. */
  readonly maxBytes: number;
}

/**
 * What `torch.save` wrote, as {@link unpickle} gives it; of its tensors {@link readTensor} makes numbers. Both formats, zip archives and those before
 * PyTorch 1.6; where tensors were, on a GPU or not, is of no account. Throws {@link ImportError} for anything else.
 */
export function readTorchFile(bytes: Uint8Array, options: TorchFileOptions): unknown {
  return isArchive(bytes) ? readArchive(bytes, options) : readOldFormat(bytes, options.subject);
}

function readArchive(bytes: Uint8Array, { subject, maxBytes }: TorchFileOptions): unknown {
  const files = openArchive(bytes, { subject, maxBytes });
  // The folder is `archive`, or the name that the file had.
  const main = [...files.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  const pickle = main === undefined ? undefined : files.get(main);
  if (main === undefined || pickle === undefined) {
    throw new ImportError(
      `${subject}: expected a file of PyTorch, got a zip archive without a folder that has data.pkl`,
    );
  }
  const folder = main.slice(0, -'data.pkl'.length);
  const order = files.get(`${folder}byteorder`);
  if (order !== undefined && new TextDecoder().decode(order).trim() !== 'little') {
    throw new ImportError(`${subject}: expected numbers in little-endian order, got another one`);
  }
  const storages = new Map<string, Storage>();
  const persistent = (id: unknown): Storage => {
    const { key, storage } = describeStorage(id, storages, subject);
    const record = files.get(`${folder}data/${key}`);
    if (record === undefined) throw new ImportError(`${subject}: damaged: the numbers data/${key} are missing`);
    storage.bytes = record;
    return storage;
  };
  return unpickle(pickle, { subject: `${subject}: data.pkl`, persistent }).value;
}

/** What files of the old format begin with, and the version of the format. */
const [MAGIC, PROTOCOL] = [0x1950a86a20f9469cfc6cn, 1001];

/** Pickles of the magic number, the version, the machine, the object, and the keys of its storages; then the storages, with the count of numbers before each. */
function readOldFormat(bytes: Uint8Array, subject: string): unknown {
  const storages = new Map<string, Storage>();
  const persistent = (id: unknown): Storage => describeStorage(id, storages, subject).storage;
  let at = 0;
  const next = (what: string): unknown => {
    const { value, end } = unpickle(bytes, { subject: `${subject}: ${what}`, start: at, persistent });
    at = end;
    return value;
  };
  if (next('magic number') !== MAGIC || next('version') !== PROTOCOL) {
    throw new ImportError(`${subject}: expected a file of PyTorch, got another pickle`);
  }
  const machine = entriesOf(next('machine'));
  if (machine?.get('little_endian') === false) {
    throw new ImportError(`${subject}: expected numbers in little-endian order, got another one`);
  }
  const value = next('object');
  const keys = next('keys');
  if (!Array.isArray(keys))
    throw new ImportError(`${subject}: damaged: expected a list of keys, got ${pythonText(keys)}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys as unknown[]) {
    const storage = storages.get(String(key));
    const hasCount = at + 8 <= bytes.length;
    if (!storage || !hasCount || Number(view.getBigInt64(at, true)) !== storage.count) {
      throw new ImportError(`${subject}: damaged: the numbers ${pythonText(key)} are not as many as expected`);
    }
    const start = at + 8;
    at = start + storage.count * storage.type.bytes;
    storage.bytes = bytes.subarray(start, at);
  }
  return value;
}

/** The storage of a persistent id, ('storage', class, key, place, count, …), the same one for the same key. */
function describeStorage(
  id: unknown,
  storages: Map<string, Storage>,
  subject: string,
): { readonly key: string; readonly storage: Storage } {
  const [kind, type, key, , count] = Array.isArray(id) ? (id as unknown[]) : [];
  const name = type instanceof PythonName && type.module === 'torch' ? type.name : '';
  if (kind !== 'storage' || typeof key !== 'string' || !isCount(count)) {
    throw new ImportError(`${subject}: damaged: expected a storage, got ${pythonText(id)}`);
  }
  if (!Object.hasOwn(types, name)) {
    const known = Object.keys(types).join(', ');
    throw new ImportError(`${subject}: expected numbers of ${known}, got ${pythonText(type)}`);
  }
  const storage = storages.get(key) ?? new Storage(types[name], count);
  storages.set(key, storage);
  return { key, storage };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isCount);
}

/**
 * The numbers of a tensor that {@link readTorchFile} gave, whatever its offset and strides; undefined for what is none. Throws {@link ImportError}, beginning
 * with `subject`, for one that is larger than its storage.
 */
export function readTensor(value: unknown, subject: string): Tensor | undefined {
  const name = nameOf(value);
  const args = value instanceof PythonObject ? value.args : [];
  if (name !== 'torch._utils._rebuild_tensor_v2') return undefined;
  const [storage, offset, shape, strides] = args;
  if (!(storage instanceof Storage && isCount(offset) && isCounts(shape) && isCounts(strides))) {
    throw new ImportError(`${subject}: damaged: expected a tensor, got ${pythonText(args)}`);
  }
  const { type, bytes } = storage;
  const count = shape.reduce((product, extent) => product * extent, 1);
  const last = shape.reduce((index, extent, axis) => index + (extent - 1) * strides[axis], offset);
  const available = bytes.length / type.bytes;
  if (shape.length !== strides.length || count > available || (count > 0 && !(last < available))) {
    throw new ImportError(
      `${subject}: damaged: a tensor [${shape.join(', ')}] is larger than its ${available} numbers`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = type.bytes === 8 ? new Float64Array(count) : new Float32Array(count);
  const position = shape.map(() => 0);
  let index = offset;
  for (let i = 0; i < count; i++) {
    data[i] = type.read(view, index * type.bytes);
    // The next position, the last axis first.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index += strides[axis];
      if (++position[axis] < shape[axis]) break;
      index -= shape[axis] * strides[axis];
      position[axis] = 0;
    }
  }
  return { shape, data };
}

/**
 * The tensors of a state dict by name; what in it is no tensor is left out. Throws {@link ImportError} for what is no dict, and where tensors, of which many
 * may be views of the same numbers, have more than `maxBytes` together.
 */
export function readStateDict(value: unknown, { subject, maxBytes }: TorchFileOptions): ReadonlyMap<string, Tensor> {
  const entries = entriesOf(value);
  if (entries === undefined) {
    throw new ImportError(`${subject}: expected a dict of tensors by name, got ${pythonText(value)}`);
  }
  const tensors = new Map<string, Tensor>();
  let total = 0;
  for (const [name, entry] of entries) {
    const isParameter = entry instanceof PythonObject && entry.name === 'torch._utils._rebuild_parameter';
    const tensor = readTensor(isParameter ? entry.args[0] : entry, `${subject}: ${String(name)}`);
    if (tensor === undefined) continue;
    total += tensor.data.byteLength;
    if (total > maxBytes) {
      throw new ImportError(`${subject}: too large: its tensors have more than ${maxBytes} bytes together (maxBytes)`);
    }
    tensors.set(String(name), tensor);
  }
  return tensors;
}

/** The names of a state dict's tensors, each with the first of those that have the same numbers, such as a layer that two networks share. */
export function firstNames(value: unknown): ReadonlyMap<string, string> {
  const numbers = new Map<unknown, Map<unknown, string>>();
  const names = new Map<string, string>();
  for (const [name, entry] of entriesOf(value) ?? []) {
    const [storage, offset] = entry instanceof PythonObject ? entry.args : [];
    if (!(storage instanceof Storage)) continue;
    const own = numbers.get(storage) ?? new Map<unknown, string>();
    numbers.set(storage, own);
    const first = own.get(offset) ?? String(name);
    own.set(offset, first);
    names.set(String(name), first);
  }
  return names;
}
