import { ImportError } from './errors.ts';
import { PythonObject, nameOf, pythonText } from './python.ts';

/** Numbers of a numpy array, in row-major order. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** How numbers of a dtype are read, by numpy's text for it without the byte order. */
const readers: Readonly<Record<string, (view: DataView, at: number, isLittle: boolean) => number>> = {
  f2: (view, at, isLittle) => half(view.getUint16(at, isLittle)),
  f4: (view, at, isLittle) => view.getFloat32(at, isLittle),
  f8: (view, at, isLittle) => view.getFloat64(at, isLittle),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, isLittle) => view.getInt16(at, isLittle),
  i4: (view, at, isLittle) => view.getInt32(at, isLittle),
  i8: (view, at, isLittle) => Number(view.getBigInt64(at, isLittle)),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, isLittle) => view.getUint16(at, isLittle),
  u4: (view, at, isLittle) => view.getUint32(at, isLittle),
  u8: (view, at, isLittle) => Number(view.getBigUint64(at, isLittle)),
  b1: (view, at) => view.getUint8(at),
};

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -14 : (1 + fraction) * 2 ** (exponent - 15));
}

/** A numpy dtype. */
interface Dtype {
  /** Such as `f4`. */
  readonly code: string;
  readonly isLittle: boolean;
}

function readDtype(value: unknown): Dtype | undefined {
  if (nameOf(value) !== 'numpy.dtype') return undefined;
  const { args, state } = value as PythonObject;
  const [code] = args;
  const order: unknown = Array.isArray(state) ? state[1] : '<';
  if (typeof code !== 'string' || !Object.hasOwn(readers, code)) return undefined;
  return { code, isLittle: order !== '>' };
}

/** numpy's dtype of a space, such as `uint8`; undefined for another kind of value. */
export function dtypeName(value: unknown): string | undefined {
  const code = readDtype(value)?.code;
  if (code === undefined) return undefined;
  const kinds: Readonly<Record<string, string>> = { f: 'float', i: 'int', u: 'uint', b: 'bool' };
  return code === 'b1' ? 'bool' : `${kinds[code[0]]}${8 * Number(code[1])}`;
}

/** Bytes as protocols before 3 have them: as text, in an encoding in which each byte is a character. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  const text = nameOf(value) === '_codecs.encode' ? (value as PythonObject).args[0] : value;
  return typeof text === 'string' ? Uint8Array.from(text, (character) => character.charCodeAt(0)) : undefined;
}

/** Modules of numpy 1 and numpy 2. */
const callees: Readonly<Record<string, 'array' | 'scalar' | 'buffer'>> = {
  'numpy.core.multiarray._reconstruct': 'array',
  'numpy._core.multiarray._reconstruct': 'array',
  'numpy.core.multiarray.scalar': 'scalar',
  'numpy._core.multiarray.scalar': 'scalar',
  'numpy.core.numeric._frombuffer': 'buffer',
  'numpy._core.numeric._frombuffer': 'buffer',
};

/** The numbers of an array or a scalar of numpy; undefined for another kind of value. Throws {@link ImportError}, beginning with `subject`, for a damaged one. */
export function readArray(value: unknown, subject: string): NumpyArray | undefined {
  const name = nameOf(value);
  if (name === undefined || !Object.hasOwn(callees, name)) return undefined;
  const { args, state } = value as PythonObject;
  const kind = callees[name];
  if (kind === 'scalar') return decode(args[0], [], args[1], false, subject);
  // The buffer's last argument says in which order the axes lie, the array's fourth one whether the first axis is the innermost.
  if (kind === 'buffer') return decode(args[1], args[2], args[0], args[3] === 'F', subject);
  const [, shape, dtype, isColumnMajor, content] = Array.isArray(state) ? (state as unknown[]) : [];
  return decode(dtype, shape, content, isColumnMajor === true, subject);
}

function decode(dtype: unknown, shape: unknown, content: unknown, isColumnMajor: boolean, subject: string): NumpyArray {
  const type = readDtype(dtype);
  const bytes = bytesOf(content);
  const isShape = Array.isArray(shape) && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  if (type === undefined || bytes === undefined || !isShape) {
    throw new ImportError(
      `${subject}: expected an array of numbers, got ${pythonText(dtype)} in ${pythonText(content)}`,
    );
  }
  const extents = shape as readonly number[];
  const count = extents.reduce((product, extent) => product * extent, 1);
  const size = Number(type.code[1]);
  if (bytes.length !== count * size) {
    throw new ImportError(`${subject}: damaged: ${bytes.length} bytes for ${count} numbers of ${size}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = Float64Array.from({ length: count }, (_, i) => readers[type.code](view, i * size, type.isLittle));
  if (isColumnMajor && extents.length > 1) throw new ImportError(`${subject}: expected an array in row-major order`);
  return { shape: extents, data };
}

/** The number that a value is: itself, or one of numpy's; undefined for another kind of value. Throws as {@link readArray} does. */
export function readNumberOf(value: unknown, subject: string): number | undefined {
  if (typeof value === 'number') return value;
  const array = readArray(value, subject);
  return array?.data.length === 1 ? array.data[0] : undefined;
}
