import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DataError,
  ModelError,
  readTokenizer,
  TokenizerError,
  type ByteLevelTokenizer,
  type Decoder,
} from '@gradus/llm-rlhf';
import { loadDecoderFolder } from '@gradus/llm-rlhf/node';
import { SafetensorsError } from '@gradus/tensor';
import { z } from 'zod';
import { fitJson, readJson } from '../files/parse-json.ts';
import { messageOf, UserError } from '../user-error.ts';

/** A model, what makes tokens of its texts, and where these end. */
export interface LanguageModel {
  readonly decoder: Decoder;
  readonly tokenizer: ByteLevelTokenizer;
  /** The contents of `tokenizer.json`. */
  readonly tokenizerFile: unknown;
  /** Tokens of which each ends a text; none where the model's files do not say. */
  readonly endTokens: readonly number[];
}

/** Where trainings keep their model, in the folder that they save in. */
export const MODEL_FOLDER = 'model';

const token = z.int().min(0);
const endSchema = z.looseObject({ eos_token_id: z.union([token, z.array(token)]).nullish() });

/** The folder of a model: `path` itself, or the one in what a training has saved there. @throws UserError where it has none. */
function modelFolder(path: string, option = '--model'): string {
  for (const folder of [path, join(path, MODEL_FOLDER)]) if (existsSync(join(folder, 'config.json'))) return folder;
  if (!existsSync(path)) throw new UserError(`${option} ${path}: there is no such folder`);
  throw new UserError(
    `${option} ${path}: config.json is missing; expected a folder of Hugging Face's files, or one that 'gradus rlhf' saved a model in`,
  );
}

/**
 * The model, the tokenizer and the tokens that end texts of a folder as Hugging Face's models lie.
 * @param option what named the folder, to begin messages
 * @throws UserError for files that are missing, damaged or not supported, and for a tokenizer with more tokens than the model.
 */
export async function loadLanguageModel(path: string, option = '--model'): Promise<LanguageModel> {
  const folder = modelFolder(path, option);
  for (const [name, needed] of [
    ['tokenizer.json', ['tokenizer.json']],
    ['model.safetensors', ['model.safetensors', 'model.safetensors.index.json']],
  ] as const) {
    if (!needed.some((file) => existsSync(join(folder, file)))) {
      throw new UserError(`${option} ${path}: ${name} is missing`);
    }
  }
  return fromFiles(`${option} ${path}`, async () => {
    const tokenizerFile = await readJsonFile(folder, 'tokenizer.json');
    const tokenizer = readTokenizer(tokenizerFile);
    const decoder = await loadDecoderFolder(folder);
    const { vocabulary } = decoder.sizes;
    if (tokenizer.size > vocabulary) {
      throw new UserError(`${option} ${path}: tokenizer.json has ${tokenizer.size} tokens, the model ${vocabulary}`);
    }
    return { decoder, tokenizer, tokenizerFile, endTokens: await readEndTokens(folder, vocabulary) };
  });
}

/** transformers prefers what is said of generation. */
async function readEndTokens(folder: string, vocabulary: number): Promise<readonly number[]> {
  for (const name of ['generation_config.json', 'config.json']) {
    if (!existsSync(join(folder, name))) continue;
    const { eos_token_id: end } = fitJson(endSchema, await readJsonFile(folder, name), join(folder, name));
    const tokens = [end ?? []].flat();
    const wrong = tokens.find((each) => each >= vocabulary);
    if (wrong !== undefined) {
      throw new UserError(
        `${join(folder, name)}: eos_token_id: expected a token of the model's ${vocabulary}, got ${wrong}`,
      );
    }
    if (tokens.length > 0) return tokens;
  }
  return [];
}

async function readJsonFile(folder: string, name: string): Promise<unknown> {
  const path = join(folder, name);
  try {
    return readJson(await readFile(path, 'utf8'), path);
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(`${path}: ${messageOf(error)}`);
  }
}

/** What `make` makes of a user's files. @throws UserError, which begins with `where`, for what is wrong with them. */
export async function fromFiles<T>(where: string, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    const known = [DataError, ModelError, TokenizerError, SafetensorsError, RangeError];
    if (!known.some((each) => error instanceof each)) throw error;
    throw new UserError(`${where}: ${messageOf(error)}`);
  }
}
