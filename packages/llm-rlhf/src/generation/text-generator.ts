import { havingMethods } from '@gradus/core';
import * as t from '@gradus/tensor';
import type { Attend } from '../model/architecture.ts';
import { causalBehindPadding, toVisible } from '../model/attention.ts';
import { aDecoder, type Decoder } from '../model/decoder.ts';
import { arrayOf, checkLength, checkNeeded, tokenId } from '../checks.ts';
import { drawToken, samplingChecks, type SamplingOptions } from './sampling.ts';

/** How much a {@link TextGenerator} is made for. */
export interface TextGeneratorOptions {
  /** Prompts at a time. */
  readonly rows: number;
  /** Tokens of the longest prompt. */
  readonly promptLength: number;
  /** Tokens of the longest completion. */
  readonly maxNewTokens: number;
  /** Tokens that end a completion, and are its last, unless a call has others. Default: none. */
  readonly stopTokens?: readonly number[];
  /** Default: the default device. */
  readonly device?: t.Device | undefined;
}

/** What uniform numbers in [0, 1) come from. */
type Uniform = Pick<t.RandomSource, 'nextFloat'>;

/** How completions are drawn. */
export interface GenerateOptions extends SamplingOptions {
  /** Tokens that end a completion, and are its last. Default: the generator's. */
  readonly stopTokens?: readonly number[];
  /** What is drawn follows from it alone: one number for each row and token. A list has a source for each row. */
  readonly random: Uniform | readonly Uniform[];
}

/** What was generated: a completion for each prompt. */
export interface Generated {
  /** [prompts × maxNewTokens], row by row; −1 behind the end of a completion. */
  readonly tokens: Int32Array;
  /** log π of each token at the temperature that it was drawn at, 0 behind the end. */
  readonly logProbabilities: Float32Array;
  /** Tokens of each completion, the one that ended it among them. */
  readonly lengths: Int32Array;
  /** 1 for completions that a stop token ended. */
  readonly ended: Uint8Array;
}

const isPrompts: t.OptionCheck = {
  expected: 'lists of at least one token each',
  accepts: (value) =>
    Array.isArray(value) && value.every((prompt) => promptCheck.accepts(prompt) && (prompt as unknown[]).length > 0),
  explain: (value) =>
    Array.isArray(value) && typeof value[0] === 'string' ? "a tokenizer's `encode` makes them of texts" : undefined,
};
const promptCheck = arrayOf('tokens', tokenId.accepts);

function checkCall(prompts: readonly ArrayLike<number>[], options: GenerateOptions): void {
  t.checkArguments('generate', { prompts }, { prompts: isPrompts });
  checkNeeded('generate', options, { ...samplingChecks, random: isRandom, stopTokens: t.optional(promptCheck) });
  const { random } = options;
  if (isList(random)) checkLength('generate: random', random, prompts.length);
}

const aUniform = havingMethods('a source of random numbers with nextFloat()', 'nextFloat');
const isRandom: t.OptionCheck = {
  expected: `${aUniform.expected}, or a list of them`,
  accepts: (value) => aUniform.accepts(value) || (Array.isArray(value) && value.every(aUniform.accepts)),
};

function isList(random: GenerateOptions['random']): random is readonly Uniform[] {
  return Array.isArray(random);
}

/**
 * Completes texts, many at a time. The prompts are read in one go, and their keys and values remembered; then each token costs one run of a program that reads
 * one position. Prompts of different lengths stand at the end of `promptLength` positions, behind padding that nothing looks at. Weights are the decoder's
 * own: trained meanwhile, they generate what they have become.
 */
export class TextGenerator {
  private readonly decoder: Decoder;
  private readonly options: TextGeneratorOptions;
  private readonly stopTokens: readonly number[];
  private readonly prefill: ReturnType<typeof prefillProgram>;
  private readonly step: ReturnType<typeof stepProgram>;
  private readonly caches: Caches;
  private readonly weights: Float64Array;
  private calls = 0;

