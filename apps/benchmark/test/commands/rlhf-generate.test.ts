import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '@gradus/core';
import { TextGenerator } from '@gradus/llm-rlhf';
import { device } from '@gradus/tensor';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../run-command.ts';
import { tinyModel, writeJson, type TinyModel } from '../rlhf/tiny-model.ts';
import { temporaryFolder } from '../temporary-folder.ts';

interface Completion {
  readonly prompt: string;
  readonly completion: string;
  readonly tokens: number;
  readonly ended: boolean;
  readonly log_probability: number;
}

const generate = (folder: string, ...more: string[]) =>
  runCommand('rlhf', 'generate', '--model', folder, '--device', 'wasm', '--max-new-tokens', '8', ...more);

async function completionsOf(folder: string, ...more: string[]): Promise<Completion[]> {
  const { status, output, errors } = await generate(folder, ...more, '--json');
  expect([status, errors]).toEqual([0, '']);
  expect(output).toMatch(/^\{.*\}\n$/);
  return (JSON.parse(output) as { completions: Completion[] }).completions;
}

/** What the library draws for these prompts. */
function expected(
  { decoder, tokenizer }: TinyModel,
  prompts: string[],
  temperature: number,
  seed: number,
): Completion[] {
  const tokens = prompts.map((prompt) => tokenizer.encode(prompt));
  const promptLength = Math.max(...tokens.map(({ length }) => length));
  const generator = new TextGenerator(decoder, {
    rows: prompts.length,
    promptLength,
    maxNewTokens: 8,
    device: device('wasm'),
  });
  const drawn = generator.generate(tokens, { temperature, stopTokens: [0], random: new Random(seed) });
  return prompts.map((prompt, row) => {
    const length = drawn.lengths[row];
    const written = drawn.tokens.subarray(8 * row, 8 * row + length);
    return {
      prompt,
      completion: tokenizer.decode(written, { skipSpecial: true }),
      tokens: length,
      ended: drawn.ended[row] === 1,
      log_probability: drawn.logProbabilities.subarray(8 * row, 8 * row + length).reduce((sum, each) => sum + each, 0),
    };
  });
}

describe('gradus rlhf generate', () => {
  it('writes what the library writes, the most likely and what a seed draws', async () => {
    const model = tinyModel();
    const prompts = ['the cat', 'sat'];
    const flags = prompts.flatMap((prompt) => ['--prompt', prompt]);
    expect(await completionsOf(model.folder, ...flags, '--temperature', '0')).toEqual(expected(model, prompts, 0, 0));
    const drawn = expected(model, prompts, 1, 3);
    expect(await completionsOf(model.folder, ...flags, '--seed', '3')).toEqual(drawn);
    const { output } = await generate(model.folder, ...flags, '--seed', '3');
    expect(output).toBe(`${drawn.map(({ prompt, completion }) => prompt + completion).join('\n\n')}\n`);
  });

  it('writes one text while it comes, characters whole', async () => {
    const model = tinyModel();
    for (let seed = 0; seed < 8; seed++) {
      const [{ prompt, completion }] = expected(model, ['the cat'], 1, seed);
      const { output } = await generate(model.folder, '--prompt', 'the cat', '--seed', String(seed));
      expect(output).toBe(`${prompt}${completion}\n`);
    }
  });

  it('draws several completions of a prompt, more than are written side by side', async () => {
    const { folder } = tinyModel();
    const completions = await completionsOf(folder, '--prompt', 'the', '--samples', '20');
    expect(completions).toHaveLength(20);
    expect(new Set(completions.map(({ completion }) => completion)).size).toBeGreaterThan(15);
    const greedy = await completionsOf(folder, '--prompt', 'the', '--samples', '20', '--top-k', '1');
    expect(new Set(greedy.map(({ completion }) => completion)).size).toBe(1);
    const likely = await completionsOf(folder, '--prompt', 'the', '--samples', '2', '--top-p', '0');
    expect(likely[0].completion).toBe(greedy[0].completion);
  });

  it('ends at the tokens that the files name, generation before the model, or at those of --stop', async () => {
    const { folder, tokenizer } = tinyModel();
    const [{ completion }] = await completionsOf(folder, '--prompt', 'the', '--temperature', '0');
    const [first] = tokenizer.encode(completion);
    const endsAfter = async (...more: string[]): Promise<[number, boolean]> => {
      const [{ tokens, ended }] = await completionsOf(folder, '--prompt', 'the', '--temperature', '0', ...more);
      return [tokens, ended];
    };
    expect(await endsAfter()).toEqual([8, false]);
    expect(await endsAfter('--stop', tokenizer.decode([first]))).toEqual([1, true]);
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as object;
    writeJson(folder, 'config.json', { ...config, eos_token_id: first });
    expect(await endsAfter()).toEqual([8, false]);
    writeJson(folder, 'generation_config.json', { eos_token_id: [0, first] });
    expect(await endsAfter()).toEqual([1, true]);
    writeJson(folder, 'generation_config.json', {});
    expect(await endsAfter()).toEqual([1, true]);
  });

  it('writes as much as there is room for', async () => {
    const { folder } = tinyModel();
    const { output } = await runCommand('rlhf', 'generate', '--model', folder, '--prompt', 'q'.repeat(30), '--json');
    expect((JSON.parse(output) as { completions: Completion[] }).completions[0].tokens).toBeLessThanOrEqual(2);
  });

  it('takes the folder that a training has saved a model in', async () => {
    const { folder } = tinyModel();
    const run = temporaryFolder();
    cpSync(folder, join(run, 'model'), { recursive: true });
    expect(await completionsOf(run, '--prompt', 'the')).toEqual(await completionsOf(folder, '--prompt', 'the'));
  });
});

