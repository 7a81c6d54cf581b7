import { open, rm, type FileHandle } from 'node:fs/promises';
import type { FileRecord } from '../checkpoints/checkpoint.ts';
import { crc32 } from '../checkpoints/crc32.ts';
import { CheckpointError } from '../errors.ts';

/** Bytes that are written or read at once. */
const PIECE = 4 * 2 ** 20;

/** Writes a new file and has the disk keep it; its length and checksum. */
export async function writeDurably(path: string, pieces: readonly Uint8Array[]): Promise<FileRecord> {
  const file = await open(path, 'wx');
  try {
    let bytes = 0;
    let checksum = 0;
    for (const piece of inPieces(pieces)) {
      await file.writeFile(piece);
      checksum = crc32(piece, checksum);
      bytes += piece.length;
    }
    await file.sync();
    return { bytes, crc32: checksum };
  } finally {
    await file.close();
  }
}

/** The same bytes in pieces of {@link PIECE}: small ones are put together, large ones cut. */
function* inPieces(pieces: readonly Uint8Array[]): Generator<Uint8Array, void, void> {
  const buffer = new Uint8Array(PIECE);
  let filled = 0;
  for (const piece of pieces) {
    for (let start = 0; start < piece.length;) {
      const part = piece.subarray(start, start + PIECE - filled);
      buffer.set(part, filled);
      start += part.length;
      filled += part.length;
      if (filled < PIECE) continue;
      yield buffer;
      filled = 0;
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}

/** What is left of an open file, in pieces that are all in the same memory. */
export async function* readPieces(file: FileHandle): AsyncGenerator<Uint8Array, void, void> {
  const buffer = new Uint8Array(PIECE);
  for (;;) {
    const { bytesRead } = await file.read(buffer, 0, PIECE, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Removes a file or a folder, if that can be done. */
export async function removeQuietly(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(() => undefined);
}

/** Why a checkpoint could not be `written` or `read`. */
export function describeError(path: string, verb: string, error: unknown): CheckpointError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CheckpointError(`${path} cannot be ${verb}: ${reason}`, { cause: error });
}
