import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DataError,
  ModelError,
  readChatTemplates,
  readTokenizer,
  TemplateError,
  TokenizerError,
  type ByteLevelTokenizer,
  type ChatTemplate,
  type Decoder,
} from '@gradus/llm-rlhf';
import { loadDecoderFolder } from '@gradus/llm-rlhf/node';
import { SafetensorsError } from '@gradus/tensor';
import { z } from 'zod';
import { fitJson, readJson } from '../files/parse-json.ts';
import { messageOf, UserError } from '../user-error.ts';

/** The files, by their names, that make tokens of texts and texts of conversations: they stay with a model wherever it is saved. */
export interface TextFiles {
  readonly 'tokenizer.json': unknown;
  /** With the chat template, where there is one. */
  readonly 'tokenizer_config.json'?: unknown;
}

/** A model, what makes tokens of its texts, and where these end. */
export interface LanguageModel {
  readonly decoder: Decoder;
  readonly tokenizer: ByteLevelTokenizer;
  readonly textFiles: TextFiles;
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
    const textFiles = await readTextFiles(folder);
    const tokenizer = readTokenizer(textFiles['tokenizer.json']);
    const decoder = await loadDecoderFolder(folder);
    const { vocabulary } = decoder.sizes;
    if (tokenizer.size > vocabulary) {
      throw new UserError(`${option} ${path}: tokenizer.json has ${tokenizer.size} tokens, the model ${vocabulary}`);
    }
    return { decoder, tokenizer, textFiles, endTokens: await readEndTokens(folder, vocabulary) };
  });
}

/** A chat template may have a file of its own, which counts more (transformers). */
async function readTextFiles(folder: string): Promise<TextFiles> {
  const has = (name: string): boolean => existsSync(join(folder, name));
  const tokenizer = await readJsonFile(folder, 'tokenizer.json');
  const config = has('tokenizer_config.json') ? await readJsonFile(folder, 'tokenizer_config.json') : undefined;
  if (!has('chat_template.jinja')) {
    return { 'tokenizer.json': tokenizer, ...(config !== undefined && { 'tokenizer_config.json': config }) };
  }
  const template = await readFile(join(folder, 'chat_template.jinja'), 'utf8');
  return {
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': { ...(config as object | undefined), chat_template: template },
  };
}

/**
 * The model's chat template; undefined where it has none.
 * @param where what has it, to begin messages
 * @throws UserError for one that cannot be read.
 */
export async function chatTemplateOf(textFiles: TextFiles, where: string): Promise<ChatTemplate | undefined> {
  const config = textFiles['tokenizer_config.json'] as { readonly chat_template?: unknown } | null | undefined;
  if ((config?.chat_template ?? undefined) === undefined) return undefined;
  const templates = await fromFiles(where, () => readChatTemplates(config));
  if (Object.hasOwn(templates, 'default')) return templates.default;
  throw new UserError(`${where}: expected a chat template called default, got ${Object.keys(templates).join(', ')}`);
}

/** Where a model's chat template is, for messages. */
export const TEMPLATE_PLACES = 'chat_template of tokenizer_config.json, or chat_template.jinja';

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
    const known = [DataError, ModelError, TemplateError, TokenizerError, SafetensorsError, RangeError];
    if (!known.some((each) => error instanceof each)) throw error;
    throw new UserError(`${where}: ${messageOf(error)}`);
  }
}
