import { valueText } from '@gradus/tensor';
import { anObject, havingMethods } from '../options/argument-checks.ts';
import { crc32 } from './crc32.ts';
import { CheckpointError } from '../errors.ts';
import { decodeState, encodeState, type PlacedBytes } from './state-codec.ts';
import type { StateDict } from './state.ts';

/** A saved agent: what it is, its state, and whole files such as its weights. */
export interface Checkpoint {
  /** The algorithm that can load it, such as `ppo`. */
  readonly algorithm: string;
  /** Options, counters, random streams, normalizers, buffers: whatever exact resumption needs. */
  readonly state: StateDict;
  /** Further files by name, such as `policy.safetensors`. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** The file that says what a checkpoint is and lists the others with their checksums. */
export const MANIFEST = 'agent.json';
const ARRAYS = 'state.bin';
const FORMAT = 'gradus-agent';
const VERSION = 3;

/** Length and checksum of a file. */
export interface FileRecord {
  readonly bytes: number;
  readonly crc32: number;
}

interface Manifest {
  readonly format: string;
  readonly version: number;
  readonly algorithm: string;
  readonly state: unknown;
  /** The folder beside `agent.json` that the files are in; they are beside it themselves where there is none. */
  readonly folder?: string;
  readonly files: Readonly<Record<string, FileRecord>>;
}

/** A checkpoint as files that can be written piece by piece. */
export interface SplitCheckpoint {
  /** The content of each file but `agent.json`, in pieces that follow each other: views of the checkpoint's arrays. */
  readonly files: Readonly<Record<string, readonly Uint8Array[]>>;
  /** `agent.json`, where these are the files' lengths and checksums, in the folder `folder` beside it if given. */
  readonly encodeManifest: (files: Readonly<Record<string, FileRecord>>, folder?: string) => Uint8Array;
}

/**
 * Splits a checkpoint into files: `state.bin` (the state's arrays), the checkpoint's own files, and `agent.json` (algorithm, counters,
 * options, and the other files' lengths and checksums). Throws `CheckpointError` for a file that takes one of these two names or has
 * more than letters, digits, dots and dashes in its own.
 */
export function splitCheckpoint(checkpoint: Checkpoint): SplitCheckpoint {
  checkCheckpoint(checkpoint);
  const { algorithm, state, files } = checkpoint;
  for (const name of Object.keys(files)) {
    checkFileName(name);
    if (name === MANIFEST || name === ARRAYS) throw new CheckpointError(`checkpoint: the file name ${name} is taken`);
  }
  const { json, pieces } = encodeState(state);
  const own = Object.entries(files).map(([name, bytes]) => [name, [bytes]] as const);
  return {
    files: { [ARRAYS]: pieces, ...Object.fromEntries(own) },
    encodeManifest: (records, folder) => {
      const place = folder === undefined ? {} : { folder };
      const manifest: Manifest = { format: FORMAT, version: VERSION, algorithm, state: json, ...place, files: records };
      const text = JSON.stringify({ crc32: checksum(manifest), ...manifest }, undefined, 2);
      return new TextEncoder().encode(`${text}\n`);
    },
  };
}

/** The files of a checkpoint, as `splitCheckpoint` names them, each in one piece. Throws as that does. */
export function encodeCheckpoint(checkpoint: Checkpoint): Record<string, Uint8Array> {
  const { files, encodeManifest } = splitCheckpoint(checkpoint);
  const encoded = Object.fromEntries(Object.entries(files).map(([name, pieces]) => [name, concat(pieces)]));
  const records = Object.fromEntries(
    Object.entries(encoded).map(([name, bytes]) => [name, { bytes: bytes.length, crc32: crc32(bytes) }]),
  );
  return { ...encoded, [MANIFEST]: encodeManifest(records) };
}

/**
 * The checkpoint that `files` hold. Throws `CheckpointError` where one is missing, truncated or corrupt, or of a format that
 * this version does not know.
 */
export function decodeCheckpoint(files: Readonly<Record<string, Uint8Array>>): Checkpoint {
  checkFiles(files);
  const reader = new CheckpointReader(requireFile(files, MANIFEST));
  for (const name of reader.fileNames) reader.read(name, requireFile(files, name));
  return reader.finish();
}

/**
 * What belongs to a checkpoint with this `agent.json` besides it: the folder with its files, or the files themselves. Throws as
 * `decodeCheckpoint` does.
 */
export function listCheckpointFiles(manifest: Uint8Array): string[] {
  const { folder, files } = decodeManifest(manifest);
  return folder === undefined ? Object.keys(files) : [folder];
}

/** A file while it is read. */
interface PartialFile {
  readonly record: FileRecord;
  /** What its bytes are copied to. */
  readonly targets: readonly PlacedBytes[];
  /** The first target that is not full. */
  next: number;
  bytes: number;
  crc32: number;
}

/** Puts a checkpoint together from files that come in pieces. */
export class CheckpointReader {
  /** The folder beside `agent.json` that the files are in; undefined where they are beside it themselves. */
  readonly folder: string | undefined;
  private readonly checkpoint: Checkpoint;
  private readonly files: ReadonlyMap<string, PartialFile>;

