import { Random } from '@gradus/core';
import {
  createDecoder,
  logProbabilitiesOf,
  ModelError,
  readConfig,
  shifted,
  type Decoder,
  type ModelConfig,
} from '@gradus/llm-rlhf';
import * as t from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { load } from './load.ts';
import { expectClose, readGolden, shapeOf, tensorOf, type Numbers } from './golden.ts';

interface Golden {
  readonly config: ModelConfig;
  readonly input_ids: number[][];
  readonly logits: Numbers;
  readonly loss: number;
  readonly seq_logps: Numbers;
  readonly grad_norms: Readonly<Record<string, number>>;
  readonly grad_sums: Readonly<Record<string, number>>;
  readonly grad_total_norm: number;
  readonly left_padded: {
    readonly input_ids: Numbers;
    readonly attention_mask: Numbers;
    readonly logits_row1_valid: Numbers;
  };
  readonly adamw: { readonly lr: number; readonly losses: readonly number[] };
}

const loadGolden = (name: string): { golden: Golden; decoder: Decoder } =>
  load(name) as { golden: Golden; decoder: Decoder };

/** The mean cost of the next token over all rows. */
function textLoss(decoder: Decoder, tokens: t.Tensor): t.Tensor {
  const next = shifted(decoder.logits(tokens), tokens);
  return t.neg(t.mean(logProbabilitiesOf(next.logits, next.tokens)));
}

describe.each(['gpt2', 'llama', 'gptneox'])('%s', (name) => {
  const { golden, decoder } = loadGolden(name);
  const tokens = (): t.Tensor => tensorOf(golden.input_ids, 'int32');

  test('logits, loss and log-probabilities of texts are those of Hugging Face', () => {
    expectClose(
      t.evaluate(() => decoder.logits(tokens())),
      golden.logits,
      2e-5,
    );
    expectClose(
      t.evaluate(() => textLoss(decoder, tokens())),
      golden.loss,
      2e-5,
    );
    const sums = t.evaluate(() => {
      const next = shifted(decoder.logits(tokens()), tokens());
      return t.sum(logProbabilitiesOf(next.logits, next.tokens), { axis: 1 });
    });
    expectClose(sums, golden.seq_logps, 2e-5);
  });

  test('gradients of every parameter', () => {
    const names = Object.keys(decoder.parameters);
    const gradients = t.evaluate(() => {
      const found = t.grad(textLoss(decoder, tokens()), Object.values(decoder.parameters));
      return Object.fromEntries(found.map((gradient, i) => [names[i], gradient]));
    }) as Record<string, Float32Array>;
    let total = 0;
    for (const each of names) {
      const squares = gradients[each].reduce((sum, value) => sum + value ** 2, 0);
      total += squares;
      expectClose([Math.sqrt(squares)], golden.grad_norms[each], 2e-5);
      expectClose([gradients[each].reduce((sum, value) => sum + value, 0)], golden.grad_sums[each], 2e-5);
    }
    expectClose([Math.sqrt(total)], golden.grad_total_norm, 2e-5);
  });

  test('padding before a text changes nothing', () => {
    const { input_ids: padded, attention_mask: isText, logits_row1_valid: expected } = golden.left_padded;
    const logits = t.evaluate(() => decoder.logits(tensorOf(padded, 'int32'), { isText: tensorOf(isText) }));
    const valid = logits.length / 2 + logits.length / 2 - shapeOf(expected)[0] * decoder.sizes.vocabulary;
    expectClose(logits.subarray(valid), expected, 2e-5);
    expect(logits.every(Number.isFinite)).toBe(true);
  });

  test('hidden states of some positions are those of all, picked out', () => {
    const { width } = decoder.sizes;
    const [rows, time] = shapeOf(golden.input_ids);
    const read = Array.from({ length: rows }, (_, row) => [time - 1, row % time, 0, 0]);
    const some = t.evaluate(() => decoder.hidden(tokens(), { read: tensorOf(read, 'int32') }));
    const all = t.evaluate(() => decoder.hidden(tokens()));
    const picked = read.flatMap((places, row) =>
      places.flatMap((place) => {
        const first = (row * time + place) * width;
        return Array.from(all.subarray(first, first + width));
      }),
    );
    expectClose(some, picked, 1e-6);
  });

  test.each([-1, golden.input_ids[0].length])('a position that is not in its row, %i, is refused', (place) => {
    const read = golden.input_ids.map((_, row) => [row === 1 ? place : 0]);
    expect(() => t.evaluate(() => decoder.hidden(tokens(), { read: tensorOf(read, 'int32') }))).toThrow(RangeError);
  });

  test('what follows a text changes nothing either', () => {
    const [[first, ...others]] = golden.input_ids;
    const short = t.evaluate(() => decoder.logits(t.constant([1, 3], [first, others[0], others[1]], 'int32')));
    const long = t.evaluate(() => decoder.logits(t.constant([1, 5], [first, others[0], others[1], 0, 0], 'int32')));
    expectClose(long.subarray(0, short.length), Array.from(short), 1e-6);
  });

  test('five steps of AdamW', () => {
    const trained = load(name).decoder;
    const optimizer = t.adamW(trained.parameters, { learningRate: golden.adamw.lr, weightDecay: 0 });
    const update = t.program({}, () => {
      const loss = textLoss(trained, tokens());
      optimizer.minimize(loss);
      return { loss };
    });
    for (const expected of golden.adamw.losses) {
      update.run();
      expectClose(update.outputs.loss, expected, 1e-4);
    }
    update.dispose();
  });

  test('another seed, other weights; the same seed, the same weights', () => {
    const [one, same, other] = [1, 1, 2].map((seed) => createDecoder(golden.config, new Random(seed)));
    const bytes = [one, same, other].map(({ parameters }) => t.saveParameters(parameters));
    expect(bytes[1]).toEqual(bytes[0]);
    expect(bytes[2]).not.toEqual(bytes[0]);
  });
});

