import { basename, resolve } from 'node:path';
import { Random, type Callback, type Checkpoint, type Learner, type Metrics } from '@gradus/core';
import {
  DataError,
  readTokenizer,
  TokenizerError,
  withLora,
  type ByteLevelTokenizer,
  type Decoder,
} from '@gradus/llm-rlhf';
import type { Device } from '@gradus/tensor';
import { Option, type Command } from 'commander';
import { defaultDeviceName, deviceOption, openDevice, type DeviceChoice } from '../catalog/devices.ts';
import { integerFrom, oneSeed, positiveNumber } from '../catalog/parse-options.ts';
import { assignedOptions } from '../catalog/settings.ts';
import { checkOutputFolder } from '../files/check-output-folder.ts';
import { languageAlgorithms, type LanguageAlgorithm, type Material, type Training } from '../rlhf/algorithms.ts';
import { readDataFile } from '../rlhf/data-file.ts';
import {
  chatTemplateOf,
  fromFiles,
  loadLanguageModel,
  TEMPLATE_PLACES,
  type TextFiles,
} from '../rlhf/language-model.ts';
import {
  forgetModel,
  importEnvironment,
  importReward,
  loadLanguageRun,
  loadRewardModel,
  saveLanguageRun,
  saveModel,
  type LanguageRun,
} from '../rlhf/language-run.ts';
import { count } from '../runs/results.ts';
import { trainInterruptibly } from '../runs/train-interruptibly.ts';
import { reasons, saveSomewhere, TrainingPlace } from '../runs/training-place.ts';
import { fromUser, UserError } from '../user-error.ts';

interface RlhfTrainOptions {
  readonly model?: string;
  readonly data?: string;
  readonly reward?: string;
  readonly reference?: string;
  readonly environment?: string;
  readonly maxLength?: number;
  readonly maxTurns?: number;
  readonly epochs?: number;
  readonly steps?: number;
  readonly moreSteps?: number;
  readonly maxPromptLength?: number;
  readonly maxCompletionLength?: number;
  readonly loraRank?: number;
  readonly loraAlpha?: number;
  readonly loraTargets?: readonly string[];
  readonly set: readonly string[];
  readonly seed: number;
  readonly device?: DeviceChoice;
  readonly out?: string;
  readonly force: boolean;
  readonly log?: string;
  readonly resume?: string;
  readonly checkpointEvery: number;
  readonly json: boolean;
}

/** Characters of a line of help. */
const LINE = 100;

const notes = (name: string): string => `
Steps are texts. Rows are in TRL's formats, in a file of JSON lines (.jsonl) or Parquet (.parquet); where they are conversations, the model's chat template makes
texts of them. What --set can set, with its defaults:

  ${optionsText(languageAlgorithms[name].defaults)}

Ctrl-C ends training after the running update, saves it and says how to resume; it is saved each minute besides. Without --out that is a new folder,
runs/${name}-<model>-<seed>. The model is written to <out>/model when training ends, as Hugging Face's files; --model and --reference find it in <out> too. A
resumed run gives the same numbers as one that was not interrupted.`;

/** Options with their defaults, a few in a line. */
function optionsText(defaults: Readonly<Record<string, unknown>>): string {
  const lines = [''];
  for (const [name, value] of Object.entries(defaults).filter(([each]) => each !== 'seed')) {
    const text = `${name}=${JSON.stringify(value)}`;
    if (lines[lines.length - 1].length + text.length > LINE) lines.push('');
    lines[lines.length - 1] += `${text}  `;
  }
  return lines.map((line) => line.trimEnd()).join('\n  ');
}

