import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ChatTemplate,
  completionExamples,
  loadLora,
  mergeLora,
  preferenceExamples,
  saveDecoder,
  SftTrainer,
} from '@gradus/llm-rlhf';
import { loadDecoderFolder } from '@gradus/llm-rlhf/node';
import { device, saveParameters } from '@gradus/tensor';
import { describe, expect, it } from 'vitest';
import { loadRewardModel } from '../../src/rlhf/language-run.ts';
import { startGradus } from '../gradus-process.ts';
import { tinyModel, writeJson, type TinyModel } from '../rlhf/tiny-model.ts';
import { runCommand, type CommandRun } from '../run-command.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { waitFor } from '../wait-for.ts';

const texts = ['sat', 'sat on the mat', 'on', 'the mat', 'the cat sat'].map((completion) => ({
  prompt: 'the cat ',
  completion,
}));
const pairs = texts.map(({ prompt, completion }) => ({ prompt, chosen: completion, rejected: 'mat mat' }));

/** A model, files of rows, and where to save. */
interface Workplace extends TinyModel {
  readonly root: string;
  /** Writes rows, and returns where. */
  readonly data: (rows: readonly object[], name?: string) => string;
}

function workplace(): Workplace {
  const root = temporaryFolder();
  return {
    ...tinyModel(),
    root,
    data: (rows, name = 'rows.jsonl') => {
      const path = join(root, name);
      writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
      return path;
    },
  };
}

const quick = ['--device', 'wasm', '--set', 'batchSize=4', '--set', 'learningRate=0.01'];
const rlhf = (...args: string[]): Promise<CommandRun> => runCommand('rlhf', ...args);

interface Result {
  readonly algorithm: string;
  readonly steps: number;
  readonly out: string;
  readonly metrics: Readonly<Record<string, number>>;
}

async function trained(...args: string[]): Promise<Result> {
  const { status, output, errors } = await rlhf(...args, '--json');
  expect([status, errors]).toEqual([0, '']);
  expect(output).toMatch(/^\{.*\}\n$/);
  return JSON.parse(output) as Result;
}

/** The weights that a training has ended with. */
const weights = (out: string): string => readFileSync(join(out, 'model', 'model.safetensors'), 'latin1');