describe('what cannot be is told by its name', () => {
  const failing = async (folder: string, ...more: string[]): Promise<string> => {
    const { status, errors } = await generate(folder, ...more);
    expect(status).toBe(1);
    return errors;
  };

  it('of folders and their files', async () => {
    const nowhere = join(temporaryFolder(), 'nowhere');
    expect(await failing(nowhere, '--prompt', 'a')).toBe(`error: --model ${nowhere}: there is no such folder\n`);
    const empty = temporaryFolder();
    expect(await failing(empty, '--prompt', 'a')).toContain(
      `error: --model ${empty}: config.json is missing; expected`,
    );
    for (const name of ['tokenizer.json', 'model.safetensors']) {
      const { folder } = tinyModel();
      rmSync(join(folder, name));
      expect(await failing(folder, '--prompt', 'a')).toBe(`error: --model ${folder}: ${name} is missing\n`);
    }
  });

  it('of what is in files', async () => {
    const { folder, tokenizer } = tinyModel();
    const broken = (name: string, text: string): string => {
      const copy = join(temporaryFolder(), 'model');
      cpSync(folder, copy, { recursive: true });
      writeFileSync(join(copy, name), text);
      return copy;
    };
    const messageFor = async (name: string, text: string): Promise<string> => {
      const copy = broken(name, text);
      return (await failing(copy, '--prompt', 'a')).replaceAll(copy, 'DIR');
    };
    expect(await messageFor('tokenizer.json', '{')).toContain('error: DIR/tokenizer.json: expected JSON, got "{"');
    expect(await messageFor('tokenizer.json', '{"model": {"type": "Unigram"}}')).toBe(
      'error: --model DIR: tokenizer.json: model.type "Unigram" is not supported, only "BPE"\n',
    );
    expect(await messageFor('config.json', '{"model_type": "bert"}')).toBe(
      'error: --model DIR: config: expected model_type to be one of gpt2, llama, gpt_neox, got "bert"\n',
    );
    expect(await messageFor('model.safetensors', 'x')).toContain('error: --model DIR: ');
    expect(await messageFor('generation_config.json', '{"eos_token_id": "end"}')).toContain(
      'error: DIR/generation_config.json: eos_token_id: ',
    );
    expect(await messageFor('generation_config.json', '{"eos_token_id": 500}')).toBe(
      `error: DIR/generation_config.json: eos_token_id: expected a token of the model's ${tokenizer.size}, got 500\n`,
    );
  });

  it('of prompts and tokens that end', async () => {
    const { folder } = tinyModel();
    expect(await failing(folder, '--prompt', '')).toBe(
      'error: --prompt: expected a text of at least one token, got none\n',
    );
    expect(await failing(folder, '--prompt', 'q'.repeat(25))).toBe(
      "error: --prompt: it has 25 tokens, and with 8 more (--max-new-tokens) is longer; the model's longest text has 32\n",
    );
    const { errors } = await runCommand('rlhf', 'generate', '--model', folder, '--prompt', 'q'.repeat(32));
    expect(errors).toBe("error: --prompt: it has 32 tokens; the model's longest text has 32\n");
    expect(await failing(folder, '--prompt', 'a', '--stop', 'qq')).toBe(
      'error: --stop qq: expected the text of one token, got one of 2\n',
    );
  });

  it('of the command line', async () => {
    const errorsOf = async (...args: string[]): Promise<string> => {
      const { status, errors } = await runCommand('rlhf', ...args);
      expect(status).toBe(2);
      return errors;
    };
    expect(await errorsOf('generate', '--model', 'x')).toContain("required option '--prompt <text>' not specified");
    expect(await errorsOf('generate', '--prompt', 'x')).toContain("required option '--model <dir>' not specified");
    const both = ['generate', '--model', 'x', '--prompt', 'y'];
    expect(await errorsOf(...both, '--top-p', '2')).toContain('Expected a number of at least 0 and at most 1.');
    expect(await errorsOf(...both, '--temperature', '-1')).toContain('Expected a number of at least 0.');
    expect(await errorsOf('generat')).toContain("unknown command 'generat'");
  });
});
