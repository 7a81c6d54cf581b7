import type { StoredTensor } from '@gradus/tensor';

/** A safetensors file with numbers of half precision, which is enough to act by. */
export function encodeHalf(tensors: Readonly<Record<string, StoredTensor>>): Uint8Array {
  let end = 0;
  const entries = Object.entries(tensors);
  const places = entries.map(([name, { shape, data }]) => {
    const begin = end;
    end += 2 * data.length;
    return [name, { dtype: 'F16', shape, data_offsets: [begin, end] }] as const;
  });
  const json = JSON.stringify(Object.fromEntries(places));
  const header = new TextEncoder().encode(json.padEnd(8 * Math.ceil(json.length / 8)));
  const file = new Uint8Array(8 + header.length + end);
  const view = new DataView(file.buffer);
  view.setBigUint64(0, BigInt(header.length), true);
  file.set(header, 8);
  let at = 8 + header.length;
  for (const [, { data }] of entries) {
    for (const value of data) {
      view.setUint16(at, halfBits(value), true);
      at += 2;
    }
  }
  return file;
}

/** The float16 that is nearest to a number below 65,520. */
function halfBits(value: number): number {
  const sign = value < 0 ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size < 2 ** -14) return sign + Math.round(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  // A mantissa that is rounded up to 2 carries into the exponent, as it should.
  return sign + ((exponent + 15) << 10) + Math.round((size / 2 ** exponent - 1) * 1024);
}
