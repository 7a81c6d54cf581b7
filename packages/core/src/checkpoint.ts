import { crc32 } from './crc32.ts';
import { CheckpointError } from './errors.ts';
import { decodeState, encodeState } from './state-codec.ts';
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
const VERSION = 1;

interface FileRecord {
  readonly bytes: number;
  readonly crc32: number;
}

interface Manifest {
  readonly format: string;
  readonly version: number;
  readonly algorithm: string;
  readonly state: unknown;
  readonly files: Readonly<Record<string, FileRecord>>;
}

/**
 * The files of a checkpoint: `agent.json` (algorithm, counters, options, and the other files' lengths and checksums),
 * `state.bin` (the state's arrays), and the checkpoint's own files. Throws `CheckpointError` for a file that takes one
 * of these two names or has more than letters, digits, dots and dashes in its own.
 */
export function encodeCheckpoint({ algorithm, state, files }: Checkpoint): Record<string, Uint8Array> {
  for (const name of Object.keys(files)) {
    checkFileName(name);
    if (name === MANIFEST || name === ARRAYS) throw new CheckpointError(`checkpoint: the file name ${name} is taken`);
  }
  const { json, binary } = encodeState(state);
  const encoded: Record<string, Uint8Array> = { [ARRAYS]: binary, ...files };
  const records = Object.fromEntries(
    Object.entries(encoded).map(([name, bytes]) => [name, { bytes: bytes.length, crc32: crc32(bytes) }]),
  );
  const manifest: Manifest = { format: FORMAT, version: VERSION, algorithm, state: json, files: records };
  const text = JSON.stringify({ crc32: checksum(manifest), ...manifest }, undefined, 2);
  encoded[MANIFEST] = new TextEncoder().encode(`${text}\n`);
  return encoded;
}

/**
 * The checkpoint that `files` hold. Throws `CheckpointError` where one is missing, truncated or corrupt, or of a format that
 * this version does not know.
 */
export function decodeCheckpoint(files: Readonly<Record<string, Uint8Array>>): Checkpoint {
  const manifest = decodeManifest(requireFile(files, MANIFEST));
  const own: Record<string, Uint8Array> = {};
  for (const [name, { bytes, crc32: expected }] of Object.entries(manifest.files)) {
    const content = requireFile(files, name);
    if (content.length !== bytes) {
      throw new CheckpointError(`checkpoint: ${name} has ${content.length} bytes, expected ${bytes}`);
    }
    if (crc32(content) !== expected) throw new CheckpointError(`checkpoint: ${name} is corrupt, its checksum is wrong`);
    if (name !== ARRAYS) own[name] = content;
  }
  const state = decodeState({ json: manifest.state, binary: requireFile(files, ARRAYS) });
  return { algorithm: manifest.algorithm, state, files: own };
}

/** Names of the files that a checkpoint with this `agent.json` consists of besides it. Throws as `decodeCheckpoint` does. */
export function listCheckpointFiles(manifest: Uint8Array): string[] {
  return Object.keys(decodeManifest(manifest).files);
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