/** Adds `gradus rlhf <name>`. */
export function addRlhfTrain(rlhf: Command, name: string): void {
  const { description, columns, isOnline } = languageAlgorithms[name];
  const command = rlhf
    .command(name)
    .description(description)
    .option(
      '--model <dir>',
      "what is trained: a folder of Hugging Face's files, or one that 'gradus rlhf' saved a model in",
    )
    .option('--data <file>', `rows with the columns ${columns}`);
  if (isOnline) {
    command.option(
      '--reward <dir|file>',
      "what completions are rewarded by: a folder of 'gradus rlhf reward', or a module that exports a function reward(prompts, completions, { rows }), where rows[i].columns has the other columns",
    );
    command
      .addOption(
        new Option(
          '--environment <file>',
          'episodes of several turns instead: a module that exports a function environment(), which makes a TextEnvironment; rows are what episodes begin with',
        ).conflicts(['reward', 'maxPromptLength']),
      )
      .option('--max-length <n>', 'tokens of the longest episode', integerFrom(2))
      .option(
        '--max-turns <n>',
        'turns of the model in an episode (default: what --max-length has room for)',
        integerFrom(1),
      );
  }
  if (isOnline || name === 'dpo') {
    command.option(
      '--reference <dir>',
      'the model that it should not stray from (default: the model as it was at first)',
    );
  }
  command
    .addOption(
      new Option('--epochs <n>', 'passes over the data (default: 1)')
        .argParser(integerFrom(1))
        .conflicts(['steps', 'moreSteps']),
    )
    .option('--steps <n>', 'texts to learn from, counted from the first one', integerFrom(1))
    .addOption(new Option('--more-steps <n>', 'texts, counted from now').argParser(integerFrom(1)).conflicts('steps'))
    .option('--max-prompt-length <n>', 'cut off the first tokens of longer prompts', integerFrom(1));
  if (!isOnline) {
    command.option('--max-completion-length <n>', 'cut off the last tokens of longer completions', integerFrom(1));
  }
  if (name !== 'reward') {
    command
      .option(
        '--lora-rank <n>',
        "train adapters of this rank instead of all weights (LoRA); they are written to <out>/adapter, as PEFT's files, and merged to <out>/model",
        integerFrom(1),
      )
      .option('--lora-alpha <x>', 'what adapters add is scaled by x / rank (default: 8)', positiveNumber)
      .option(
        '--lora-targets <names>',
        "linear layers beside which they stand, by the ends of their names, with commas between (default: attention's, as in PEFT)",
        (text) => text.split(','),
      );
  }
  command
    .addOption(
      new Option('--set <name=value>', "set one of the algorithm's options, also to a schedule; may be repeated")
        .argParser((text, before: readonly string[]) => [...before, text])
        .default([], 'none'),
    )
    .option('--seed <n>', 'all that is random follows from it', oneSeed, 0)
    .addOption(deviceOption())
    .option('--out <dir>', 'save here')
    .option('--force', 'replace what is saved in --out', false)
    .option('--log <dir>', 'write progress.csv and TensorBoard event files here')
    .addOption(
      new Option('--resume <dir>', 'go on with what was saved here').conflicts([
        'model',
        'out',
        'seed',
        'maxLength',
        'maxTurns',
        'maxPromptLength',
        'maxCompletionLength',
        'loraRank',
        'loraAlpha',
        'loraTargets',
      ]),
    )
    .option('--checkpoint-every <s>', 'seconds between checkpoints, from which --resume goes on', positiveNumber, 60)
    .option('--json', 'show no progress, and print the result as one line of JSON', false)
    .addHelpText('after', notes(name))
    .action(async (options: RlhfTrainOptions) => rlhfTrainCommand(name, options, command));
}

async function rlhfTrainCommand(name: string, options: RlhfTrainOptions, command: Command): Promise<void> {
  const { out, resume, force, json, log, checkpointEvery } = options;
  if (out !== undefined) {
    await checkOutputFolder(out, {
      what: 'a saved training',
      replace: force,
      advice: `--resume ${out} goes on with it`,
    });
  }
  const place = await TrainingPlace.take(options);
  try {
    const started =
      resume === undefined ? await startRun(name, options, command) : await resumeRun(name, resume, options);
    const { run, trainer, decoder, textFiles } = started;
    if (place.folder !== undefined && resume === undefined) await forgetModel(place.folder);
    const own = `runs/${run.algorithm}-${basename(resolve(run.model))}-${run.seed}`;
    const save = async (folder: string): Promise<void> => saveLanguageRun(folder, run, trainer, decoder, textFiles);
    const saveWithModel = async (folder: string): Promise<void> => {
      await save(folder);
      if (name !== 'reward') await saveModel(folder, decoder, run, textFiles);
    };
    const last = lastMetrics();
    const time = await trainInterruptibly(trainer, {
      steps: run.steps,
      quiet: json,
      log,
      checkpointEvery,
      checkpoint: async () => save(await place.need(own)),
      keep: async () => place.keep(own, saveWithModel, `gradus rlhf ${name} --resume`),
      evaluation: last,
    });
    const saved = await saveSomewhere(await place.need(own), saveWithModel);
    const { algorithm, model, data, seed } = run;
    const result = {
      algorithm,
      model,
      data,
      seed,
      steps: trainer.step,
      ...time,
      out: saved.folder,
      metrics: last.metrics,
    };
    if (json) console.log(JSON.stringify(result));
    else console.log(resultText(result));
    if (saved.failure !== undefined) throw new UserError(reasons(saved).join('; '));
    if (!json) console.log(adviceText(name, saved.folder ?? ''));
  } finally {
    await place.release();
  }
}

