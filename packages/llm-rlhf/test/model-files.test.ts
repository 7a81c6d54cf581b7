import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@gradus/core';
import {
  createDecoder,
  loadDecoder,
  loadLlama2c,
  masked,
  ModelError,
  readTokenizer,
  rewardHead,
  saveDecoder,
  TextGenerator,
  textRewards,
  trainTokenizer,
  valueHead,
  type Decoder,
  type ModelConfig,
} from '@gradus/llm-rlhf';
import { loadDecoderFolder, saveDecoderFolder } from '@gradus/llm-rlhf/node';
import * as t from '@gradus/tensor';
import { afterAll, describe, expect, test } from 'vitest';
import { load } from './load.ts';
import { expectClose, readGolden, tensorOf, type Numbers } from './golden.ts';

interface Golden {
  readonly config: ModelConfig;
  readonly input_ids: Numbers;
  readonly logits: Numbers;
  readonly reward_head: Readonly<Record<'score.weight' | 'input_ids' | 'token_scores' | 'pooled', Numbers>> & {
    readonly attention_mask: number[][];
  };
}
const loadGolden = (name: string): { golden: Golden; decoder: Decoder } =>
  load(name) as { golden: Golden; decoder: Decoder };

const folder = await mkdtemp(join(tmpdir(), 'gradus-model-'));
afterAll(() => rm(folder, { recursive: true }));

const logitsOf = (decoder: Decoder, ids: Numbers): Float32Array =>
  t.evaluate(() => decoder.logits(tensorOf(ids, 'int32'))) as Float32Array;

/** The tensors of a decoder as a file, with changes. */
function weightsOf({ parameters }: Decoder, change: (tensors: Tensors) => Tensors): Uint8Array {
  return t.encodeSafetensors(change(t.decodeSafetensors(t.saveParameters(parameters))));
}

type Tensors = Readonly<Record<string, t.StoredTensor>>;
const mapped = (tensors: Tensors, rename: (name: string) => string | undefined): Tensors => {
  const renamed = Object.entries(tensors).map(([name, tensor]) => [rename(name), tensor] as const);
  return Object.fromEntries(renamed.filter(([name]) => name !== undefined)) as Tensors;
};

