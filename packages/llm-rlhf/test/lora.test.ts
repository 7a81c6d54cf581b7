import { Random } from '@gradus/core';
import {
  copyDecoder,
  loadLora,
  mergeLora,
  ModelError,
  RlooTrainer,
  saveDecoder,
  saveLora,
  SftTrainer,
  sftLoss,
  TextGenerator,
  withLora,
  type Decoder,
} from '@gradus/llm-rlhf';
import * as t from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { expectClose, tensorOf } from './golden.ts';
import { load } from './load.ts';

const ids = [
  [3, 7, 1, 30, 2],
  [9, 9, 4, 0, 11],
];
const logitsOf = (decoder: Decoder): Float32Array =>
  t.evaluate(() => decoder.logits(tensorOf(ids, 'int32'))) as Float32Array;
const loss = (decoder: Decoder): t.Tensor => {
  const tokens = tensorOf(ids, 'int32');
  return sftLoss(decoder.logits(tokens), tokens, t.full([2, 5], 1)).loss;
};
/** With B that is not 0. */
function moved(decoder: Decoder): Decoder {
  const random = new Random(3);
  for (const variable of Object.values(decoder.parameters)) {
    variable.write(Array.from(variable.read(), () => 0.3 * random.normal()));
  }
  return decoder;
}
const gradientsOf = (decoder: Decoder): Record<string, Float32Array> => {
  const names = Object.keys(decoder.parameters);
  return t.evaluate(() => {
    const gradients = t.grad(loss(decoder), Object.values(decoder.parameters));
    return Object.fromEntries(gradients.map((gradient, i) => [names[i], gradient]));
  }) as Record<string, Float32Array>;
};

