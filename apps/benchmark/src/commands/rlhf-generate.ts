import { Random } from '@gradus/core';
import { TextGenerator, type ChatTemplate, type GenerateOptions } from '@gradus/llm-rlhf';
import { Option, type Command } from 'commander';
import { defaultDeviceName, deviceOption, openDevice, type DeviceChoice } from '../catalog/devices.ts';
import { MOST_HELD, integerFrom, numberFrom, oneSeed } from '../catalog/parse-options.ts';
import {
  chatTemplateOf,
  fromFiles,
  loadLanguageModel,
  TEMPLATE_PLACES,
  type LanguageModel,
} from '../rlhf/language-model.ts';
import { UserError } from '../user-error.ts';

interface GenerateCommandOptions {
  readonly model: string;
  readonly prompt: readonly string[];
  readonly chat: boolean;
  readonly samples: number;
  readonly maxNewTokens?: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP: number;
  readonly stop?: readonly string[];
  readonly seed: number;
  readonly device?: DeviceChoice;
  readonly json: boolean;
}

/** Completions that are written side by side; more follow after them, since what they remember takes memory. */
const ROWS = 16;

/** Tokens of the longest completion where nothing else is asked for. */
const NEW_TOKENS = 64;

const notes = `
A completion ends with a token that ends texts (eos_token_id of the model's files, or --stop), or when it is as long as it may be. What is drawn
follows from --seed.

Examples:
  gradus rlhf generate --model runs/sft --prompt 'Once upon a time'
  gradus rlhf generate --model smollm2 --chat --prompt 'What is the capital of France?'
  gradus rlhf generate --model gpt2 --prompt 'The answer is' --samples 4 --temperature 0.7 --top-p 0.9 --json`;

const repeatable = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => [
    ...(before ?? []),
    text,
  ]);

/** Adds `gradus rlhf generate`. */
export function addRlhfGenerate(rlhf: Command): void {
  rlhf
    .command('generate')
    .description('complete texts')
    .requiredOption('--model <dir>', "a folder of Hugging Face's files, or one that 'gradus rlhf' saved a model in")
    .addOption(repeatable('--prompt <text>', 'what is to be completed; may be repeated').makeOptionMandatory())
    .option(
      '--chat',
      "take each prompt as a user's message, and put the model's chat template around it, after which it answers",
      false,
    )
    .option('--samples <n>', 'completions of each prompt', integerFrom(1, MOST_HELD), 1)
    .option(
      '--max-new-tokens <n>',
      'tokens of the longest completion (default: 64, or what the model has room for)',
      integerFrom(1),
    )
    .option('--temperature <t>', 'logits are divided by it; 0 takes the most likely token', numberFrom(0), 1)
    .option('--top-k <n>', 'draw only from so many of the most likely tokens', integerFrom(1))
    .option(
      '--top-p <p>',
      'draw only from the most likely tokens that together have this probability',
      numberFrom(0, 1),
      1,
    )
    .addOption(
      repeatable(
        '--stop <token>',
        "the text of a token that ends completions, instead of the model's own; may be repeated",
      ),
    )
    .option('--seed <n>', 'what is drawn follows from it', oneSeed, 0)
    .addOption(deviceOption())
    .option('--json', 'print all completions as one line of JSON', false)
    .addHelpText('after', notes)
    .action(generateCommand);
}

/** A prompt with one of its completions. */
interface Completion {
  readonly prompt: string;
  readonly completion: string;
  /** Tokens of the completion, the one that ended it among them. */
  readonly tokens: number;
  /** Whether a token ended it. */
  readonly ended: boolean;
  /** log π of all of it, at the temperature that it was drawn at. */
  readonly log_probability: number;
}

