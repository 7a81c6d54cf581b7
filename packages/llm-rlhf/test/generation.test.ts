import { Random } from '@gradus/core';
import {
  logProbabilitiesOf,
  sampleToken,
  shifted,
  TextGenerator,
  truncateCompletions,
  type Decoder,
  type SamplingOptions,
} from '@gradus/llm-rlhf';
import * as t from '@gradus/tensor';
import { describe, expect, test } from 'vitest';
import { load } from './load.ts';
import { expectClose } from './golden.ts';

interface Golden {
  readonly greedy: { readonly prompt: number[][]; readonly output: number[][] };
}
const loadGolden = (name: string): { golden: Golden; decoder: Decoder } =>
  load(name) as { golden: Golden; decoder: Decoder };
const random = (seed = 1): Random => new Random(seed);
/** With which a row draws its most likely token. */
const greedy = { temperature: 0 } as const;

describe.each(['gpt2', 'llama', 'gptneox'])('%s', (name) => {
  const { golden, decoder } = loadGolden(name);
  const [prompt] = golden.greedy.prompt;
  const [output] = golden.greedy.output;

  test('the most likely tokens are those of Hugging Face', () => {
    const generator = new TextGenerator(decoder, { rows: 1, promptLength: 4, maxNewTokens: 8 });
    const { tokens, lengths, ended } = generator.generate([prompt], { ...greedy, random: random() });
    expect([...tokens]).toEqual(output.slice(prompt.length));
    expect([...lengths, ...ended]).toEqual([8, 0]);
    generator.dispose();
  });

  test('prompts of different lengths do not disturb each other, alone or together', () => {
    const prompts = [[5], prompt, [3, 9, 4]];
    const together = new TextGenerator(decoder, { rows: 4, promptLength: 6, maxNewTokens: 5 });
    const all = together.generate(prompts, { ...greedy, random: random() });
    const alone = new TextGenerator(decoder, { rows: 1, promptLength: 4, maxNewTokens: 5 });
    prompts.forEach((each, row) => {
      const one = alone.generate([each], { ...greedy, random: random() });
      expect([...all.tokens.subarray(5 * row, 5 * row + 5)]).toEqual([...one.tokens]);
      expectClose(all.logProbabilities.subarray(5 * row, 5 * row + 5), Array.from(one.logProbabilities));
    });
    together.dispose();
    alone.dispose();
  });

  test('log-probabilities are those that training computes, at any temperature', () => {
    const temperature = 0.7;
    const generator = new TextGenerator(decoder, { rows: 2, promptLength: 4, maxNewTokens: 6 });
    const prompts = [prompt, prompt.slice(2)];
    const generated = generator.generate(prompts, { temperature, random: random() });
    prompts.forEach((each, row) => {
      const text = [...each, ...generated.tokens.subarray(6 * row, 6 * row + 6)];
      const trained = t.evaluate(() => {
        const tokens = t.constant([1, text.length], text, 'int32');
        const next = shifted(decoder.logits(tokens), tokens);
        return logProbabilitiesOf(next.logits, next.tokens, temperature);
      });
      expectClose(
        generated.logProbabilities.subarray(6 * row, 6 * row + 6),
        Array.from(trained.subarray(each.length - 1)),
      );
    });
    generator.dispose();
  });
});