  /** From the content of `agent.json`. Throws `CheckpointError` where that is damaged or of a format that this version does not know. */
  constructor(manifest: Uint8Array) {
    const { algorithm, state: json, folder, files } = decodeManifest(manifest);
    this.folder = folder;
    const { state, arrays } = decodeState(json, Object.hasOwn(files, ARRAYS) ? files[ARRAYS].bytes : 0);
    const own = Object.entries(files).filter(([name]) => name !== ARRAYS);
    const contents = Object.fromEntries(own.map(([name, { bytes }]) => [name, new Uint8Array(bytes)]));
    this.checkpoint = { algorithm, state, files: contents };
    this.files = new Map(
      Object.entries(files).map(([name, record]) => {
        const targets = name === ARRAYS ? arrays : [{ offset: 0, bytes: contents[name] }];
        return [name, { record, targets, next: 0, bytes: 0, crc32: 0 }];
      }),
    );
  }

  /** Names of the files that the checkpoint consists of besides `agent.json`. */
  get fileNames(): string[] {
    return [...this.files.keys()];
  }

  /** The same with their lengths in bytes, in the order in which `agent.json` names them. */
  get fileLengths(): [name: string, bytes: number][] {
    return Array.from(this.files, ([name, { record }]) => [name, record.bytes]);
  }

  /** Takes the bytes of a file that follow those it has had. */
  read(name: string, piece: Uint8Array): void {
    const file = this.files.get(name);
    if (file === undefined) throw new CheckpointError(`checkpoint: ${name} is no part of it`);
    const start = file.bytes;
    const end = start + piece.length;
    for (; file.next < file.targets.length; file.next++) {
      const { offset, bytes } = file.targets[file.next];
      const from = Math.max(offset, start);
      const to = Math.min(offset + bytes.length, end);
      if (from < to) bytes.set(piece.subarray(from - start, to - start), from - offset);
      if (to < offset + bytes.length) break;
    }
    file.bytes = end;
    file.crc32 = crc32(piece, file.crc32);
  }

  /** The checkpoint. Throws `CheckpointError` where a file is truncated or corrupt. */
  finish(): Checkpoint {
    for (const [name, { record, bytes, crc32: found }] of this.files) {
      if (bytes !== record.bytes) {
        throw new CheckpointError(`checkpoint: ${name} has ${bytes} bytes, expected ${record.bytes}`);
      }
      if (found !== record.crc32) throw new CheckpointError(`checkpoint: ${name} is corrupt, its checksum is wrong`);
    }
    return this.checkpoint;
  }
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let next = 0;
  for (const piece of pieces) {
    whole.set(piece, next);
    next += piece.length;
  }
  return whole;
}

/** Throws `CheckpointError` for what is no checkpoint. */
export function checkCheckpoint(checkpoint: Checkpoint): void {
  const isAgent = havingMethods('an agent', 'checkpoint').accepts(checkpoint);
  if (!anObject.accepts(checkpoint) || checkpoint instanceof Promise || isAgent) {
    const [got, remark] = isAgent
      ? ['an agent', ': its checkpoint() makes one']
      : [valueText(checkpoint), typeof checkpoint === 'string' ? ': loadCheckpoint reads one' : ''];
    throw new CheckpointError(`checkpoint: expected algorithm, state and files, got ${got}${remark}`);
  }
  const { algorithm, state, files } = checkpoint;
  if (typeof algorithm !== 'string') {
    throw new CheckpointError(`checkpoint: expected algorithm to be a string, got ${valueText(algorithm)}`);
  }
  if (!anObject.accepts(state) || Array.isArray(state)) {
    throw new CheckpointError(`checkpoint: expected state to be an object, got ${valueText(state)}`);
  }
  checkFiles(files);
}

function checkFiles(files: Checkpoint['files']): void {
  if (!anObject.accepts(files) || Array.isArray(files)) {
    throw new CheckpointError(`checkpoint: expected files by name, got ${valueText(files)}`);
  }
  for (const [name, content] of Object.entries(files)) {
    if (content instanceof Uint8Array) continue;
    throw new CheckpointError(`checkpoint: expected the file ${name} to be a Uint8Array, got ${valueText(content)}`);
  }
}

function decodeManifest(bytes: Uint8Array): Manifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new CheckpointError(`checkpoint: ${MANIFEST} is corrupt or truncated, expected JSON`);
  }
  if (typeof parsed !== 'object' || parsed === null || !('format' in parsed) || parsed.format !== FORMAT) {
    throw new CheckpointError(`checkpoint: ${MANIFEST} is not of the format ${FORMAT}`);
  }
  const { crc32: expected, ...manifest } = parsed as Manifest & { readonly crc32: number };
  if (manifest.version !== VERSION) {
    throw new CheckpointError(`checkpoint: ${MANIFEST} has version ${String(manifest.version)}, expected ${VERSION}`);
  }
  if (checksum(manifest) !== expected) {
    throw new CheckpointError(`checkpoint: ${MANIFEST} is corrupt, its checksum is wrong`);
  }
  for (const name of Object.keys(manifest.files)) checkFileName(name);
  if (manifest.folder !== undefined) checkFileName(manifest.folder);
  return manifest;
}

/** A name that could lead out of the checkpoint's folder is refused. */
function checkFileName(name: string): void {
  if (!/^\w[\w.-]*$/.test(name)) throw new CheckpointError(`checkpoint: expected a plain file name, got '${name}'`);
}

/** Independent of indentation, so that a formatter may pass over the file. */
function checksum(manifest: Manifest): number {
  return crc32(new TextEncoder().encode(JSON.stringify(manifest)));
}

function requireFile(files: Readonly<Record<string, Uint8Array>>, name: string): Uint8Array {
  if (!Object.hasOwn(files, name)) throw new CheckpointError(`checkpoint: the file ${name} is missing`);
  return files[name];
}
