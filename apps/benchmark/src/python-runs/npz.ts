import { unzipSync } from 'fflate';

/** An array of NumPy: its elements in C order. */
export interface NumpyArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

type Reader = readonly [bytes: number, read: (view: DataView, at: number) => number];

const readers: Readonly<Record<string, Reader>> = {
  '<f8': [8, (view, at) => view.getFloat64(at, true)],
  '<f4': [4, (view, at) => view.getFloat32(at, true)],
  '<i8': [8, (view, at) => Number(view.getBigInt64(at, true))],
  '<i4': [4, (view, at) => view.getInt32(at, true)],
  '|b1': [1, (view, at) => view.getUint8(at)],
};

/** Of all arrays together, at most. */
const MOST_BYTES = 2 ** 28;

/** The arrays of an `.npz` file by name. @throws RangeError for another file, and for arrays of other types than numbers in C order. */
export function readNpz(file: Uint8Array): Record<string, NumpyArray> {
  let members: Record<string, Uint8Array>;
  try {
    let total = 0;
    members = unzipSync(file, {
      filter: ({ originalSize }) => {
        total += originalSize;
        if (total > MOST_BYTES) throw new RangeError(`its arrays have more than ${MOST_BYTES} bytes`);
        return true;
      },
    });
  } catch (error) {
    throw new RangeError(`expected an .npz file, which is a zip: ${(error as Error).message}`, { cause: error });
  }
  return Object.fromEntries(
    Object.entries(members).map(([name, bytes]) => [name.replace(/\.npy$/, ''), readNpy(name, bytes)]),
  );
}

function readNpy(name: string, bytes: Uint8Array): NumpyArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isNpy = bytes.length > 12 && new TextDecoder('latin1').decode(bytes.subarray(1, 6)) === 'NUMPY';
  if (!isNpy) throw new RangeError(`'${name}': expected an array of NumPy`);
  const start = bytes[6] === 1 ? 10 : 12;
  const end = start + (bytes[6] === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  const header = new TextDecoder('latin1').decode(bytes.subarray(start, end));
  const [, type = ''] = /'descr': *'([^']*)'/.exec(header) ?? [];
  const [, sizes = ''] = /'shape': *\(([^)]*)\)/.exec(header) ?? [];
  const shape = sizes.split(',').flatMap((text) => (text.trim() === '' ? [] : [Number(text)]));
  const size = shape.reduce((product, extent) => product * extent, 1);
  const [width, read] = Object.hasOwn(readers, type) ? readers[type] : [0, undefined];
  if (read === undefined || !header.includes("'fortran_order': False") || end + size * width !== bytes.length) {
    throw new RangeError(`'${name}': expected numbers in C order, got ${header.trim()}`);
  }
  return { shape, data: Array.from({ length: size }, (_, i) => read(view, end + i * width)) };
}
