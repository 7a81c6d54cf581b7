import { checkArguments } from '@gradus/core';
import { StoryError } from './story-error.ts';
import { readWord } from './words.ts';

/** The versions of the Z-machine that can be played: nearly all stories there are. */
export type StoryVersion = 3 | 4 | 5 | 8;

/** A story file, and what its header says (Standard 1.1, §11). Addresses are in bytes. */
export interface StoryFile {
  readonly bytes: Uint8Array;
  readonly version: StoryVersion;
  readonly release: number;
  /** Six characters, as a rule the date when it was compiled. */
  readonly serial: string;
  /** Where what a story may change ends. */
  readonly staticBase: number;
  readonly initialPc: number;
  readonly dictionary: number;
  readonly objects: number;
  readonly globals: number;
  readonly abbreviations: number;
  /** Of an alphabet of its own; 0 where there is none. */
  readonly alphabet: number;
  /** Of a table of the characters beyond ASCII; 0 where there is none. */
  readonly unicode: number;
  /** By how much packed addresses, those of routines and texts, are multiplied. */
  readonly packedScale: number;
  /** Whether Inform compiled it, which leaves its own version in the header: its tables are others than Infocom's. */
  readonly isByInform: boolean;
  /** Whether the bytes are those that the header was made for. */
  readonly checksumMatches: boolean;
}

const HEADER_LENGTH = 64;
/** Among the first flags of the header: the status line shows the time instead of the score. */
export const SHOWS_TIME = 2;
const versions: readonly number[] = [3, 4, 5, 8];
const packedScales: Readonly<Record<StoryVersion, number>> = { 3: 2, 4: 4, 5: 4, 8: 8 };

/**
 * Reads the header of a story file, also of one in a Blorb. Throws `StoryError` for what is no story, for one that is truncated or damaged, and for versions
 * that are not supported (1, 2, 6 and 7).
 */
export function readStoryFile(file: Uint8Array): StoryFile {
  checkArguments('readStoryFile', { file }, { file: storyBytes });
  const bytes = withoutBlorb(file);
  if (bytes.length < HEADER_LENGTH) {
    throw new StoryError(`no story file: expected at least ${HEADER_LENGTH} bytes, got ${bytes.length}`);
  }
  const version = bytes[0];
  if (!isPlayable(version)) {
    throw new StoryError(
      version >= 1 && version <= 8
        ? `a story of version ${version} of the Z-machine: expected version 3, 4, 5 or 8`
        : `no story file: expected it to begin with a version from 1 to 8, got ${version}`,
    );
  }
  const packedScale = packedScales[version];
  const length = readWord(bytes, 0x1a) * packedScale;
  if (length > bytes.length) {
    throw new StoryError(`a truncated story file: its header says that it has ${length} bytes, got ${bytes.length}`);
  }
  const extension = version >= 5 ? readWord(bytes, 0x36) : 0;
  const story = {
    bytes,
    version,
    release: readWord(bytes, 0x02),
    serial: String.fromCharCode(...bytes.subarray(0x12, 0x18)),
    staticBase: readWord(bytes, 0x0e),
    initialPc: readWord(bytes, 0x06),
    dictionary: readWord(bytes, 0x08),
    objects: readWord(bytes, 0x0a),
    globals: readWord(bytes, 0x0c),
    abbreviations: readWord(bytes, 0x18),
    alphabet: version >= 5 ? readWord(bytes, 0x34) : 0,
    unicode: extension > 0 && readWord(bytes, extension) >= 3 ? readWord(bytes, extension + 6) : 0,
    packedScale,
    isByInform: /^\d\.\d\d$/.test(String.fromCharCode(...bytes.subarray(0x3c, 0x40))),
    checksumMatches: checksum(bytes, length) === readWord(bytes, 0x1c),
  };
  for (const part of ['staticBase', 'initialPc', 'dictionary', 'objects', 'globals'] as const) {
    if (story[part] < HEADER_LENGTH || story[part] >= bytes.length) {
      throw new StoryError(
        `a damaged story file: ${part} is at ${story[part]}, expected ${HEADER_LENGTH} to ${bytes.length - 1}`,
      );
    }
  }
  return story;
}

export const storyBytes = {
  expected: 'a Uint8Array, what is in a story file',
  accepts: (value: unknown): boolean => value instanceof Uint8Array,
  explain: (value: unknown): string | undefined =>
    typeof value === 'string' ? 'a path; the file has to be read first' : undefined,
};

function isPlayable(version: number): version is StoryVersion {
  return versions.includes(version);
}

/** The story in a Blorb, the package that stories with pictures come in: its chunk ZCOD. Anything else as it is. */
function withoutBlorb(file: Uint8Array): Uint8Array {
  const name = (at: number): string => String.fromCharCode(...file.subarray(at, at + 4));
  if (name(0) !== 'FORM' || name(8) !== 'IFRS') return file;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = 12;
  while (at + 8 <= file.length) {
    const length = view.getUint32(at + 4);
    if (name(at) === 'ZCOD') return file.subarray(at + 8, at + 8 + length);
    at += 8 + length + (length % 2);
  }
  throw new StoryError('a Blorb without a story of the Z-machine: expected a chunk ZCOD');
}

function checksum(bytes: Uint8Array, length: number): number {
  let sum = 0;
  for (let i = HEADER_LENGTH; i < length; i++) sum += bytes[i];
  return sum & 0xffff;
}
