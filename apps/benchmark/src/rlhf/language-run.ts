import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { CheckpointError, readState, type Checkpoint, type Learner } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import {
  createDecoder,
  mergeLora,
  readConfig,
  RewardModel,
  saveDecoder,
  saveLora,
  withLora,
  type Decoder,
  type RewardFunction,
  type TextEnvironment,
} from '@gradus/llm-rlhf';
import { loadParameters, saveParameters, valueText, type Device } from '@gradus/tensor';
import { z } from 'zod';
import { deviceNames } from '../catalog/devices.ts';
import { parseJson, readJson } from '../files/parse-json.ts';
import { replaceFile } from '../files/replace-file.ts';
import { loadUserModule } from '../catalog/user-modules.ts';
import { messageOf, UserError } from '../user-error.ts';
import { languageAlgorithms } from './algorithms.ts';
import { fromFiles, MODEL_FOLDER, type TextFiles } from './language-model.ts';

/** What a training of a language model was started with, besides what its trainer knows: kept beside a saved one as `run.json`. */
const runSchema = z.strictObject({
  algorithm: z.string(),
  /** Where the model, the data and what else there is were found. */
  model: z.string(),
  data: z.string(),
  reward: z.string().optional(),
  reference: z.string().optional(),
  environment: z.string().optional(),
  maxLength: z.int().min(1).optional(),
  maxTurns: z.int().min(1).optional(),
  maxPromptLength: z.int().min(1).optional(),
  maxCompletionLength: z.int().min(1).optional(),
  /** Adapters, where these are trained instead of all weights. */
  lora: z
    .strictObject({
      rank: z.int().min(1),
      alpha: z.number().positive().optional(),
      targets: z.array(z.string()).min(1).optional(),
    })
    .optional(),
  /** Texts at which it ends. */
  steps: z.int().min(1),
  seed: z.int().min(0),
  device: z.enum(deviceNames),
  endTokens: z.array(z.int().min(0)).min(1),
});

/** A value that fits the schema of what a training was started with. */
export type LanguageRun = Readonly<z.infer<typeof runSchema>>;

const RUN_FILE = 'run.json';
/** Beside adapters: what they adapt. */
const BASE_FILE = 'base.safetensors';
/** Where trainings keep adapters, as PEFT's files. */
const ADAPTER_FOLDER = 'adapter';
const TEXT_FILES = ['tokenizer.json', 'tokenizer_config.json'] as const;