describe('gradus rlhf sft', () => {
  it('trains as the library does, and writes a model that completes texts', async () => {
    const { folder, decoder, tokenizer, data, root } = workplace();
    const out = join(root, 'sft');
    const result = await trained(
      'sft',
      '--model',
      folder,
      '--data',
      data(texts),
      ...quick,
      '--seed',
      '3',
      '--steps',
      '12',
      '--out',
      out,
    );

    const { examples: rows } = completionExamples(texts, tokenizer, { endOfText: 0 });
    const own = new SftTrainer(
      { model: decoder, rows },
      { batchSize: 4, learningRate: 0.01, seed: 3, device: device('wasm') },
    );
    const [last] = [...own.learn({ steps: 12 })].slice(-1);
    expect(result).toMatchObject({ algorithm: 'sft', steps: 12, out });
    expect(result.metrics.loss).toBe(last.metrics.loss);
    expect(weights(out)).toBe(Buffer.from(saveDecoder(decoder)['model.safetensors']).toString('latin1'));
    expect(readdirSync(join(out, 'model')).sort()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    expect(JSON.parse(readFileSync(join(out, 'model', 'generation_config.json'), 'utf8'))).toEqual({ eos_token_id: 0 });
    const generated = await rlhf('generate', '--model', out, '--prompt', 'the cat ', '--temperature', '0');
    expect([generated.status, generated.errors]).toEqual([0, '']);
  });

  it('makes one pass over the data by default, or as many as are asked for', async () => {
    const { folder, data, root } = workplace();
    const flags = ['--model', folder, '--data', data([...texts, ...texts.slice(0, 3)]), ...quick];
    expect((await trained('sft', ...flags, '--out', join(root, 'a'))).steps).toBe(8);
    expect((await trained('sft', ...flags, '--epochs', '2', '--out', join(root, 'b'))).steps).toBe(16);
  });

  it('goes on as if it had not been interrupted', async () => {
    const { folder, data, root } = workplace();
    const flags = ['--model', folder, '--data', data(texts), ...quick];
    const [whole, parts] = [join(root, 'whole'), join(root, 'parts')];
    await trained('sft', ...flags, '--steps', '24', '--out', whole);
    await trained('sft', ...flags, '--steps', '8', '--out', parts);
    // Neither the model that it began with nor its folder is needed.
    rmSync(folder, { recursive: true });
    expect((await trained('sft', '--resume', parts, '--steps', '16')).steps).toBe(16);
    expect((await trained('sft', '--resume', parts, '--more-steps', '8')).steps).toBe(24);
    expect(weights(parts)).toBe(weights(whole));
    const { errors } = await rlhf('sft', '--resume', parts);
    expect(errors).toContain('nothing to do: 24 of 24 steps are done');
  });

  it('says what it has done, and logs', async () => {
    const { folder, data, root } = workplace();
    const out = join(root, 'sft');
    const flags = ['--model', folder, '--data', data(texts), ...quick, '--out', out, '--log', join(root, 'log')];
    const { status, output } = await rlhf('sft', ...flags, '--steps', '8');
    expect(status).toBe(0);
    expect(output).toMatch(/^sft: 8 texts in [\d.]+ s, loss [\d.]+, mean_token_accuracy [\d.]+\nsaved in /);
    expect(output).toContain(`gradus rlhf generate --model ${out} --prompt`);
    const [head, ...lines] = readFileSync(join(root, 'log', 'progress.csv'), 'utf8')
      .trim()
      .split('\n');
    expect(head).toContain('loss');
    expect(lines.at(-1)).toMatch(/^8,/);
    expect(readdirSync(join(root, 'log')).some((name) => name.startsWith('events.out.tfevents'))).toBe(true);
    const replaced = await rlhf('sft', ...flags.slice(0, -2), '--steps', '8');
    expect(replaced.errors).toContain(`error: --out ${out}: there is a saved training; --force replaces it`);
    expect((await rlhf('sft', ...flags.slice(0, -2), '--steps', '4', '--force')).status).toBe(0);
  });

  it('is saved when it is stopped, and says how to go on', async () => {
    const { folder, data, root } = workplace();
    const out = join(root, 'sft');
    const run = startGradus(
      root,
      'rlhf',
      'sft',
      '--model',
      folder,
      '--data',
      data(texts),
      ...quick,
      '--steps',
      '100000000',
      '--out',
      out,
      '--checkpoint-every',
      '0.01',
    );
    await waitFor(() => existsSync(join(out, 'agent.json')) || undefined);
    run.kill('SIGINT');
    expect(await run.status).toBe(130);
    expect(run.errors).toContain(`to go on: gradus rlhf sft --resume ${out}`);
    expect(existsSync(join(out, 'model', 'model.safetensors'))).toBe(true);
    expect(existsSync(join(out, 'lock'))).toBe(false);
    const { steps } = await trained('sft', '--resume', out, '--more-steps', '4');
    expect(steps).toBeGreaterThan(4);
  });
});

describe('gradus rlhf, from preferences to rewards', () => {
  it('learns from preferences, and has rewards that say the same', async () => {
    const { folder, data, root, tokenizer } = workplace();
    const out = join(root, 'reward');
    const { metrics } = await trained(
      'reward',
      '--model',
      folder,
      '--data',
      data(pairs),
      ...quick,
      '--steps',
      '200',
      '--out',
      out,
    );
    expect(metrics.accuracy).toBe(1);
    // What is loaded is what was trained.
    const { make } = await loadRewardModel(out, device('wasm'));
    const { examples } = preferenceExamples(pairs, tokenizer, { endOfText: 0 });
    const score = (name: 'chosen' | 'rejected'): Float32Array =>
      make(32).score(examples.map((row) => [...Array.from(row.prompt), ...Array.from(row[name])]));
    const rejected = score('rejected');
    score('chosen').forEach((reward, i) => expect(reward).toBeGreaterThan(rejected[i]));
    expect(existsSync(join(out, 'model'))).toBe(false);
  });

  it.each(['reinforce', 'rloo', 'ppo', 'rebel', 'grpo'])(
    '%s learns from a reward model, and goes on where it was',
    async (name) => {
      const { folder, data, root } = workplace();
      const reward = join(root, 'reward');
      await trained('reward', '--model', folder, '--data', data(pairs), ...quick, '--steps', '8', '--out', reward);
      const prompts = data([{ prompt: 'the cat ' }, { prompt: 'the ' }], 'prompts.jsonl');
      const few = [...quick, '--set', 'maxNewTokens=6', ...(name === 'grpo' ? ['--set', 'groupSize=2'] : [])];
      const flags = ['--model', folder, '--reward', reward, '--data', prompts, ...few];
      const [whole, parts] = [join(root, 'whole'), join(root, 'parts')];
      const { metrics, steps } = await trained(name, ...flags, '--steps', '12', '--out', whole);
      expect(steps).toBe(12);
      for (const each of ['reward', 'objective/kl', 'loss']) expect(metrics[each]).toBeTypeOf('number');
      await trained(name, ...flags, '--steps', '4', '--out', parts);
      await trained(name, '--resume', parts, '--more-steps', '8');
      expect(weights(parts)).toBe(weights(whole));
      const before = Buffer.from(saveParameters((await loadDecoderFolder(folder)).parameters)).toString('latin1');
      expect(weights(whole)).not.toBe(before);
    },
  );

  it('rloo learns from a function of one’s own, which sees texts and the columns of their rows', async () => {
    const { folder, data, root } = workplace();
    const prompts = data([{ prompt: 'the cat ', wanted: 7 }], 'prompts.jsonl');
    const path = join(root, 'reward.mjs');
    writeFileSync(
      path,
      `export const reward = (prompts, completions, { rows }) => prompts.map((prompt, i) =>
        prompt === 'the cat ' && typeof completions[i] === 'string' ? rows[i].columns.wanted : 0);`,
    );
    const flags = ['--model', folder, '--data', prompts, ...quick, '--set', 'maxNewTokens=4', '--steps', '4'];
    const { metrics } = await trained('rloo', ...flags, '--reward', path, '--out', join(root, 'out'));
    expect(metrics.reward).toBe(7);
    writeFileSync(join(root, 'other.mjs'), 'export const score = 1;');
    const other = await rlhf('rloo', ...flags, '--reward', join(root, 'other.mjs'));
    expect(other.errors).toContain('other.mjs: expected it to export a function reward; it exports score');
    const episodes = await rlhf('rloo', ...flags, '--environment', join(root, 'other.mjs'), '--max-length', '16');
    expect(episodes.errors).toContain('other.mjs: expected it to export a function environment; it exports score');
    const missing = await rlhf('rloo', ...flags, '--reward', join(root, 'none.mjs'));
    expect(missing.errors).toContain('none.mjs: there is no such file');
    const folderless = await rlhf('rloo', ...flags, '--reward', join(root, 'none'));
    expect(folderless.errors).toContain(`error: --reward ${join(root, 'none')}: there is no such file or folder`);
  });

  it.each([
    ['one', '() => 1', ': expected 4 rewards, one for each completion, got 1'],
    ['nothing', '() => {}', ': expected 4 rewards, one for each completion, got undefined'],
    ['few', '() => [1]', ': expected 4 rewards, one for each completion, got [1]'],
    ['truths', '() => [1, 2, true, 4]', ': expected finite numbers, got true for completion 2'],
    ['none', '() => [1, NaN, 3, 4]', ': expected finite numbers, got NaN for completion 1'],
    ['huge', '() => Float64Array.of(1, 2, 3, 1e300)', ': expected finite numbers, got 1e+300 for completion 3'],
    ['broken', "() => {\n  throw new Error('out of ideas');\n}", ':2: out of ideas'],
    ['later', "async () => {\n  throw new Error('out of ideas');\n}", ':2: out of ideas'],
  ])('what is wrong with a function of rewards (%s) is told as the user’s error', async (name, source, message) => {
    const { folder, data, root } = workplace();
    const path = join(root, `${name}.mjs`);
    writeFileSync(path, `export const reward = ${source};`);
    const prompts = data([{ prompt: 'the cat ' }], 'prompts.jsonl');
    const flags = ['--model', folder, '--data', prompts, ...quick, '--set', 'maxNewTokens=4', '--steps', '4'];
    const { errors } = await rlhf('rloo', ...flags, '--reward', path, '--out', join(root, name));
    expect(errors).toContain(`error: --reward ${path}${message}`);
  });

  it.each(['reinforce', 'rloo', 'ppo', 'rebel', 'grpo'])(
    '%s learns from episodes of an environment, and goes on where it was',
    async (name) => {
      const { folder, data, root } = workplace();
      const path = join(root, 'environment.mjs');
      // An episode is worth what its row says.
      writeFileSync(
        path,
        `export const environment = () => {
          let worth = 0;
          return { reset: (row) => ((worth = row.worth), row.start), reward: () => worth };
        };`,
      );
      const rows = data([{ start: 'the cat ', worth: 7 }], 'starts.jsonl');
      const few = [...quick, '--set', 'maxNewTokens=4', ...(name === 'grpo' ? ['--set', 'groupSize=2'] : [])];
      const flags = ['--model', folder, '--data', rows, ...few, '--environment', path, '--max-length', '16'];
      const [whole, parts] = [join(root, 'whole'), join(root, 'parts')];
      const { metrics, steps } = await trained(name, ...flags, '--steps', '8', '--out', whole);
      expect(steps).toBe(8);
      expect(metrics.reward).toBe(7);
      expect(metrics['episodes/mean_turns']).toBe(1);
      await trained(name, ...flags, '--steps', '4', '--out', parts);
      await trained(name, '--resume', parts, '--more-steps', '4');
      expect(weights(parts)).toBe(weights(whole));
    },
  );

  it.each(['sft', 'dpo', 'rloo'])(
    '%s trains adapters alone where it is told to, and goes on where it was',
    async (name) => {
      const { folder, decoder, data, root } = workplace();
      const reward = join(root, 'reward.mjs');
      writeFileSync(reward, 'export const reward = (prompts, completions) => completions.map(({ length }) => length);');
      const rows = { sft: texts, dpo: pairs, rloo: texts.slice(0, 2) }[name] ?? [];
      const own = name === 'rloo' ? ['--reward', reward, '--set', 'maxNewTokens=6'] : [];
      const lora = ['--lora-rank', '2', '--lora-alpha', '4', '--lora-targets', 'c_attn,mlp.c_fc'];
      const flags = ['--model', folder, '--data', data(rows), ...own, ...quick, ...lora];
      const [whole, parts] = [join(root, 'whole'), join(root, 'parts')];
      await trained(name, ...flags, '--steps', '12', '--out', whole);
      await trained(name, ...flags, '--steps', '4', '--out', parts);
      rmSync(folder, { recursive: true });
      await trained(name, '--resume', parts, '--more-steps', '8');
      expect(weights(parts)).toBe(weights(whole));

      // The adapters are PEFT's, and the model is what they make of the one that it was.
      const read = (file: string): Uint8Array => new Uint8Array(readFileSync(join(whole, 'adapter', file)));
      const config = JSON.parse(Buffer.from(read('adapter_config.json')).toString()) as object;
      expect(config).toMatchObject({ r: 2, lora_alpha: 4, target_modules: ['c_attn', 'mlp.c_fc'] });
      const adapted = loadLora(decoder, { config, weights: read('adapter_model.safetensors') });
      const merged = saveDecoder(mergeLora(adapted))['model.safetensors'];
      expect(weights(whole)).toBe(Buffer.from(merged).toString('latin1'));
      const { parameters } = await loadDecoderFolder(join(whole, 'model'));
      const changed = Object.keys(parameters).filter(
        (each) =>
          !Buffer.from(parameters[each].read().buffer).equals(Buffer.from(decoder.parameters[each].read().buffer)),
      );
      expect(changed).toEqual(['transformer.h.0.attn.c_attn.weight', 'transformer.h.0.mlp.c_fc.weight']);
    },
  );

  it('sft imitates the answers of conversations, in the model’s own template, which stays with it', async () => {
    const { folder, decoder, tokenizer, data, root } = workplace();
    const source =
      "{% for m in messages %}{{ m.role }}: {{ m.content }}{{ eos_token if m.role == 'assistant' }}{% endfor %}" +
      '{% if add_generation_prompt %}assistant: {% endif %}';
    const messages = [
      { role: 'user', content: 'cat' },
      { role: 'assistant', content: 'sat' },
    ];
    const rows = data([{ messages }], 'chat.jsonl');
    const flags = ['--model', folder, '--data', rows, ...quick, '--set', 'batchSize=1', '--steps', '4'];
    const none = await rlhf('sft', ...flags, '--out', join(root, 'none'));
    expect(none.errors).toContain(
      `error: --data ${rows}: row 0 is a conversation, of which a chat template makes a text, and --model `,
    );
    expect(none.errors).toContain('has none (chat_template of tokenizer_config.json, or chat_template.jinja)');
    const talk = await rlhf('generate', '--model', folder, '--prompt', 'cat', '--chat');
    expect(talk.errors).toContain(`error: --model ${folder}: it has no chat template (chat_template of`);

    // transformers takes a template of a file of its own before another.
    writeJson(folder, 'tokenizer_config.json', { eos_token: '<end>', chat_template: 'another' });
    writeFileSync(join(folder, 'chat_template.jinja'), source);
    const out = join(root, 'sft');
    const { metrics } = await trained('sft', ...flags, '--out', out);
    const template = new ChatTemplate(source, { eos_token: '<end>' });
    const { examples } = completionExamples([{ messages }], tokenizer, { template });
    expect(tokenizer.decode(examples[0].prompt)).toBe('user: catassistant: ');
    expect(tokenizer.decode(examples[0].completion)).toBe('sat<end>');
    const own = new SftTrainer(
      { model: decoder, rows: examples },
      { batchSize: 1, learningRate: 0.01, seed: 0, device: device('wasm') },
    );
    expect(metrics.loss).toBe([...own.learn({ steps: 4 })].at(-1)?.metrics.loss);

    // It is there for the next model, and to be talked to.
    expect((await trained('sft', '--resume', out, '--more-steps', '1')).steps).toBe(5);
    const generate = ['generate', '--model', out, '--prompt', 'cat', '--max-new-tokens', '1', '--json'];
    const promptOf = async (...more: string[]): Promise<unknown> =>
      (JSON.parse((await rlhf(...generate, ...more)).output) as { completions: { prompt: string }[] }).completions[0]
        .prompt;
    expect(await promptOf()).toBe('cat');
    expect(await promptOf('--chat')).toBe('user: catassistant: ');
  });

  it('dpo keeps its reference, and takes another', async () => {
    const { folder, data, root } = workplace();
    const flags = ['--model', folder, '--data', data(pairs), ...quick, '--steps', '8'];
    const [own, given] = [join(root, 'own'), join(root, 'given')];
    const result = await trained('dpo', ...flags, '--out', own);
    expect(result.metrics['rewards/accuracies']).toBeGreaterThanOrEqual(0);
    // The model as it was is what it takes itself.
    await trained('dpo', ...flags, '--reference', folder, '--out', given);
    expect(weights(given)).toBe(weights(own));
  });
});

describe('what cannot be is told by its name', () => {
  const failing = async (status: number, ...args: string[]): Promise<string> => {
    const run = await rlhf(...args);
    expect([run.status, run.output]).toEqual([status, '']);
    return run.errors;
  };

  it('of the command line', async () => {
    expect(await failing(2, 'sft', '--data', 'x.jsonl')).toContain("required option '--model <dir>' not specified");
    expect(await failing(2, 'sft', '--model', 'x')).toContain("required option '--data <file>' not specified");
    expect(await failing(2, 'ppo', '--model', 'x', '--data', 'y.jsonl')).toContain(
      "required option '--reward <dir|file>' not specified",
    );
    expect(await failing(2, 'sft', '--resume', 'x', '--model', 'y')).toContain('cannot be used with option');
    const episodes = ['ppo', '--model', 'x', '--data', 'y.jsonl', '--environment', 'z.js'];
    expect(await failing(2, ...episodes)).toContain("required option '--max-length <n>' not specified");
    expect(await failing(2, ...episodes, '--reward', 'x')).toContain('cannot be used with option');
    expect(await failing(2, 'sft', '--environment', 'x')).toContain("unknown option '--environment'");
    expect(await failing(2, 'sft', '--reward', 'x')).toContain("unknown option '--reward'");
    const prompts = ['ppo', '--model', 'x', '--data', 'y.jsonl', '--reward', 'z.js'];
    for (const limit of ['--max-length', '--max-turns']) {
      const message = await failing(2, ...prompts, limit, '5');
      expect(message).toContain("required option '--environment <file>' not specified");
    }
    const alpha = ['sft', '--model', 'x', '--data', 'y.jsonl', '--lora-alpha', '8'];
    expect(await failing(2, ...alpha)).toContain("required option '--lora-rank <n>' not specified");
    expect(await failing(2, 'reward', '--lora-rank', '2')).toContain("unknown option '--lora-rank'");
  });

  it('of options and rows', async () => {
    const { folder, data, root } = workplace();
    const rows = data(texts);
    const flags = ['--model', folder, '--out', join(root, 'out')];
    const sft = (...more: string[]): Promise<string> => failing(1, 'sft', ...flags, ...more);
    expect(await sft('--data', rows, '--set', 'batchSise=2')).toContain("'batchSise'");
    expect(await sft('--data', rows, '--set', 'batchSize=0')).toContain('error: SftTrainer: expected batchSize to be');
    const lora = ['--data', rows, '--lora-rank', '2', '--lora-targets', 'q_proj'];
    expect(await sft(...lora)).toContain(
      `error: --model ${folder}: lora: no linear layer is called "q_proj"; there are`,
    );
    expect(await sft('--data', rows, '--set', 'seed=1')).toContain('--set seed=1: use --seed');
    const nowhere = join(root, 'nowhere.jsonl');
    expect(await sft('--data', nowhere)).toContain(`error: --data ${nowhere}: ENOENT`);
    expect(await sft('--data', 'rows.txt')).toContain(
      'error: --data rows.txt: expected a file whose name ends with .jsonl or .parquet, got .txt',
    );
    const empty = data([], 'empty.jsonl');
    expect(await sft('--data', empty)).toContain(`error: --data ${empty}: expected at least one row, got none`);
    const wrong = data([texts[0], { prompt: 'a' }], 'wrong.jsonl');
    expect(await sft('--data', wrong)).toContain(
      `error: --data ${wrong}: row 1: expected text, messages, or prompt and completion`,
    );
    const long = data([{ text: 'q'.repeat(40) }], 'long.jsonl');
    expect(await sft('--data', long)).toContain('row 0: expected at most 32 tokens');
    const cut = ['--model', folder, '--data', long, ...quick, '--max-completion-length', '8'];
    expect((await trained('sft', ...cut, '--steps', '4', '--out', join(root, 'cut'))).metrics.num_tokens).toBe(4 * 8);
  });

  it('of folders', async () => {
    const { folder, data, root } = workplace();
    const rows = data(pairs);
    const out = join(root, 'dpo');
    await trained('dpo', '--model', folder, '--data', rows, ...quick, '--steps', '4', '--out', out);
    expect(await failing(1, 'sft', '--resume', out)).toBe(
      `error: --resume ${out}: it was trained by 'gradus rlhf dpo'\n`,
    );
    expect(await failing(1, 'sft', '--resume', join(root, 'nothing'))).toContain('there is no saved agent');
    const online = ['rloo', '--model', folder, '--data', data([{ prompt: 'the' }], 'prompts.jsonl')];
    expect(await failing(1, ...online, '--reward', out)).toBe(
      `error: --reward ${out}: expected a folder of 'gradus rlhf reward', got one of 'gradus rlhf dpo'\n`,
    );
    writeJson(folder, 'generation_config.json', {});
    expect(await failing(1, 'dpo', '--model', folder, '--data', rows)).toContain(
      `error: --model ${folder}: its files do not say which token ends texts`,
    );
    mkdirSync(join(root, 'full'));
    writeFileSync(join(root, 'full', 'mine.txt'), '');
    expect(await failing(1, 'dpo', '--model', folder, '--data', rows, '--out', join(root, 'full'))).toContain(
      'expected a new folder or a saved training, found mine.txt',
    );
  });
});