describe('folders', () => {
  test.each(['gpt2', 'llama', 'gptneox'])('%s is the same after it was saved and loaded', async (name) => {
    const { decoder, golden } = loadGolden(name);
    const path = join(folder, name);
    await saveDecoderFolder(decoder, path);
    expect((await readdir(path)).sort()).toEqual(['config.json', 'model.safetensors']);
    const loaded = await loadDecoderFolder(path);
    expect(loaded.config).toEqual(decoder.config);
    expect(logitsOf(loaded, golden.input_ids)).toEqual(logitsOf(decoder, golden.input_ids));
  });

  test('the tokenizer comes with it, and the token that ends a text', async () => {
    const { decoder } = loadGolden('gpt2');
    const path = join(folder, 'with-tokenizer');
    const tokenizer = trainTokenizer(['a cat'], { vocabularySize: 257, specialTokens: ['<end>'] });
    await saveDecoderFolder(decoder, path, { tokenizer, endOfText: 0 });
    const read = async (name: string): Promise<string> => readFile(join(path, name), 'utf8');
    expect(readTokenizer(JSON.parse(await read('tokenizer.json'))).encode('a cat<end>')).toEqual(
      tokenizer.encode('a cat<end>'),
    );
    expect(JSON.parse(await read('generation_config.json'))).toEqual({ eos_token_id: 0 });
    await expect(saveDecoderFolder(decoder, path, { eosToken: 0 } as never)).rejects.toThrow("mean 'endOfText'?");
    await expect(saveDecoderFolder(path as never, decoder as never)).rejects.toThrow('expected decoder to be');
  });

  test('new weights need random numbers', () => {
    const make = (random?: Random) => () => createDecoder({ model_type: 'gpt2' } as never, random!);
    expect(make()).toThrow('createDecoder: expected random to be a source of random numbers (Random), got undefined');
  });

  test('weights may lie in several files', async () => {
    const { decoder, golden } = loadGolden('llama');
    const path = join(folder, 'shards');
    await saveDecoderFolder(decoder, path);
    await rm(join(path, 'model.safetensors'));
    const isHead = (name: string): boolean => name === 'lm_head.weight';
    const part = (which: (name: string) => boolean): Uint8Array =>
      weightsOf(decoder, (tensors) => mapped(tensors, (each) => (which(each) ? each : undefined)));
    const names = Object.keys(decoder.parameters);
    const map = Object.fromEntries(names.map((each) => [each, `model-${isHead(each) ? 2 : 1}.safetensors`]));
    await writeFile(
      join(path, 'model-1.safetensors'),
      part((each) => !isHead(each)),
    );
    await writeFile(join(path, 'model-2.safetensors'), part(isHead));
    await writeFile(join(path, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
    const loaded = await loadDecoderFolder(path);
    expect(logitsOf(loaded, golden.input_ids)).toEqual(logitsOf(decoder, golden.input_ids));
    await writeFile(
      join(path, 'model.safetensors.index.json'),
      JSON.stringify({ weight_map: { a: '../x.safetensors' } }),
    );
    await expect(loadDecoderFolder(path)).rejects.toThrow(/expected weight_map to name files of the same folder$/);
  });

  test('what is saved where a model of several files lay is what is loaded', async () => {
    const { decoder, golden } = loadGolden('gpt2');
    const path = join(folder, 'over');
    await saveDecoderFolder(decoder, path);
    await writeFile(join(path, 'model.safetensors.index.json'), '{"weight_map":{"a":"model-1.safetensors"}}');
    await saveDecoderFolder(decoder, path);
    expect(logitsOf(await loadDecoderFolder(path), golden.input_ids)).toEqual(logitsOf(decoder, golden.input_ids));
  });

  test('what a killed process has left is removed, and what another is writing is not', async () => {
    const path = join(folder, 'left');
    const { decoder } = loadGolden('gpt2');
    await saveDecoderFolder(decoder, path);
    // No process has the first number; the second is there everywhere.
    for (const writer of [2 ** 30, 1]) await writeFile(join(path, `model.safetensors.writing-${writer}`), 'half of it');
    await saveDecoderFolder(decoder, path);
    expect((await readdir(path)).sort()).toEqual(['config.json', 'model.safetensors', 'model.safetensors.writing-1']);
  });

  test('files that are missing or no JSON are named', async () => {
    await expect(loadDecoderFolder(join(folder, 'nothing'))).rejects.toThrow(
      /config\.json: there is no such file, and nothing is downloaded/,
    );
    const path = join(folder, 'broken');
    await saveDecoderFolder(load('gpt2').decoder, path);
    await writeFile(join(path, 'config.json'), '{');
    await expect(loadDecoderFolder(path)).rejects.toThrow(/config\.json: expected JSON: /);
  });
});

describe('weights', () => {
  const { decoder, golden } = loadGolden('gpt2');
  const { config } = golden;
  const changed = (change: (tensors: Tensors) => Tensors) => () =>
    loadDecoder({ config, weights: [weightsOf(decoder, change)] });
  const one: t.StoredTensor = { dtype: 'float32', shape: [1], data: Float32Array.of(1) };

  test('of former days: buffers, names without transformer., a head that is tied', () => {
    const loaded = changed((tensors) => {
      const short = mapped(tensors, (name) => name.replace(/^transformer\./, ''));
      return { ...short, 'h.0.attn.bias': one, 'h.0.attn.masked_bias': one, 'lm_head.weight': short['wte.weight'] };
    })();
    expect(logitsOf(loaded, golden.input_ids)).toEqual(logitsOf(decoder, golden.input_ids));
  });

  test('that are missing, of another shape or unknown are named', () => {
    const name = 'transformer.wpe.weight';
    expect(changed((tensors) => mapped(tensors, (each) => (each === name ? undefined : each)))).toThrow(
      new ModelError(`weights: '${name}' is missing, expected float32 [16, 16]`),
    );
    expect(changed((tensors) => ({ ...tensors, [name]: one }))).toThrow(
      new ModelError(`weights: '${name}' is float32 [1], expected float32 [16, 16]`),
    );
    expect(changed((tensors) => ({ ...tensors, extra: one }))).toThrow(
      new ModelError("weights: 'extra' is unknown to a gpt2 model"),
    );
    expect(() => loadDecoder({ config, weights: [] })).toThrow('files, a list of Uint8Array');
  });

  test('that are not finite are not saved', () => {
    const broken = load('gpt2').decoder;
    const weights = broken.parameters['transformer.wpe.weight'];
    weights.write(weights.read().fill(NaN, 3, 4));
    expect(() => saveDecoder(broken)).toThrow(
      new RangeError(
        'saveDecoder: transformer.wpe.weight[3]: expected a number that is finite in float32, at most 3.4e38, got NaN',
      ),
    );
  });

  test('config.json says what transformers needs to know', () => {
    const json = JSON.parse(new TextDecoder().decode(saveDecoder(decoder)['config.json'])) as object;
    expect(json).toMatchObject({ architectures: ['GPT2LMHeadModel'], model_type: 'gpt2', n_embd: 16 });
  });
});

describe('llama2.c', () => {
  const config: ModelConfig = { ...(readGolden('llama') as Golden).config };

  /** A file as llama2.c writes it, of a decoder. */
  function fileOf({ parameters, sizes }: Decoder, isTied: boolean): Uint8Array {
    const read = (name: string): number[] => Array.from(parameters[name].read());
    const layers = (name: string): number[] =>
      Array.from({ length: sizes.layers }, (_, layer) => read(`model.layers.${layer}.${name}.weight`)).flat();
    /** Elements that are turned together stand side by side. */
    const together = (name: string): number[] =>
      Array.from({ length: sizes.layers }, (_, layer) => {
        const rows = read(`model.layers.${layer}.self_attn.${name}.weight`);
        const { width, headSize: size } = sizes;
        return Array.from({ length: rows.length / width }, (__, row) => {
          const within = row % size;
          const source = row - within + (within % 2) * (size / 2) + Math.floor(within / 2);
          return rows.slice(source * width, (source + 1) * width);
        }).flat();
      }).flat();
    const { width, layers: count, heads, keyValueHeads, vocabulary, positions, headSize } = sizes;
    const inner = parameters['model.layers.0.mlp.up_proj.weight'].shape[0];
    const header = [width, inner, count, heads, keyValueHeads, isTied ? vocabulary : -vocabulary, positions];
    const weights = [
      read('model.embed_tokens.weight'),
      layers('input_layernorm'),
      together('q_proj'),
      together('k_proj'),
      layers('self_attn.v_proj'),
      layers('self_attn.o_proj'),
      layers('post_attention_layernorm'),
      layers('mlp.gate_proj'),
      layers('mlp.down_proj'),
      layers('mlp.up_proj'),
      read('model.norm.weight'),
      Array<number>(positions * headSize).fill(7),
      isTied ? [] : read('lm_head.weight'),
    ].flat();
    return joined(header, weights);
  }

  function joined(header: readonly number[], weights: readonly number[]): Uint8Array {
    const file = new Uint8Array(4 * (header.length + weights.length));
    file.set(new Uint8Array(Int32Array.from(header).buffer));
    file.set(new Uint8Array(Float32Array.from(weights).buffer), 4 * header.length);
    return file;
  }

  test.each([true, false])('a checkpoint is the model that it was made of, tied: %s', (isTied) => {
    const given = { ...config, tie_word_embeddings: isTied } as ModelConfig;
    const decoder = createDecoder(given, new Random(3));
    const loaded = loadLlama2c(fileOf(decoder, isTied));
    expect(loaded.config).toEqual(decoder.config);
    expect(logitsOf(loaded, [[1, 2, 3, 4]])).toEqual(logitsOf(decoder, [[1, 2, 3, 4]]));
  });

  test('files that are not one are refused', () => {
    const file = fileOf(createDecoder(config, new Random(3)), false);
    expect(() => loadLlama2c(file.subarray(0, 20))).toThrow(
      new ModelError('llama2.c: expected at least 28 bytes, got 20'),
    );
    expect(() => loadLlama2c(file.subarray(0, file.length - 4))).toThrow(
      new ModelError(`llama2.c: expected ${file.length} bytes by the header, got ${file.length - 4}`),
    );
    expect(() => loadLlama2c(new Uint8Array(100))).toThrow(
      new ModelError('llama2.c: the header is not one: 0, 0, 0, 0, 0, 0, 0'),
    );
  });
});

describe('heads', () => {
  test.each(['gpt2', 'llama', 'gptneox'])('%s: rewards of texts are taken at their last token', (name) => {
    const { decoder, golden } = loadGolden(name);
    const { input_ids: ids, attention_mask: mask, ...expected } = golden.reward_head;
    const head = rewardHead(decoder.sizes.width, new Random(0));
    head.parameters['score.weight'].write((expected['score.weight'] as number[][]).flat());
    expectClose(
      t.evaluate(() => masked(head.apply(decoder.hidden(tensorOf(ids, 'int32'))), tensorOf(mask))),
      expected.token_scores,
      2e-5,
    );
    const last = mask.map((row) => row.lastIndexOf(1));
    expectClose(
      t.evaluate(() => textRewards(decoder, head, tensorOf(ids, 'int32'), tensorOf(last, 'int32'))),
      expected.pooled,
      2e-5,
    );
  });

  test('are drawn as they should be', () => {
    const weights = Array.from(rewardHead(399, new Random(1)).parameters['score.weight'].read());
    const deviation = Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length);
    // 1 / √400 within four standard errors of a deviation.
    expect(Math.abs(deviation - 0.05)).toBeLessThan((4 * 0.05) / Math.sqrt(2 * 399));
    for (const variable of Object.values(valueHead(8).parameters))
      expect([...variable.read()].every((w) => w === 0)).toBe(true);
  });
});

test('a loaded model writes', () => {
  const { decoder } = load('llama');
  const loaded = loadDecoder({ config: decoder.config, weights: [t.saveParameters(decoder.parameters)] });
  const write = (which: Decoder): number[] => {
    const generator = new TextGenerator(which, { rows: 1, promptLength: 2, maxNewTokens: 4 });
    const { tokens } = generator.generate([[1, 2]], { random: new Random(1) });
    generator.dispose();
    return [...tokens];
  };
  expect(write(loaded)).toEqual(write(decoder));
});