const encode = (data: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(data, undefined, 2)}\n`);

const encodeEach = (files: object): Record<string, Uint8Array> =>
  Object.fromEntries(Object.entries(files).map(([name, data]) => [name, encode(data)]));

/** Saves a trainer with its run, whole or not at all. */
export async function saveLanguageRun(
  folder: string,
  run: LanguageRun,
  trainer: Learner,
  { base }: Decoder,
  textFiles: TextFiles,
): Promise<void> {
  const checkpoint = trainer.checkpoint();
  // Found again from wherever it is resumed.
  const paths = (['model', 'data', 'reward', 'reference', 'environment'] as const).flatMap((name) => {
    const path = run[name];
    return path === undefined ? [] : [[name, resolve(path)]];
  });
  const described = { ...run, ...(Object.fromEntries(paths) as object) };
  const files = {
    ...checkpoint.files,
    ...(base !== undefined && { [BASE_FILE]: saveParameters(base.parameters) }),
    [RUN_FILE]: encode(described),
    ...encodeEach(textFiles),
  };
  await saveCheckpoint(folder, { ...checkpoint, files });
}

/** What {@link saveLanguageRun} saved. */
export interface SavedLanguageRun {
  readonly run: LanguageRun;
  readonly checkpoint: Checkpoint;
  readonly textFiles: TextFiles;
  /** Of the sizes that it had, its weights about to be replaced. */
  readonly decoder: Decoder;
}

/** What {@link saveLanguageRun} saved. @throws CheckpointError when it is not there or not complete. */
export async function loadLanguageRun(folder: string): Promise<SavedLanguageRun> {
  const checkpoint = await loadCheckpoint(folder);
  const fileOf = (name: string): Uint8Array => {
    const file: Uint8Array | undefined = checkpoint.files[name];
    if (file !== undefined) return file;
    throw new CheckpointError(`${folder} was not saved by 'gradus rlhf': ${name} is missing`);
  };
  const textOf = (name: string): string => new TextDecoder().decode(fileOf(name));
  const source = join(folder, RUN_FILE);
  // An agent's has other keys, and its trainer's kind is told first.
  if (!checkpoint.algorithm.startsWith('rlhf-')) {
    throw new CheckpointError(`${folder} was not saved by 'gradus rlhf': it has an agent of ${checkpoint.algorithm}`);
  }
  const run = parseJson(runSchema, textOf(RUN_FILE), source);
  if (!Object.hasOwn(languageAlgorithms, run.algorithm)) {
    throw new UserError(`${source}: algorithm: unknown algorithm '${run.algorithm}'`);
  }
  const [needed, ...others] = TEXT_FILES;
  const found = [needed, ...others.filter((name) => Object.hasOwn(checkpoint.files, name))];
  const textFiles = Object.fromEntries(found.map((name) => [name, readJson(textOf(name), join(folder, name))]));
  const decoder = await fromFiles(folder, () => {
    const plain = createDecoder(readConfig(readState(checkpoint.state, 'config')), empty);
    if (run.lora === undefined) return plain;
    loadParameters(plain.parameters, fileOf(BASE_FILE));
    return withLora(plain, run.lora, empty);
  });
  return { run, checkpoint, textFiles: textFiles as unknown as TextFiles, decoder };
}

/** What is drawn from it is replaced. */
const empty = { nextFloat: () => 0, normal: () => 0 };

/** Writes the model that was trained as Hugging Face's files, where `gradus rlhf` finds it in `folder`; adapters besides, as PEFT's. */
export async function saveModel(
  folder: string,
  decoder: Decoder,
  { endTokens }: LanguageRun,
  textFiles: TextFiles,
): Promise<void> {
  const isAdapted = decoder.base !== undefined;
  const files = {
    ...saveDecoder(isAdapted ? mergeLora(decoder) : decoder),
    ...encodeEach(textFiles),
    'generation_config.json': encode({ eos_token_id: endTokens.length === 1 ? endTokens[0] : endTokens }),
  };
  for (const [name, content] of Object.entries(files)) await replaceFile(join(folder, MODEL_FOLDER, name), content);
  for (const [name, content] of Object.entries(isAdapted ? saveLora(decoder) : {})) {
    await replaceFile(join(folder, ADAPTER_FOLDER, name), content);
  }
}

/** Removes a model of an earlier training from `folder`. */
export async function forgetModel(folder: string): Promise<void> {
  for (const each of [MODEL_FOLDER, ADAPTER_FOLDER]) await rm(join(folder, each), { recursive: true, force: true });
}

/**
 * The function `reward` that a module exports, whose errors are the user's, and say where they come from.
 * @throws UserError where it exports none.
 */
export async function importReward(path: string): Promise<RewardFunction> {
  const reward = await importFunction<RewardFunction>(path, 'reward');
  const where = `--reward ${path}`;
  return async (prompts, completions, details) => {
    let rewards: ArrayLike<number>;
    try {
      rewards = await reward(prompts, completions, details);
    } catch (error) {
      if (process.env.GRADUS_STACK !== undefined) throw error;
      throw new UserError(`${where}${lineOf(error, path)}: ${messageOf(error)}`, { cause: error });
    }
    const { length } = completions;
    if (typeof rewards !== 'object' || (rewards as typeof rewards | null)?.length !== length)
      throw new UserError(`${where}: expected ${length} rewards, one for each completion, got ${valueText(rewards)}`);
    const wrong = Array.from<unknown>(rewards).findIndex(
      (each) => typeof each !== 'number' || !Number.isFinite(Math.fround(each)),
    );
    if (wrong === -1) return rewards;
    throw new UserError(`${where}: expected finite numbers, got ${valueText(rewards[wrong])} for completion ${wrong}`);
  };
}

/** `:3`, the line of a file that an error comes from; '' where it is not known. */
function lineOf(error: unknown, path: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const frame = stack.split('\n').find((line) => line.includes(`/${basename(path)}:`));
  return /:\d+(?=:\d+\)?$)/.exec(frame ?? '')?.[0] ?? '';
}

/** The function `environment` that a module exports, which makes one. @throws UserError where it exports none. */
export function importEnvironment(path: string): Promise<() => TextEnvironment> {
  return importFunction(path, 'environment');
}

async function importFunction<F>(path: string, name: 'reward' | 'environment'): Promise<F> {
  const where = `--${name} ${path}`;
  const { [name]: found, ...others } = await loadUserModule(resolve(path), where);
  if (typeof found === 'function') return found as F;
  const exported = [...(found === undefined ? [] : [name]), ...Object.keys(others)].join(', ');
  throw new UserError(`${where}: expected it to export a function ${name}; it exports ${exported || 'nothing'}`);
}

/**
 * The reward model that `gradus rlhf reward` saved in a folder, and the files of its tokenizer; `make` is told how long texts are, and makes it.
 * @throws UserError where there is none.
 */
export async function loadRewardModel(
  folder: string,
  device: Device,
): Promise<{ readonly make: (maxLength: number) => RewardModel; readonly textFiles: TextFiles }> {
  const where = `--reward ${folder}`;
  if (!existsSync(folder)) throw new UserError(`${where}: there is no such file or folder`);
  const { run, checkpoint, decoder, textFiles } = await loadLanguageRun(folder);
  if (run.algorithm !== 'reward') {
    throw new UserError(
      `${where}: expected a folder of 'gradus rlhf reward', got one of 'gradus rlhf ${run.algorithm}'`,
    );
  }
  const make = (maxLength: number): RewardModel => {
    const { positions } = decoder.sizes;
    if (maxLength > positions)
      throw new UserError(`${where}: its longest text has ${positions} tokens, others have ${maxLength}`);
    const model = new RewardModel(decoder, empty, { maxLength, device });
    loadParameters(model.parameters, checkpoint.files['model.safetensors']);
    model.setState(readState(checkpoint.state, 'model'));
    return model;
  };
  return { make, textFiles };
}