async function generateCommand(options: GenerateCommandOptions): Promise<void> {
  const { samples, temperature, topK = null, topP, seed, json } = options;
  const device = await openDevice(options.device ?? defaultDeviceName());
  const model = await loadLanguageModel(options.model);
  const where = `--model ${options.model}`;
  const template = options.chat ? await chatTemplateOf(model.textFiles, where) : undefined;
  if (options.chat && template === undefined) {
    throw new UserError(`${where}: it has no chat template (${TEMPLATE_PLACES})`);
  }
  const prompts = await Promise.all(options.prompt.map(async (prompt) => encodePrompt(model, prompt, template)));
  const texts = prompts.flatMap((prompt) => Array.from({ length: samples }, () => prompt));
  const promptLength = Math.max(...prompts.map(({ tokens }) => tokens.length));
  const maxNewTokens = newTokens(model, promptLength, options.maxNewTokens);
  const rows = Math.min(texts.length, ROWS);
  const generator = new TextGenerator(model.decoder, { rows, promptLength, maxNewTokens, device });
  const stopTokens = await stopTokensOf(model, options.stop);
  const drawn = { temperature, topK, topP, stopTokens, random: new Random(seed) };
  // A model may have more tokens than its tokenizer, and draw one of those.
  await fromFiles(`--model ${options.model}`, () => {
    if (texts.length === 1 && !json) {
      writeAsItComes(model, generator, texts[0], drawn);
      return;
    }
    const completions: Completion[] = [];
    for (let first = 0; first < texts.length; first += rows) {
      completions.push(...complete(model, generator, texts.slice(first, first + rows), drawn));
    }
    if (json) console.log(JSON.stringify({ model: options.model, seed, completions }));
    else console.log(completions.map(({ prompt, completion }) => prompt + completion).join('\n\n'));
  });
}

interface Prompt {
  readonly text: string;
  readonly tokens: Int32Array;
}

async function encodePrompt(
  { tokenizer }: LanguageModel,
  given: string,
  template: ChatTemplate | undefined,
): Promise<Prompt> {
  const asked = [{ role: 'user', content: given }];
  const text = await fromFiles('--chat', () => template?.render(asked, { addGenerationPrompt: true }) ?? given);
  const tokens = await fromFiles('--prompt', () => tokenizer.encode(text));
  if (tokens.length === 0) throw new UserError('--prompt: expected a text of at least one token, got none');
  return { text, tokens };
}

/** Tokens of the longest completion. @throws UserError where the model has no room for them. */
function newTokens({ decoder }: LanguageModel, promptLength: number, asked: number | undefined): number {
  const { positions } = decoder.sizes;
  const room = positions - promptLength;
  if (asked === undefined && room > 0) return Math.min(NEW_TOKENS, room);
  if (asked !== undefined && asked <= room) return asked;
  const more = asked === undefined ? '' : `, and with ${asked} more (--max-new-tokens) is longer`;
  throw new UserError(`--prompt: it has ${promptLength} tokens${more}; the model's longest text has ${positions}`);
}

/** The tokens that end completions. */
async function stopTokensOf(
  { tokenizer, endTokens }: LanguageModel,
  stop?: readonly string[],
): Promise<readonly number[]> {
  if (stop === undefined) return endTokens;
  return Promise.all(
    stop.map(async (text) => {
      const where = `--stop ${text}`;
      const tokens = await fromFiles(where, () => tokenizer.encode(text));
      if (tokens.length === 1) return tokens[0];
      throw new UserError(`${where}: expected the text of one token, got one of ${tokens.length}`);
    }),
  );
}

/** Completes up to as many texts as the generator has rows. */
function complete(
  { tokenizer }: LanguageModel,
  generator: TextGenerator,
  prompts: readonly Prompt[],
  options: GenerateOptions,
): Completion[] {
  const { tokens, logProbabilities, lengths, ended } = generator.generate(
    prompts.map((prompt) => prompt.tokens),
    options,
  );
  const width = tokens.length / prompts.length;
  return prompts.map(({ text }, row) => {
    const of = <T extends Int32Array | Float32Array>(values: T): T =>
      values.subarray(row * width, row * width + lengths[row]) as T;
    return {
      prompt: text,
      completion: tokenizer.decode(of(tokens), { skipSpecial: true }),
      tokens: lengths[row],
      ended: ended[row] === 1,
      log_probability: of(logProbabilities).reduce((sum, value) => sum + value, 0),
    };
  });
}

/** Prints one text while it is being written. */
function writeAsItComes(
  { tokenizer }: LanguageModel,
  generator: TextGenerator,
  { text, tokens: prompt }: Prompt,
  options: GenerateOptions,
): void {
  process.stdout.write(text);
  const written: number[] = [];
  let shown = 0;
  let completion = '';
  for (const { tokens } of generator.stream([prompt], options)) {
    written.push(tokens[0]);
    completion = tokenizer.decode(written, { skipSpecial: true });
    // Bytes that are no character yet may become one with the next token.
    const whole = completion.replace(/\ufffd+$/, '');
    process.stdout.write(whole.slice(shown));
    shown = whole.length;
  }
  process.stdout.write(`${completion.slice(shown)}\n`);
}
