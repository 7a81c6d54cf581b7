import { existsSync } from 'node:fs';
import { mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkArguments, checkOptions, optional, type OptionCheck } from '@gradus/tensor';
import { tokenId } from '../checks.ts';
import { ModelError } from '../model/config.ts';
import { aDecoder, type Decoder } from '../model/decoder.ts';
import { loadDecoder, saveDecoder } from '../model/model-files.ts';
import { ByteLevelTokenizer } from '../tokenizer/byte-level-tokenizer.ts';
import { tokenizerJson } from '../tokenizer/tokenizer-json.ts';

/** Which file of several has which weight. */
const INDEX = 'model.safetensors.index.json';

const isPath: OptionCheck = {
  expected: 'a path that is not empty',
  accepts: (value) => typeof value === 'string' && value !== '',
};

const aTokenizer: OptionCheck = {
  expected: 'a tokenizer that trainTokenizer or readTokenizer made',
  accepts: (value) => value instanceof ByteLevelTokenizer,
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
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing ? 'there is no such file, and nothing is downloaded' : (error as Error).message;
    throw new ModelError(`${path}: ${reason}`, { cause: error });
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

/** What a model needs besides its weights where others are to use it. */
export interface DecoderFolderOptions {
  /** Written as `tokenizer.json`. */
  readonly tokenizer?: ByteLevelTokenizer | undefined;
  /** The token that ends a text, written as `eos_token_id` of `generation_config.json`. */
  readonly endOfText?: number | undefined;
}

/**
 * Writes a decoder's files into a folder, with what `options` have besides, so that transformers and `gradus rlhf --model` find all they need. The folder is made where it is not there; each file appears whole or not at all, in place of one of its name. What a killed
 * process has left of them is removed.
 * @throws RangeError for what is no decoder, no path, no tokenizer of these and no token.
 */
export async function saveDecoderFolder(
  decoder: Decoder,
  folder: string,
  options: DecoderFolderOptions = {},
): Promise<void> {
  checkArguments('saveDecoderFolder', { decoder, folder }, { decoder: aDecoder, folder: isPath });
  checkOptions('saveDecoderFolder', options, { tokenizer: optional(aTokenizer), endOfText: optional(tokenId) });
  const { tokenizer, endOfText } = options;
  const files: Record<string, Uint8Array | string> = {
    ...saveDecoder(decoder),
    ...(tokenizer && { 'tokenizer.json': JSON.stringify(tokenizerJson(tokenizer)) }),
    ...(endOfText !== undefined && { 'generation_config.json': JSON.stringify({ eos_token_id: endOfText }) }),
  };
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) if (isAbandoned(name)) await rm(join(folder, name), { force: true });
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    const written = `${path}.writing-${process.pid}`;
    try {
      await writeFile(written, content);
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