  /** @throws RangeError for sizes that are no positive integers, or are longer together than the texts that the decoder knows. */
  constructor(decoder: Decoder, options: TextGeneratorOptions) {
    t.checkArguments('TextGenerator', { decoder }, { decoder: aDecoder });
    checkNeeded('TextGenerator', options, {
      rows: t.positiveInteger,
      promptLength: t.positiveInteger,
      maxNewTokens: t.positiveInteger,
      stopTokens: t.optional(promptCheck),
      device: t.optional(havingMethods('a device', 'store', 'compile')),
    });
    const { device } = options;
    const longest = options.promptLength + options.maxNewTokens;
    if (longest > decoder.sizes.positions) {
      throw new RangeError(
        `TextGenerator: expected promptLength + maxNewTokens to be at most ${decoder.sizes.positions}, the model's longest text, got ${options.promptLength} + ${options.maxNewTokens}`,
      );
    }
    this.decoder = decoder;
    this.options = options;
    this.stopTokens = options.stopTokens ?? [];
    this.caches = createCaches(decoder, options);
    this.weights = new Float64Array(decoder.sizes.vocabulary);
    const placed = device === undefined ? {} : { device };
    this.prefill = prefillProgram(decoder, this.caches, options, placed);
    this.step = stepProgram(decoder, this.caches, options, placed);
  }

  /** A completion for each of up to `rows` prompts, lists of tokens. Throws as {@link TextGenerator.stream} does. */
  generate(prompts: readonly ArrayLike<number>[], options: GenerateOptions): Generated {
    checkCall(prompts, options);
    const { maxNewTokens } = this.options;
    const { stopTokens = this.stopTokens } = options;
    const tokens = new Int32Array(prompts.length * maxNewTokens).fill(-1);
    const logProbabilities = new Float32Array(tokens.length);
    const lengths = new Int32Array(prompts.length);
    const ended = new Uint8Array(prompts.length);
    let time = 0;
    for (const drawn of this.stream(prompts, options)) {
      drawn.tokens.forEach((token, row) => {
        if (token === -1) return;
        tokens[row * maxNewTokens + time] = token;
        logProbabilities[row * maxNewTokens + time] = drawn.logProbabilities[row];
        lengths[row]++;
        ended[row] = Number(stopTokens.includes(token));
      });
      time++;
    }
    return { tokens, logProbabilities, lengths, ended };
  }

  /**
   * The same token by token: yields the next one of every prompt, −1 for those whose completion has ended, until all have, or have `maxNewTokens`. What is
   * yielded is used again at the next token. One stream at a time: an older one throws once another has begun.
   * @throws RangeError for prompts that are too many, too long, empty or not of the model's tokens, for wrong options, and for logits that are not finite.
   */
  *stream(
    prompts: readonly ArrayLike<number>[],
    options: GenerateOptions,
  ): Generator<Readonly<{ tokens: Int32Array; logProbabilities: Float32Array }>, void, void> {
    const { rows, promptLength, maxNewTokens } = this.options;
    const { vocabulary } = this.decoder.sizes;
    checkCall(prompts, options);
    const { random, stopTokens = this.stopTokens, ...sampling } = options;
    const call = ++this.calls;
    this.writePrompts(prompts);
    const tokens = new Int32Array(prompts.length);
    const logProbabilities = new Float32Array(prompts.length);
    let logits = this.prefill.run().logits as Float32Array;
    const isDone = new Uint8Array(prompts.length);
    for (let time = 0; time < maxNewTokens; time++) {
      for (let row = 0; row < prompts.length; row++) {
        // Rows draw whether they have ended or not, so that what one draws does not depend on the others.
        const uniform = (isList(random) ? random[row] : random).nextFloat();
        if (isDone[row] === 1) {
          tokens[row] = -1;
          continue;
        }
        const drawn = drawToken(logits, row * vocabulary, this.weights, sampling, uniform);
        tokens[row] = drawn.token;
        logProbabilities[row] = drawn.logProbability;
        isDone[row] = Number(stopTokens.includes(drawn.token));
      }
      yield { tokens, logProbabilities };
      if (call !== this.calls) {
        throw new RangeError(
          'stream: the generator has begun other texts meanwhile; one for each stream keeps them apart',
        );
      }
      if (time === maxNewTokens - 1 || isDone.every((done) => done === 1)) return;
      const { inputs } = this.step;
      for (let row = 0; row < rows; row++) inputs.tokens[row] = row < prompts.length ? Math.max(tokens[row], 0) : 0;
      inputs.slot[0] = promptLength + time;
      logits = this.step.run().logits as Float32Array;
    }
  }

