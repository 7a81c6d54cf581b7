import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CheckpointError, readState, type Checkpoint, type Learner } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import {
  createDecoder,
  readConfig,
  RewardModel,
  saveDecoder,
  type Decoder,
  type RewardFunction,
} from '@gradus/llm-rlhf';
import { loadParameters, type Device } from '@gradus/tensor';
import { z } from 'zod';
import { deviceNames } from '../catalog/devices.ts';
import { parseJson, readJson } from '../files/parse-json.ts';
import { replaceFile } from '../files/replace-file.ts';
import { loadUserModule } from '../catalog/user-modules.ts';
import { UserError } from '../user-error.ts';
import { languageAlgorithms } from './algorithms.ts';
import { fromFiles, MODEL_FOLDER } from './language-model.ts';

/** What a training of a language model was started with, besides what its trainer knows: kept beside a saved one as `run.json`. */
const runSchema = z.strictObject({
  algorithm: z.string(),
  /** Where the model, the data and what else there is were found. */
  model: z.string(),
  data: z.string(),
  reward: z.string().optional(),
  reference: z.string().optional(),
  maxPromptLength: z.int().min(1).optional(),
  maxCompletionLength: z.int().min(1).optional(),
  /** Texts at which it ends. */
  steps: z.int().min(1),
  seed: z.int().min(0),
  device: z.enum(deviceNames),
  endTokens: z.array(z.int().min(0)).min(1),
});

/** A value that fits the schema of what a training was started with. */
export type LanguageRun = Readonly<z.infer<typeof runSchema>>;

const RUN_FILE = 'run.json';
const TOKENIZER_FILE = 'tokenizer.json';

const encode = (data: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(data, undefined, 2)}\n`);

/** Saves a trainer with its run, whole or not at all. */
export async function saveLanguageRun(
  folder: string,
  run: LanguageRun,
  trainer: Learner,
  tokenizerFile: unknown,
): Promise<void> {
  const checkpoint = trainer.checkpoint();
  // Found again from wherever it is resumed.
  const paths = (['model', 'data', 'reward', 'reference'] as const).flatMap((name) => {
    const path = run[name];
    return path === undefined ? [] : [[name, resolve(path)]];
  });
  const described = { ...run, ...(Object.fromEntries(paths) as object) };
  const files = { ...checkpoint.files, [RUN_FILE]: encode(described), [TOKENIZER_FILE]: encode(tokenizerFile) };
  await saveCheckpoint(folder, { ...checkpoint, files });
}

/** What {@link saveLanguageRun} saved. */
export interface SavedLanguageRun {
  readonly run: LanguageRun;
  readonly checkpoint: Checkpoint;
  readonly tokenizerFile: unknown;
  /** Of the sizes that it had, its weights about to be replaced. */
  readonly decoder: Decoder;
}

/** What {@link saveLanguageRun} saved. @throws CheckpointError when it is not there or not complete. */
export async function loadLanguageRun(folder: string): Promise<SavedLanguageRun> {
  const checkpoint = await loadCheckpoint(folder);
  const textOf = (name: string): string => {
    const file: Uint8Array | undefined = checkpoint.files[name];
    if (file !== undefined) return new TextDecoder().decode(file);
    throw new CheckpointError(`${folder} was not saved by 'gradus rlhf': ${name} is missing`);
  };
  const source = join(folder, RUN_FILE);
  // An agent's has other keys, and its trainer's kind is told first.
  if (!checkpoint.algorithm.startsWith('rlhf-')) {
    throw new CheckpointError(`${folder} was not saved by 'gradus rlhf': it has an agent of ${checkpoint.algorithm}`);
  }
  const run = parseJson(runSchema, textOf(RUN_FILE), source);
  if (!Object.hasOwn(languageAlgorithms, run.algorithm)) {
    throw new UserError(`${source}: algorithm: unknown algorithm '${run.algorithm}'`);
  }
  const tokenizerFile = readJson(textOf(TOKENIZER_FILE), join(folder, TOKENIZER_FILE));
  const decoder = await fromFiles(folder, () =>
    createDecoder(readConfig(readState(checkpoint.state, 'config')), empty),
  );
  return { run, checkpoint, tokenizerFile, decoder };
}

/** What is drawn from it is replaced. */
const empty = { nextFloat: () => 0, normal: () => 0 };

/** Writes the model that was trained as Hugging Face's files, where `gradus rlhf` finds it in `folder`. */
export async function saveModel(
  folder: string,
  decoder: Decoder,
  { endTokens }: LanguageRun,
  tokenizerFile: unknown,
): Promise<void> {
  const files = {
    ...saveDecoder(decoder),
    [TOKENIZER_FILE]: encode(tokenizerFile),
    'generation_config.json': encode({ eos_token_id: endTokens.length === 1 ? endTokens[0] : endTokens }),
  };
  for (const [name, content] of Object.entries(files)) await replaceFile(join(folder, MODEL_FOLDER, name), content);
}

/** Removes a model of an earlier training from `folder`. */
export async function forgetModel(folder: string): Promise<void> {
  await rm(join(folder, MODEL_FOLDER), { recursive: true, force: true });
}

/** The function `reward` that a module exports. @throws UserError where it exports none. */
export async function importReward(path: string): Promise<RewardFunction> {
  const where = `--reward ${path}`;
  const { reward, ...others } = await loadUserModule(resolve(path), where);
  if (typeof reward === 'function') return reward as RewardFunction;
  const exported = [...(reward === undefined ? [] : ['reward']), ...Object.keys(others)].join(', ');
  throw new UserError(`${where}: expected it to export a function reward; it exports ${exported || 'nothing'}`);
}

/**
 * The reward model that `gradus rlhf reward` saved in a folder, and the contents of its `tokenizer.json`; `make` is told how long texts are, and makes it.
 * @throws UserError where there is none.
 */
export async function loadRewardModel(
  folder: string,
  device: Device,
): Promise<{ readonly make: (maxLength: number) => RewardModel; readonly tokenizerFile: unknown }> {
  const where = `--reward ${folder}`;
  const { run, checkpoint, decoder, tokenizerFile } = await loadLanguageRun(folder);
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
  return { make, tokenizerFile };
}
