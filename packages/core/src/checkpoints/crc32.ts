/**
 * The CRC-32 checksum of `bytes` (ISO 3309, as in PNG and gzip), or of all bytes so far where `before` is that of those that precede
 * them. Node's zlib computes it where it can, which is ten times as fast.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  // Of memory of no bytes zlib forgets what came before.
  if (bytes.length === 0) return before;
  return zlib?.crc32 ? zlib.crc32(bytes, before) : checksum(bytes, before, isoTables);
}

/** The CRC-32C checksum of `bytes` (Castagnoli et al., 1993; RFC 3720, as in TensorBoard's event files). */
export function crc32c(bytes: Uint8Array): number {
  return checksum(bytes, 0, castagnoliTables);
}

/** What browsers compute in place of zlib's. */
export function portableCrc32(bytes: Uint8Array, before = 0): number {
  return checksum(bytes, before, isoTables);
}

interface Zlib {
  readonly crc32?: (bytes: Uint8Array, before: number) => number;
}

/** Asked for in this way, since an import would not load in browsers. */
const zlib = (
  globalThis as { readonly process?: { readonly getBuiltinModule?: (name: string) => Zlib | undefined } }
).process?.getBuiltinModule?.('node:zlib');

/** Bytes that are taken at once. */
const SLICE = 8;

const isoTables = remainders(0xedb88320);
const castagnoliTables = remainders(0x82f63b78);

/** Remainders by a polynomial whose bits are reversed: in table k those of each byte that k zero bytes follow. */
function remainders(polynomial: number): Uint32Array {
  const tables = new Uint32Array(SLICE * 256);
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ polynomial : remainder >>> 1;
    tables[byte] = remainder;
  }
  for (let k = 256; k < tables.length; k++) tables[k] = (tables[k - 256] >>> 8) ^ tables[tables[k - 256] & 0xff];
  return tables;
}

/** "Slicing by 8" (Kounavis and Berry, 2005). */
function checksum(bytes: Uint8Array, before: number, tables: Uint32Array): number {
  let remainder = ~before;
  let i = 0;
  for (; i + SLICE <= bytes.length; i += SLICE) {
    remainder ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    remainder =
      tables[7 * 256 + (remainder & 0xff)] ^
      tables[6 * 256 + ((remainder >>> 8) & 0xff)] ^
      tables[5 * 256 + ((remainder >>> 16) & 0xff)] ^
      tables[4 * 256 + (remainder >>> 24)] ^
      tables[3 * 256 + bytes[i + 4]] ^
      tables[2 * 256 + bytes[i + 5]] ^
      tables[256 + bytes[i + 6]] ^
      tables[bytes[i + 7]];
  }
  for (; i < bytes.length; i++) remainder = (remainder >>> 8) ^ tables[(remainder ^ bytes[i]) & 0xff];
  return ~remainder >>> 0;
}