  /** Prompts stand at the end of their rows. */
  private writePrompts(prompts: readonly ArrayLike<number>[]): void {
    const { rows, promptLength } = this.options;
    const { vocabulary } = this.decoder.sizes;
    if (prompts.length === 0 || prompts.length > rows) {
      throw new RangeError(`generate: expected 1 to ${rows} prompts (rows), got ${prompts.length}`);
    }
    const { tokens, isText } = this.prefill.inputs;
    tokens.fill(0);
    isText.fill(0);
    this.step.inputs.starts.fill(promptLength);
    prompts.forEach((prompt, row) => {
      if (prompt.length > promptLength) {
        throw new RangeError(
          `generate: expected prompt ${row} to have at most ${promptLength} tokens, got ${prompt.length}`,
        );
      }
      const start = promptLength - prompt.length;
      this.step.inputs.starts[row] = start;
      for (let i = 0; i < prompt.length; i++) {
        if (prompt[i] >= vocabulary) {
          throw new RangeError(
            `generate: token ${i} of prompt ${row} is ${prompt[i]}, the model has ${vocabulary} tokens`,
          );
        }
        tokens[row * promptLength + start + i] = prompt[i];
        isText[row * promptLength + start + i] = 1;
      }
    });
  }

  /** Frees programs and what they remember; the decoder stays. */
  dispose(): void {
    this.prefill.dispose();
    this.step.dispose();
    for (const cache of [...this.caches.keys, ...this.caches.values]) cache.dispose();
  }
}

/** What each layer remembers of positions: [rows, keyValueHeads, positions, headSize]. */
interface Caches {
  readonly keys: readonly t.Variable[];
  readonly values: readonly t.Variable[];
  readonly positions: number;
}

function createCaches({ sizes }: Decoder, { rows, promptLength, maxNewTokens }: TextGeneratorOptions): Caches {
  // Nothing follows the last token.
  const positions = promptLength + maxNewTokens - 1;
  const create = (name: string): t.Variable[] =>
    Array.from({ length: sizes.layers }, (_, layer) =>
      t.variable([rows, sizes.keyValueHeads, positions, sizes.headSize], undefined, { name: `${name} ${layer}` }),
    );
  return { keys: create('keys'), values: create('values'), positions };
}

/** Remembers what a layer made of positions from `slot` on, and returns all that it remembers. */
function remember(cache: t.Variable, update: t.Tensor, slot: t.TensorLike): t.Tensor {
  const all = t.updateAt(cache, update, slot, { axis: 2 });
  t.assign(cache, all);
  return all;
}

/** Reads the prompts: the logits of what follows them, [rows, vocabulary]. */
function prefillProgram(
  decoder: Decoder,
  caches: Caches,
  { rows, promptLength }: TextGeneratorOptions,
  options: t.ProgramOptions,
) {
  return t.program(
    { tokens: { shape: [rows, promptLength], dtype: 'int32' }, isText: [rows, promptLength] },
    ({ tokens, isText }) => {
      const attendBehind = causalBehindPadding(isText);
      const first = t.asTensor(0, 'int32');
      const attend: Attend = (layer, queries, keys, values) => {
        remember(caches.keys[layer], keys, first);
        remember(caches.values[layer], values, first);
        return attendBehind(layer, queries, keys, values);
      };
      const last = t.broadcastTo(t.asTensor(promptLength - 1, 'int32'), [rows, 1]);
      const hidden = decoder.hiddenAt(tokens, decoder.positionsOf(isText), attend, last);
      return { logits: t.reshape(decoder.head(hidden), [rows, decoder.sizes.vocabulary]) };
    },
    options,
  );
}

/** Reads one token of each row, at position `slot` behind `starts` positions of padding: the logits of what follows, [rows, vocabulary]. */
function stepProgram(decoder: Decoder, caches: Caches, { rows }: TextGeneratorOptions, options: t.ProgramOptions) {
  return t.program(
    {
      tokens: { shape: [rows], dtype: 'int32' },
      slot: { shape: [], dtype: 'int32' },
      starts: { shape: [rows], dtype: 'int32' },
    },
    ({ tokens, slot, starts }) => {
      const slots = t.expandDims(t.range(caches.positions), 0);
      const isVisible = t.logicalAnd(t.greaterEqual(slots, t.expandDims(starts, 1)), t.lessEqual(slots, slot));
      const attend: Attend = (layer, queries, keys, values) =>
        toVisible(
          queries,
          remember(caches.keys[layer], keys, slot),
          remember(caches.values[layer], values, slot),
          isVisible,
        );
      const positions = t.expandDims(t.sub(slot, starts), 1);
      const hidden = decoder.hiddenAt(t.expandDims(tokens, 1), positions, attend);
      return { logits: t.reshape(decoder.head(hidden), [rows, decoder.sizes.vocabulary]) };
    },
    options,
  );
}
