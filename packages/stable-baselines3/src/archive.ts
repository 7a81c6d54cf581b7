import crc32 from 'crc-32';
import { unzipSync } from 'fflate';
import { ImportError } from './errors.ts';

/** What deflate cannot exceed: bytes that come of one. */
const GREATEST_RATIO = 1032;

/** What the end of a zip archive, and each of its entries in the directory, begin with. */
const [END, ENTRY] = [0x06054b50, 0x02014b50];
/** Lengths of both without what varies, and the longest comment. */
const [END_SIZE, ENTRY_SIZE, LONGEST_COMMENT] = [22, 46, 65_535];

/** Whether `bytes` begin as zip archives do. */
export function isArchive(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4;
}

/** How {@link openArchive} reads. */
export interface ArchiveOptions {
  /** What the bytes are, to begin messages. */
  readonly subject: string;
  /** The most bytes that all files may have together. */
  readonly maxBytes: number;
  /** Which files are wanted. Default: all. */
  readonly wanted?: (name: string) => boolean;
}

/**
 * The files of a zip archive by name. Their sizes are checked before anything is inflated, and their checksums afterwards.
 * Throws {@link ImportError} for a damaged archive, and one whose files are larger than `maxBytes` together.
 */
export function openArchive(
  bytes: Uint8Array,
  { subject, maxBytes, wanted = () => true }: ArchiveOptions,
): ReadonlyMap<string, Uint8Array> {
  const checksums = readChecksums(bytes, subject);
  let total = 0;
  const files = unzip(bytes, subject, (name, size, originalSize) => {
    if (!wanted(name)) return false;
    total += originalSize;
    if (total > maxBytes) {
      throw new ImportError(`${subject}: too large: its files have more than ${maxBytes} bytes together (maxBytes)`);
    }
    if (originalSize > size * GREATEST_RATIO || size > bytes.length) {
      throw new ImportError(`${subject}: damaged: ${name} should have ${originalSize} bytes, made of ${size}`);
    }
    return true;
  });
  for (const [name, content] of Object.entries(files)) {
    const expected = checksums.get(name);
    // PyTorch can be told to leave checksums out.
    if (expected !== 0 && expected !== crc32.buf(content) >>> 0) {
      throw new ImportError(`${subject}: damaged: the checksum of ${name} is wrong`);
    }
  }
  return new Map(Object.entries(files));
}

function unzip(
  bytes: Uint8Array,
  subject: string,
  isTaken: (name: string, size: number, originalSize: number) => boolean,
): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, { filter: ({ name, size, originalSize }) => isTaken(name, size, originalSize) });
  } catch (error) {
    if (error instanceof ImportError) throw error;
    throw new ImportError(`${subject}: no zip archive, or a damaged one: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** CRC-32 by name, from the archive's directory: the library reads files without looking at them. */
function readChecksums(bytes: Uint8Array, subject: string): ReadonlyMap<string, number> {
  const damaged = (): ImportError => new ImportError(`${subject}: no zip archive, or a damaged one: no directory`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - END_SIZE;
  const first = Math.max(end - LONGEST_COMMENT, 0);
  while (end >= first && view.getUint32(end, true) !== END) end--;
  if (end < first) throw damaged();
  const checksums = new Map<string, number>();
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_SIZE > end || view.getUint32(at, true) !== ENTRY) throw damaged();
    const [name, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const start = at + ENTRY_SIZE;
    checksums.set(utf8.decode(bytes.subarray(start, start + name)), view.getUint32(at + 16, true));
    at = start + name + extra + comment;
  }
  return checksums;
}

const utf8 = new TextDecoder();