/** Remembers what the last update reported. */
function lastMetrics(): { readonly callback: Callback<Learner>; readonly seconds: number; metrics: Metrics } {
  const last = {
    seconds: 0,
    metrics: {} as Metrics,
    callback: {
      onProgress: ({ metrics }: { readonly metrics: Metrics }): void => {
        last.metrics = metrics;
      },
    },
  };
  return last;
}

function resultText({
  algorithm,
  steps,
  seconds,
  metrics,
}: {
  algorithm: string;
  steps: number;
  seconds: number;
  metrics: Metrics;
}): string {
  const shown = ['loss', 'mean_token_accuracy', 'accuracy', 'rewards/accuracies', 'reward', 'objective/kl'].flatMap(
    (name) => (Object.hasOwn(metrics, name) ? [`${name} ${metrics[name].toFixed(3)}`] : []),
  );
  return [`${algorithm}: ${count(steps)} texts in ${seconds.toFixed(1)} s`, ...shown].join(', ');
}

function adviceText(name: string, folder: string): string {
  if (name === 'reward') return `saved in ${folder}; to learn from it: gradus rlhf rloo --reward ${folder} …`;
  return `saved in ${folder}; to complete a text: gradus rlhf generate --model ${folder} --prompt …`;
}

interface StartedRun {
  readonly run: LanguageRun;
  readonly trainer: Learner;
  readonly decoder: Decoder;
  readonly textFiles: TextFiles;
}

async function startRun(name: string, options: RlhfTrainOptions, command: Command): Promise<StartedRun> {
  const { isOnline, defaults } = languageAlgorithms[name];
  const missing = (option: string): never => command.error(`error: required option '${option}' not specified`);
  const { model: path = missing('--model <dir>'), data = missing('--data <file>'), seed, reward, reference } = options;
  const { environment, maxLength, maxTurns, loraRank: rank, loraAlpha: alpha, loraTargets: targets } = options;
  if (isOnline && environment === undefined && reward === undefined) missing('--reward <dir|file>');
  if (environment !== undefined && maxLength === undefined) missing('--max-length <n>');
  if (environment === undefined && (maxLength ?? maxTurns) !== undefined) missing('--environment <file>');
  if (rank === undefined && (alpha ?? targets) !== undefined) missing('--lora-rank <n>');
  const given = assignedOptions(options.set, defaults);
  const device = options.device ?? defaultDeviceName();
  const { decoder: loaded, tokenizer, textFiles, endTokens } = await loadLanguageModel(path);
  if (endTokens.length === 0) {
    throw new UserError(
      `--model ${path}: its files do not say which token ends texts (eos_token_id of generation_config.json)`,
    );
  }
  const { maxPromptLength, maxCompletionLength } = options;
  const lora = rank === undefined ? undefined : { rank, alpha, targets: targets && [...targets] };
  const decoder =
    lora === undefined ? loaded : await fromFiles(`--model ${path}`, () => withLora(loaded, lora, new Random(seed)));
  const run = {
    algorithm: name,
    model: path,
    data,
    ...(reward !== undefined && { reward }),
    ...(reference !== undefined && { reference }),
    ...(environment !== undefined && { environment }),
    ...(maxLength !== undefined && { maxLength }),
    ...(maxTurns !== undefined && { maxTurns }),
    ...(maxPromptLength !== undefined && { maxPromptLength }),
    ...(maxCompletionLength !== undefined && { maxCompletionLength }),
    ...(lora !== undefined && { lora }),
    seed,
    device,
    endTokens: [...endTokens],
  };
  const opened = await openDevice(device);
  const material = await materialOf(run, decoder, tokenizer, textFiles, opened);
  const { trainer, epoch } = startTraining(run, material, { ...given, seed, device: opened });
  const { steps = options.moreSteps ?? (options.epochs ?? 1) * epoch } = options;
  return { run: { ...run, steps }, trainer, decoder, textFiles };
}