describe.each([
  ['gpt2', ['c_attn', 'mlp.c_proj'], 'base_model.model.transformer.h.0.attn.c_attn.lora_A.weight', 4],
  ['llama', ['q_proj', 'v_proj', 'down_proj'], 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight', 6],
  [
    'gptneox',
    ['query_key_value', 'dense'],
    'base_model.model.gpt_neox.layers.0.attention.query_key_value.lora_A.weight',
    4,
  ],
] as const)('%s', (name, targets, first, layers) => {
  const base = load(name).decoder;
  const options = { rank: 3, alpha: 6, targets };
  const isTransposed = name === 'gpt2';

  test('has the logits of its base at first, and adapters alone to be trained', () => {
    const adapted = withLora(base, options, new Random(1));
    expect(logitsOf(adapted)).toEqual(logitsOf(base));
    expect(adapted.base).toBe(base);
    expect(Object.keys(adapted.parameters)).toHaveLength(2 * layers);
    expect(Object.keys(adapted.parameters)[0]).toBe(first);
    expect(adapted.parameters[first].shape).toEqual([3, base.sizes.width]);
    const limit = 1 / Math.sqrt(base.sizes.width);
    const values = adapted.parameters[first].read();
    expect(values.every((value) => Math.abs(value) <= limit && value !== 0)).toBe(true);
  });

  test('merged, it has the same logits', () => {
    const adapted = moved(withLora(base, options, new Random(1)));
    const merged = mergeLora(adapted);
    expect(merged.base).toBeUndefined();
    expectClose(logitsOf(merged), Array.from(logitsOf(adapted)), 1e-5);
    const change = Math.max(...logitsOf(adapted).map((logit, i) => Math.abs(logit - logitsOf(base)[i])));
    expect(change).toBeGreaterThan(0.01);
  });

  test('has the gradients that the merged weights’ ones ask for', () => {
    const adapted = moved(withLora(base, options, new Random(1)));
    const merged = gradientsOf(mergeLora(adapted));
    const found = gradientsOf(adapted);
    const scale = options.alpha / options.rank;
    for (const letterA of Object.keys(found).filter((each) => each.includes('.lora_A.'))) {
      const letterB = letterA.replace('.lora_A.', '.lora_B.');
      const [rank, input] = adapted.parameters[letterA].shape;
      const [output] = adapted.parameters[letterB].shape;
      const [a, b] = [letterA, letterB].map((each) => adapted.parameters[each].read());
      const weight = merged[letterA.replace('base_model.model.', '').replace('.lora_A.', '.')];
      // ∂L/∂(W as [output, input]); with W + (α / r) B A the chain rule gives Bᵀ ∂W for A and ∂W Aᵀ for B.
      const at = (o: number, i: number): number => weight[isTransposed ? i * output + o : o * input + i];
      const gradientA = Array.from({ length: rank * input }, (_, index) => {
        const [k, i] = [Math.floor(index / input), index % input];
        return scale * Array.from({ length: output }, (__, o) => b[o * rank + k] * at(o, i)).reduce((x, y) => x + y);
      });
      const gradientB = Array.from({ length: output * rank }, (_, index) => {
        const [o, k] = [Math.floor(index / rank), index % rank];
        return scale * Array.from({ length: input }, (__, i) => at(o, i) * a[k * input + i]).reduce((x, y) => x + y);
      });
      expectClose(found[letterA], gradientA, 2e-5);
      expectClose(found[letterB], gradientB, 2e-5);
    }
  });

  test('is trained, while its base stays as it is', () => {
    const before = t.saveParameters(base.parameters);
    const adapted = withLora(base, options, new Random(1));
    const reference = copyDecoder(adapted);
    const optimizer = t.adamW(adapted.parameters, { learningRate: 0.02, weightDecay: 0 });
    const update = t.program({}, () => {
      const value = loss(adapted);
      optimizer.minimize(value);
      return { value };
    });
    const [start] = update.run().value;
    for (let step = 0; step < 30; step++) update.run();
    expect(update.outputs.value[0]).toBeLessThan(0.8 * start);
    expect(t.saveParameters(base.parameters)).toEqual(before);
    expect(logitsOf(reference)).toEqual(logitsOf(base));
    update.dispose();
  });

  test('generates what its merged weights do', () => {
    const adapted = moved(withLora(base, options, new Random(1)));
    const write = (decoder: Decoder): { tokens: number[]; logProbabilities: Float32Array } => {
      const generator = new TextGenerator(decoder, { rows: 2, promptLength: 3, maxNewTokens: 5 });
      const { tokens, logProbabilities } = generator.generate([[1, 2, 3], [4]], {
        temperature: 0,
        random: new Random(1),
      });
      generator.dispose();
      return { tokens: [...tokens], logProbabilities };
    };
    const [own, merged] = [write(adapted), write(mergeLora(adapted))];
    expect(own.tokens).toEqual(merged.tokens);
    expectClose(own.logProbabilities, Array.from(merged.logProbabilities), 1e-5);
  });

  test('is the same after it was saved and loaded as PEFT’s files', () => {
    const adapted = moved(withLora(base, options, new Random(1)));
    const files = saveLora(adapted);
    const config = JSON.parse(new TextDecoder().decode(files['adapter_config.json'])) as object;
    expect(config).toMatchObject({ peft_type: 'LORA', r: 3, lora_alpha: 6, target_modules: targets });
    const loaded = loadLora(base, { config, weights: files['adapter_model.safetensors'] });
    expect(logitsOf(loaded)).toEqual(logitsOf(adapted));
    expect(loaded.adapters).toEqual(options);
  });
});

describe('trainers', () => {
  const base = load('gpt2').decoder;
  const before = t.saveParameters(base.parameters);

  test('train adapters alone', () => {
    expect(() => withLora(base, { rank: 1e6 }, new Random(1))).toThrow(
      /^withLora: expected rank to be at most \d+, since .+ is \d+ × \d+, got 1000000$/,
    );
    const model = withLora(base, { rank: 2 }, new Random(1));
    const rows = [
      { prompt: [1, 2], completion: [3, 4, 5] },
      { prompt: [6], completion: [7, 8] },
    ];
    const trainer = new SftTrainer({ model, rows }, { batchSize: 2, learningRate: 0.02 });
    const losses = Array.from(trainer.learn({ steps: 40 }), ({ metrics }) => metrics.loss);
    expect(losses.at(-1)).toBeLessThan(losses[0]);
    expect(t.saveParameters(base.parameters)).toEqual(before);
    trainer.dispose();
  });

  test('hold them to what they were at first', async () => {
    const model = moved(withLora(base, { rank: 2 }, new Random(1)));
    const tokenizer = { encode: () => [1], decode: (tokens: ArrayLike<number>) => Array.from(tokens).join(' ') };
    const reward = (_prompts: readonly string[], completions: readonly string[]): number[] =>
      completions.map((completion) => completion.length);
    const inputs = { model, prompts: [{ prompt: [1, 2] }], reward, tokenizer, endOfText: 0 };
    const trainer = new RlooTrainer(inputs, { batchSize: 4, maxNewTokens: 3, learningRate: 0.02 });
    const divergences: number[] = [];
    for await (const { metrics } of trainer.learn({ steps: 12 })) divergences.push(metrics['objective/kl']);
    expect(Math.abs(divergences[0])).toBeLessThan(1e-4);
    expect(Math.abs(divergences[2])).toBeGreaterThan(1e-3);
    expect(t.saveParameters(base.parameters)).toEqual(before);
    trainer.dispose();
  });
});

describe('what cannot be', () => {
  const base = load('gpt2').decoder;
  const adapted = withLora(base, { rank: 2 }, new Random(1));
  const files = saveLora(adapted);
  const config = JSON.parse(new TextDecoder().decode(files['adapter_config.json'])) as Record<string, unknown>;
  const weights = files['adapter_model.safetensors'];

  test('targets that there are not', () => {
    expect(() => withLora(base, { targets: ['q_proj'] }, new Random(1))).toThrow(
      new ModelError('lora: no linear layer is called "q_proj"; there are c_attn, c_proj, c_fc'),
    );
    expect(() => withLora(base, { targets: ['wte'] }, new Random(1))).toThrow(ModelError);
    expect(() => withLora(base, { targets: [] }, new Random(1))).toThrow(ModelError);
  });

  test('adapters of adapters, and their base’s files', () => {
    expect(() => withLora(adapted, {}, new Random(1))).toThrow(
      'withLora: expected base to be a decoder without adapters',
    );
    expect(() => saveDecoder(adapted)).toThrow('saveDecoder: expected decoder to be a decoder without adapters');
    expect(() => mergeLora(base)).toThrow('mergeLora: expected decoder to be a decoder with adapters');
  });

  test('configs that ask for what is not built', () => {
    const of = (change: object) => () => loadLora(base, { config: { ...config, ...change }, weights });
    expect(of({ peft_type: 'IA3' })).toThrow(
      new ModelError('adapter_config.json: peft_type "IA3" is not supported, only "LORA"'),
    );
    expect(of({ use_dora: true })).toThrow(new ModelError('adapter_config.json: use_dora true is not supported'));
    expect(of({ bias: 'all' })).toThrow(new ModelError('adapter_config.json: bias "all" is not supported'));
    expect(of({ rank_pattern: { c_attn: 4 } })).toThrow(/rank_pattern .* is not supported$/);
    expect(of({ r: 0 })).toThrow(new ModelError('adapter_config.json: expected r to be a positive integer, got 0'));
    expect(of({ target_modules: '.*' })).toThrow(/expected target_modules to be a list of texts/);
    expect(of({ rank_pattern: {}, alpha_pattern: {}, modules_to_save: null, use_rslora: false })).not.toThrow();
    expect(of({ r: 4 })).toThrow(/lora_A\.weight' is float32 .*, expected float32 /);
    expect(of({ target_modules: ['c_fc'] })).toThrow(/^adapters: '.*c_attn\.lora_A\.weight' is unknown/);
    expect(of({ target_modules: ['c_attn', 'c_fc'] })).toThrow(/^adapters: '.*c_fc\.lora_A\.weight' is missing/);
  });
});
