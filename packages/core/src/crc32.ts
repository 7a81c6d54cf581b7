/** The CRC-32 checksum of `bytes` (ISO 3309, as in PNG and gzip). */
export function crc32(bytes: Uint8Array): number {
  return checksum(bytes, isoTable);
}

/** The CRC-32C checksum of `bytes` (Castagnoli et al., 1993; RFC 3720, as in TensorBoard's event files). */
export function crc32c(bytes: Uint8Array): number {
  return checksum(bytes, castagnoliTable);
}

const isoTable = remainders(0xedb88320);
const castagnoliTable = remainders(0x82f63b78);

/** The remainder of each byte by a polynomial whose bits are reversed. */
function remainders(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ polynomial : remainder >>> 1;
    return remainder;
  });
}

function checksum(bytes: Uint8Array, table: Uint32Array): number {
  let remainder = 0xffffffff;
  for (const byte of bytes) remainder = (remainder >>> 8) ^ table[(remainder ^ byte) & 0xff];
  return (remainder ^ 0xffffffff) >>> 0;
}
