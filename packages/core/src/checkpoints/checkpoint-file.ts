import { checkArguments, type OptionCheck } from '@gradus/tensor';
import { CheckpointError } from '../errors.ts';
import { CheckpointReader, MANIFEST, splitCheckpoint, type Checkpoint, type FileRecord } from './checkpoint.ts';
import { crc32 } from './crc32.ts';

/** Bytes that tell the length of the header. */
const PREFIX = 8;
/** A longer header is none; that of a checkpoint of a million episodes' numbers would be a tenth. */
const MAX_HEADER = 2 ** 30;

/**
 * A checkpoint as one file, in pieces that follow each other, views of the checkpoint's arrays: as in safetensors eight bytes of header length, little-endian,
 * and a header in JSON, which is the `agent.json` of {@link splitCheckpoint}; then the other files in the order in which the header names them. Throws as that does.
 */
export function joinCheckpoint(checkpoint: Checkpoint): Uint8Array[] {
  const { files, encodeManifest } = splitCheckpoint(checkpoint);
  const records = Object.entries(files).map(([name, pieces]) => [name, recordOf(pieces)] as const);
  const manifest = encodeManifest(Object.fromEntries(records));
  // Padded with spaces, so that what follows is aligned.
  const length = Math.ceil(manifest.length / PREFIX) * PREFIX;
  const head = new Uint8Array(PREFIX + length).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(length), true);
  head.set(manifest, PREFIX);
  return [head, ...Object.values(files).flat()];
}

function recordOf(pieces: readonly Uint8Array[]): FileRecord {
  return {
    bytes: pieces.reduce((bytes, piece) => bytes + piece.length, 0),
    crc32: pieces.reduce((before, piece) => crc32(piece, before), 0),
  };
}

/**
 * A checkpoint as one file: for a page to offer (`new Blob([encodeCheckpointFile(agent.checkpoint())])`) or to keep. Throws `CheckpointError` for what cannot
 * be saved.
 */
export function encodeCheckpointFile(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const pieces = joinCheckpoint(checkpoint);
  const file = new Uint8Array(recordOf(pieces).bytes);
  let next = 0;
  for (const piece of pieces) {
    file.set(piece, next);
    next += piece.length;
  }
  return file;
}

/**
 * The checkpoint in a file that {@link encodeCheckpointFile} made, or `saveCheckpointFile` of `@gradus/core/node`. Throws `CheckpointError` where it is
 * truncated, corrupt, or none.
 */
export function decodeCheckpointFile(file: Uint8Array): Checkpoint {
  checkArguments('decodeCheckpointFile', { file }, { file: bytes });
  const reader = new CheckpointFileReader();
  reader.read(file);
  return reader.finish();
}

const bytes: OptionCheck = { expected: 'a Uint8Array', accepts: (value) => value instanceof Uint8Array };
const aUrl: OptionCheck = {
  expected: 'a URL',
  accepts: (value) => {
    const href: unknown = typeof value === 'object' && value !== null && 'href' in value ? value.href : value;
    return typeof href === 'string' && href !== '';
  },
};

/**
 * Fetches a checkpoint in one file by its URL, a text or a `URL`, such as `saveCheckpointFile` of `@gradus/core/node` makes: its arrays are filled as the bytes come. Throws
 * `CheckpointError`, naming the URL, where it cannot be had, and as {@link decodeCheckpointFile} does.
 */
export async function loadCheckpoint(url: string | { readonly href: string }): Promise<Checkpoint> {
  checkArguments('loadCheckpoint', { url }, { url: aUrl });
  const address = typeof url === 'string' ? url : url.href;
  try {
    const response = await fetch(address);
    if (!response.ok) throw new CheckpointError(`the answer is ${response.status} ${response.statusText}`);
    const reader = new CheckpointFileReader();
    const stream = response.body?.getReader();
    try {
      for (;;) {
        const part: { readonly value?: Uint8Array | undefined } | undefined = await stream?.read();
        if (part?.value === undefined) break;
        reader.read(part.value);
      }
    } finally {
      // Nothing more is wanted where something is wrong.
      await stream?.cancel();
    }
    return reader.finish();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CheckpointError(`${address} cannot be read: ${reason}`, { cause: error });
  }
}

/** Puts a checkpoint together from one file that comes in pieces. */
export class CheckpointFileReader {
  /** What comes before the files: the length of the header at first, then the header. */
  private head: Uint8Array = new Uint8Array(PREFIX);
  private filled = 0;
  private reader: CheckpointReader | undefined;
  /** The files that are still to come, the present one first, and how many of its bytes are. */
  private left: [name: string, bytes: number][] = [];

  /** Takes the bytes that follow those it has had. Throws `CheckpointError` where these are of no checkpoint. */
  read(piece: Uint8Array): void {
    for (let rest = piece; rest.length > 0;) {
      const taken = this.reader === undefined ? this.readHead(rest) : this.readFile(this.reader, rest);
      rest = rest.subarray(taken);
    }
  }

  /** The checkpoint. Throws `CheckpointError` where the file is truncated or corrupt. */
  finish(): Checkpoint {
    if (this.reader !== undefined) return this.reader.finish();
    throw new CheckpointError('there is no saved agent, or the file is truncated: it ends within the header');
  }

  private readHead(piece: Uint8Array): number {
    const { head } = this;
    const part = piece.subarray(0, head.length - this.filled);
    head.set(part, this.filled);
    this.filled += part.length;
    if (this.filled < head.length) return part.length;
    if (head.length === PREFIX) {
      this.head = new Uint8Array(headerLength(head));
      this.filled = 0;
    } else {
      this.reader = new CheckpointReader(head);
      this.left = this.reader.fileLengths.filter(([, length]) => length > 0);
    }
    return part.length;
  }

  private readFile(reader: CheckpointReader, piece: Uint8Array): number {
    if (this.left.length === 0) {
      throw new CheckpointError(`checkpoint: expected the file to end, got ${piece.length} bytes more`);
    }
    const [present] = this.left;
    const part = piece.subarray(0, present[1]);
    reader.read(present[0], part);
    present[1] -= part.length;
    if (present[1] === 0) this.left.shift();
    return part.length;
  }
}

function headerLength(prefix: Uint8Array): number {
  const length = Number(new DataView(prefix.buffer).getBigUint64(0, true));
  if (length > PREFIX && length <= MAX_HEADER) return length;
  const begins = JSON.stringify(new TextDecoder().decode(prefix));
  throw new CheckpointError(
    `there is no saved agent in one file, such as saveCheckpointFile makes: it begins with ${begins} (${MANIFEST} alone is none)`,
  );
}