describe('completions', () => {
  const { decoder } = load('gpt2');
  const generator = new TextGenerator(decoder, { rows: 3, promptLength: 4, maxNewTokens: 8 });

  test('end with a stop token, and cost what was written, not more', () => {
    const drawn = generator.generate([[1, 2], [3], [4]], { random: random(3), stopTokens: [7, 8, 9, 10, 11] });
    for (let row = 0; row < 3; row++) {
      const tokens = [...drawn.tokens.subarray(8 * row, 8 * row + 8)];
      const written = tokens.slice(0, drawn.lengths[row]);
      expect(tokens.slice(drawn.lengths[row]).every((token) => token === -1)).toBe(true);
      expect(written.slice(0, -1).some((token) => token >= 7 && token <= 11)).toBe(false);
      expect(drawn.ended[row]).toBe(Number([7, 8, 9, 10, 11].includes(written[written.length - 1])));
      expect(drawn.logProbabilities.subarray(8 * row + drawn.lengths[row], 8 * row + 8).every((p) => p === 0)).toBe(
        true,
      );
    }
    expect(drawn.ended.some((each) => each === 1)).toBe(true);
  });

  test('end with the stop tokens of the generator, unless a call has others', () => {
    const stopTokens = [7, 8, 9, 10, 11];
    const own = new TextGenerator(decoder, { rows: 3, promptLength: 4, maxNewTokens: 8, stopTokens });
    const prompts = [[1, 2], [3], [4]];
    const expected = generator.generate(prompts, { random: random(3), stopTokens });
    expect(own.generate(prompts, { random: random(3) })).toEqual(expected);
    expect(Array.from(own.stream(prompts, { random: random(3) }))).toHaveLength(Math.max(...expected.lengths));
    const endless = own.generate(prompts, { random: random(3), stopTokens: [] });
    expect(endless).toEqual(generator.generate(prompts, { random: random(3) }));
    expect([...endless.lengths]).toEqual([8, 8, 8]);
  });

  test('follow from the seed, and not from where other rows end', () => {
    const options = { stopTokens: [7, 8, 9, 10, 11] };
    const draw = (seed: number, first: number[]): number[] => [
      ...generator.generate([first, [3], [4]], { ...options, random: random(seed) }).tokens,
    ];
    expect(draw(5, [1])).toEqual(draw(5, [1]));
    expect(draw(6, [1])).not.toEqual(draw(5, [1]));
    expect(draw(5, [20]).slice(8)).toEqual(draw(5, [1]).slice(8));
  });

  test('come token by token, too', () => {
    const whole = generator.generate([[1, 2], [3]], { random: random(4) });
    const columns = Array.from(generator.stream([[1, 2], [3]], { random: random(4) }), ({ tokens }) => [...tokens]);
    expect(columns.map(([first]) => first)).toEqual([...whole.tokens.subarray(0, 8)]);
    expect(columns.map(([, second]) => second)).toEqual([...whole.tokens.subarray(8)]);
  });

  test('of an older stream end with an error where the generator has begun other texts', () => {
    const older = generator.stream([[1, 2]], { random: random(4) });
    older.next();
    generator.generate([[3]], { random: random(4) });
    expect(() => older.next()).toThrow(/^stream: the generator has begun other texts meanwhile/);
  });

  test('are what rewards take them for', () => {
    const { tokens, lengths, ended } = generator.generate([[1, 2], [3], [4]], { random: random(3), stopTokens: [7] });
    const cut = truncateCompletions(tokens, 8, 7, 0);
    expect(cut.lengths).toEqual(lengths);
    expect(cut.ended).toEqual(ended);
    expect(cut.tokens.every((token) => token >= 0)).toBe(true);
  });

  test('weights that were trained meanwhile are the ones that write', () => {
    const changed = load('gpt2').decoder;
    const own = new TextGenerator(changed, { rows: 1, promptLength: 4, maxNewTokens: 8 });
    const before = own.generate([[1, 2]], { ...greedy, random: random() }).tokens;
    const table = changed.parameters['transformer.wte.weight'];
    table.write(Array.from(table.read(), (value) => -value));
    expect(own.generate([[1, 2]], { ...greedy, random: random() }).tokens).not.toEqual(before);
    own.dispose();
  });

  test('prompts that cannot be are refused by name', () => {
    const draw = (prompts: number[][]) => () => generator.generate(prompts, { random: random() });
    expect(draw([])).toThrow(new RangeError('generate: expected 1 to 3 prompts (rows), got 0'));
    expect(draw([[1], [2], [3], [4]])).toThrow(new RangeError('generate: expected 1 to 3 prompts (rows), got 4'));
    expect(draw([[1], [1, 2, 3, 4, 5]])).toThrow(
      new RangeError('generate: expected prompt 1 to have at most 4 tokens, got 5'),
    );
    expect(draw([[1], [32]])).toThrow(new RangeError('generate: token 0 of prompt 1 is 32, the model has 32 tokens'));
    expect(draw(['ab'] as never)).toThrow('got ["ab"]: a tokenizer\'s `encode` makes them of texts');
    expect(draw([[]])).toThrow('lists of at least one token each');
    expect(() => new TextGenerator(decoder, { rows: 1, promptLength: 10, maxNewTokens: 7 })).toThrow(
      new RangeError(
        "TextGenerator: expected promptLength + maxNewTokens to be at most 16, the model's longest text, got 10 + 7",
      ),
    );
  });
});

describe('drawing a token', () => {
  const logits = [0, Math.log(2), Math.log(4), Math.log(1), -Infinity];
  const frequencies = (options: SamplingOptions, draws = 8000): number[] => {
    const source = random(2);
    const counts = logits.map(() => 0);
    for (let i = 0; i < draws; i++) counts[sampleToken(logits, options, source.nextFloat()).token]++;
    return counts.map((count) => count / draws);
  };
  /** Within four standard errors. */
  const expectFrequencies = (found: number[], weights: number[]): void => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    weights.forEach((weight, i) => {
      const p = weight / total;
      expect(Math.abs(found[i] - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / 8000));
    });
  };

  test('by their probabilities, at a temperature', () => {
    expectFrequencies(frequencies({}), [1, 2, 4, 1, 0]);
    expectFrequencies(frequencies({ temperature: 0.5 }), [1, 4, 16, 1, 0]);
  });

  test('of the most likely ones alone', () => {
    expectFrequencies(frequencies({ topK: 2 }), [0, 2, 4, 0, 0]);
    // 4/8 is not enough, 6/8 is.
    expectFrequencies(frequencies({ topP: 0.6 }), [0, 2, 4, 0, 0]);
    expectFrequencies(frequencies({ topP: 0.5 }), [0, 0, 1, 0, 0]);
    expectFrequencies(frequencies({ topP: 0 }), [0, 0, 1, 0, 0]);
    // Of the three most likely ones, 4/7 + 2/7.
    expectFrequencies(frequencies({ topK: 3, topP: 0.8 }), [0, 2, 4, 0, 0]);
  });

  test('its log-probability is the policy’s, whatever was left out', () => {
    expect(sampleToken(logits, { topK: 1 }, 0.9)).toEqual({
      token: 2,
      logProbability: expect.closeTo(Math.log(0.5), 12) as number,
    });
    expect(sampleToken(logits, { temperature: 0 }, 0.9).logProbability).toBeCloseTo(Math.log(0.5), 12);
  });

  test('at the edges of the unit interval', () => {
    expect(sampleToken(logits, {}, 0).token).toBe(0);
    expect(sampleToken(logits, {}, 1 - 2 ** -53).token).toBe(3);
  });

  test('where there is none to draw that is an error', () => {
    expect(() => sampleToken([-Infinity, -Infinity])).toThrow(
      new RangeError('sampleToken: expected logits with a finite maximum, got -Infinity'),
    );
    expect(() => sampleToken([0, NaN])).toThrow(new RangeError('sampleToken: the logit of token 1 is not a number'));
    expect(() => sampleToken([0], { temperature: -1 })).toThrow('temperature');
  });
});
