import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkArguments, type OptionCheck } from '@gradus/tensor';
import { ModelError } from '../model/config.ts';
import type { Decoder } from '../model/decoder.ts';
import { loadDecoder, saveDecoder } from '../model/model-files.ts';

/** Which file of several has which weight. */
const INDEX = 'model.safetensors.index.json';

const isPath: OptionCheck = {
  expected: 'a path that is not empty',
  accepts: (value) => typeof value === 'string' && value !== '',
};

/**
 * The decoder in a folder as Hugging Face's models lie: `config.json`, and `model.safetensors` or the files that `model.safetensors.index.json` names.
 * @throws ModelError where a file is missing or no JSON, and as `loadDecoder` does.
 */
export async function loadDecoderFolder(folder: string): Promise<Decoder> {
  checkArguments('loadDecoderFolder', { folder }, { folder: isPath });
  const config = await readJson(join(folder, 'config.json'));
  const weights = await Promise.all((await weightFiles(folder)).map((name) => readNeeded(join(folder, name))));
  return loadDecoder({ config, weights });
}

async function weightFiles(folder: string): Promise<string[]> {
  if (!existsSync(join(folder, INDEX))) return ['model.safetensors'];
  const { weight_map: map } = (await readJson(join(folder, INDEX))) as { readonly weight_map?: unknown };
  const names = typeof map === 'object' && map !== null ? Object.values(map) : [];
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && /^[\w.-]+\.safetensors$/.test(name) && !name.startsWith('.');
  if (names.length === 0 || !names.every(isName)) {
    throw new ModelError(`${join(folder, INDEX)}: expected weight_map to name files of the same folder`);
  }
  return [...new Set(names)];
}

/** Bytes read at a time: `readFile` has none of 2 GiB, and weights of larger models have more. */
const PIECE = 2 ** 26;

async function readNeeded(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, 'r');
    try {
      const bytes = new Uint8Array((await file.stat()).size);
      for (let filled = 0; filled < bytes.length;) {
        const { bytesRead } = await file.read(bytes, filled, Math.min(PIECE, bytes.length - filled), null);
        if (bytesRead === 0) return bytes.subarray(0, filled);
        filled += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new ModelError(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

async function readJson(path: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readNeeded(path));
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ModelError(`${path}: expected JSON: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Writes a decoder's files into a folder, which is made where it is not there; each file appears whole or not at all, in place of one of its name. What a killed
 * process has left of them is removed.
 */
export async function saveDecoderFolder(decoder: Decoder, folder: string): Promise<void> {
  checkArguments('saveDecoderFolder', { folder }, { folder: isPath });
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) if (isAbandoned(name)) await rm(join(folder, name), { force: true });
  for (const [name, bytes] of Object.entries(saveDecoder(decoder))) {
    const path = join(folder, name);
    const written = `${path}.writing-${process.pid}`;
    try {
      await writeFile(written, bytes);
      await rename(written, path);
    } finally {
      await rm(written, { force: true });
    }
  }
  // Of a model in several files that lay here: it would be taken for what is in the folder.
  await rm(join(folder, INDEX), { force: true });
}

/** Whether this is a file of {@link saveDecoderFolder} that the process has not finished which began it, and is gone. */
function isAbandoned(name: string): boolean {
  const writer = /\.writing-(\d+)$/.exec(name)?.[1];
  if (writer === undefined || Number(writer) === process.pid) return false;
  try {
    process.kill(Number(writer), 0);
    return false;
  } catch (error) {
    // One of somebody else's, which may not be asked, is there.
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