async function resumeRun(name: string, folder: string, options: RlhfTrainOptions): Promise<StartedRun> {
  const { run: saved, checkpoint, textFiles, decoder } = await loadLanguageRun(folder);
  if (saved.algorithm !== name) {
    throw new UserError(`--resume ${folder}: it was trained by 'gradus rlhf ${saved.algorithm}'`);
  }
  const { data = saved.data, reward = saved.reward, reference = saved.reference, device = saved.device } = options;
  const { environment = saved.environment } = options;
  if (environment !== undefined && saved.environment === undefined) {
    throw new UserError(`--resume ${folder}: it learned from completions, not from episodes of an environment`);
  }
  const others = {
    ...(reward !== undefined && { reward }),
    ...(reference !== undefined && { reference }),
    ...(environment !== undefined && { environment }),
  };
  const run = { ...saved, data, ...others, device };
  const given = assignedOptions(options.set, languageAlgorithms[name].defaults);
  const opened = await openDevice(device);
  const tokenizer = await fromFiles(folder, () => readTokenizer(textFiles['tokenizer.json']));
  const material = await materialOf(run, decoder, tokenizer, textFiles, opened);
  const { trainer, epoch } = startTraining(run, material, { ...given, device: opened }, checkpoint);
  const { epochs, moreSteps } = options;
  const total = moreSteps === undefined ? run.steps : trainer.step + moreSteps;
  const { steps = epochs === undefined ? total : epochs * epoch } = options;
  return { run: { ...run, steps }, trainer, decoder, textFiles };
}

/** What a training is made of, read from where `run` says. */
async function materialOf(
  run: Omit<LanguageRun, 'steps'>,
  decoder: Decoder,
  tokenizer: ByteLevelTokenizer,
  textFiles: TextFiles,
  device: Device,
): Promise<Material> {
  const { model, data, environment, maxLength = 0, maxTurns, maxPromptLength, maxCompletionLength } = run;
  const rows = await readDataFile(data);
  const conversation = rows.findIndex((row) =>
    ['messages', 'prompt', 'chosen'].some((name) => Array.isArray(row[name])),
  );
  // Not read for texts, since it may be one that is not supported.
  const template = conversation === -1 ? undefined : await chatTemplateOf(textFiles, `--model ${model}`);
  if (conversation !== -1 && template === undefined && environment === undefined) {
    throw new UserError(
      `--data ${data}: row ${conversation} is a conversation, of which a chat template makes a text, and --model ${model} has none (${TEMPLATE_PLACES})`,
    );
  }
  const sameTokens = (option: string, path: string, other: ByteLevelTokenizer): void => {
    if (JSON.stringify(other.vocabulary) === JSON.stringify(tokenizer.vocabulary)) return;
    throw new UserError(`${option} ${path}: its tokenizer has other tokens than the model's`);
  };
  let reference: Decoder | undefined;
  if (run.reference !== undefined) {
    const loaded = await loadLanguageModel(run.reference, '--reference');
    sameTokens('--reference', run.reference, loaded.tokenizer);
    reference = loaded.decoder;
  }
  let reward: Material['reward'];
  if (run.reward !== undefined && /\.[cm]?[jt]s$/.test(run.reward)) {
    const own = await importReward(run.reward);
    reward = () => own;
  } else if (run.reward !== undefined) {
    const where = `--reward ${run.reward}`;
    const loaded = await loadRewardModel(run.reward, device);
    sameTokens('--reward', run.reward, await fromFiles(where, () => readTokenizer(loaded.textFiles['tokenizer.json'])));
    reward = loaded.make;
  }
  const episodes =
    environment === undefined
      ? undefined
      : { environment: await importEnvironment(environment), maxLength, ...(maxTurns !== undefined && { maxTurns }) };
  const limits = { maxPromptLength, maxCompletionLength };
  const endOfText = run.endTokens[0];
  return { decoder, tokenizer, endOfText, rows, limits, template, reference, reward, episodes };
}

/** @throws UserError for rows that are not what they should be, and for options that are wrong. */
function startTraining(
  { algorithm, data }: Pick<LanguageRun, 'algorithm' | 'data'>,
  material: Material,
  options: Parameters<LanguageAlgorithm['start']>[1],
  checkpoint?: Checkpoint,
): Training {
  try {
    return fromUser(() => languageAlgorithms[algorithm].start(material, options, checkpoint));
  } catch (error) {
    if (!(error instanceof DataError || error instanceof TokenizerError)) throw error;
    throw new UserError(`--data ${data}: ${error.message}`);
  }
}