test.each(['gpt2', 'llama', 'gptneox'])('%s: initializer_range is the deviation of weights that are drawn', (name) => {
  const { config } = readGolden(name) as { config: ModelConfig };
  const [usual, wide] = [config, { ...config, initializer_range: 0.1 }].map((each) =>
    Object.values(createDecoder(each, new Random(3)).parameters).filter(({ shape }) => shape.length === 2),
  );
  usual.forEach((weight, i) => {
    expectClose(
      wide[i].read(),
      Array.from(weight.read(), (value) => 5 * value),
      1e-6,
    );
  });
});

describe('config.json', () => {
  const llama = (readGolden('llama') as { config: object }).config;

  test('what has a default may be left out', () => {
    const sizes = {
      vocab_size: 7,
      hidden_size: 16,
      intermediate_size: 8,
      num_hidden_layers: 1,
      num_attention_heads: 2,
    };
    const gpt2 = createDecoder({ model_type: 'gpt2', vocab_size: 7, n_embd: 4, n_layer: 1, n_head: 2 }, new Random(1));
    expect(gpt2.config).toMatchObject({ n_positions: 1024, activation_function: 'gelu_new', n_inner: null });
    const llama = createDecoder({ model_type: 'llama', ...sizes }, new Random(1));
    expect(llama.config).toMatchObject({ num_key_value_heads: 2, rms_norm_eps: 1e-6, tie_word_embeddings: false });
    const neox = createDecoder({ model_type: 'gpt_neox', ...sizes }, new Random(1));
    expect(neox.config).toMatchObject({ rotary_pct: 0.25, use_parallel_residual: true });
    // @ts-expect-error n_embd is needed
    expect(() => createDecoder({ model_type: 'gpt2', vocab_size: 7, n_layer: 1, n_head: 2 }, new Random(1))).toThrow(
      'config: expected n_embd to be a positive integer, got undefined',
    );
  });

  test('what is not supported is refused by name', () => {
    expect(() => readConfig(null)).toThrow(new ModelError('config: expected the contents of config.json, got null'));
    expect(() => readConfig({ model_type: 'bert' })).toThrow(
      new ModelError('config: expected model_type to be one of gpt2, llama, gpt_neox, got "bert"'),
    );
    expect(() => readConfig({ ...llama, vocab_size: '32' })).toThrow(
      new ModelError('config: expected vocab_size to be a positive integer, got "32"'),
    );
    expect(() => readConfig({ ...llama, hidden_act: 'mish' })).toThrow(/^config: expected hidden_act to be one of /);
    expect(() => readConfig({ ...llama, num_key_value_heads: 3 })).toThrow(
      new ModelError('config: expected num_key_value_heads to be a divisor of 4, got 3'),
    );
    expect(() => readConfig({ model_type: 'gpt2', scale_attn_weights: false })).toThrow(
      new ModelError('config: scale_attn_weights false is not supported'),
    );
    expect(() => readConfig({ ...llama, rope_scaling: { rope_type: 'llama3', factor: 8 } })).toThrow(
      /^config: rope_scaling .* is not supported$/,
    );
  });

  test('null is what transformers writes for the usual', () => {
    const config = readConfig({ ...llama, head_dim: null, num_key_value_heads: null });
    expect(config).toMatchObject({ num_key_value_heads: 4 });
    expect(config).not.toHaveProperty('head_dim');
  });

  test('what transformers assumes is assumed, and what it writes since version 5 is read', () => {
    const given = { num_key_value_heads: undefined, rope_theta: undefined };
    const rope = { rope_theta: 500, rope_type: 'default' };
    expect(readConfig({ ...llama, ...given, rope_parameters: rope })).toMatchObject({
      num_key_value_heads: 4,
      rope_theta: 500,
    });
  });
});
