import {
  checkArguments,
  checkOptions,
  flag,
  nullable,
  oneOf,
  optional,
  positiveInteger,
  valueText,
  type OptionCheck,
} from '@gradus/tensor';
import { havingMethods } from '@gradus/core';
import { aText, float32Number, tokenId } from '../checks.ts';
import {
  answersOf,
  continuationOf,
  conversationChecks,
  promptOf,
  withPromptMessages,
  type ConversationOptions,
} from './conversations.ts';
import type { CompletionExample, PreferenceExample, PromptExample } from './examples.ts';
import type { TextEncoding } from './text-encoding.ts';
import { convertEach, DataError, isRecord, isRows, onBadRowCheck, type BadRowOptions, type Row } from './rows.ts';

/** How texts of prompts become tokens. */
export interface PromptTextOptions extends BadRowOptions, ConversationOptions {
  /** Tokens of the longest prompt; longer ones are cut as `promptTruncation` says. Default `null`: none is cut. */
  readonly maxPromptLength?: number | null;
  /**
   * `keep-end`: the first tokens are cut off, as TRL does by default. `last-newline`: whole lines at the end are, as few as need be, so that no sentence is cut
   * (Stiennon et al., 2020; Huang et al., 2024); where no line fits, as many tokens of its beginning stay as there is room for. Default `keep-end`.
   */
  readonly promptTruncation?: 'keep-end' | 'last-newline';
  /** What follows every prompt, cut or not: `\n\nTL;DR:`, without a space behind it, since the space belongs to the first word of the completion. Default none. */
  readonly promptEnd?: string;
  /** Whether special tokens that are written out in texts become those tokens, as in Hugging Face's tokenizers, or are text like any other. Default true. */
  readonly addedTokens?: boolean;
}

/** How texts of completions become tokens. */
export interface CompletionTextOptions extends PromptTextOptions {
  /**
   * The token that ends a text: every completion gets it as its last, unless it has it already; conversations end as their template has it. Default `null`: none.
   */
  readonly endOfText?: number | null;
  /** Tokens of the longest completion, the one that ends it among them; longer ones are cut at their end, and then keep none. Default `null`: none is cut. */
  readonly maxCompletionLength?: number | null;
}

/** Examples, and in `skipped` what was wrong with each row that was left out. */
export interface Examples<Example> {
  readonly examples: Example[];
  readonly skipped: string[];
}

const length = optional(nullable(positiveInteger));
const promptChecks: { readonly [Name in keyof Required<PromptTextOptions>]: OptionCheck } = {
  maxPromptLength: length,
  promptTruncation: optional(oneOf('keep-end', 'last-newline')),
  promptEnd: optional(aText),
  addedTokens: optional(flag),
  onBadRow: onBadRowCheck,
  ...conversationChecks,
};
const completionChecks: { readonly [Name in keyof Required<CompletionTextOptions>]: OptionCheck } = {
  ...promptChecks,
  endOfText: optional(nullable(tokenId)),
  maxCompletionLength: length,
};

/**
 * Examples for supervised fine-tuning of rows in TRL's formats: `{ text }`, all of which is the completion, or `{ prompt, completion }`, texts or lists of messages.
 * Of `{ messages }` every answer of the assistant is an example, with the conversation before it as its prompt, so that nothing is imitated but what the assistant
 * wrote (TRL's `assistant_only_loss`). Prompt and completion become tokens apart, so that a prompt has the same tokens here and in generation; what is to be one
 * word must therefore not be cut between them: a space belongs before the completion, not behind the prompt.
 * @throws DataError for a row that is none, by its number and field, unless `onBadRow` is `skip`.
 */
export function completionExamples(
  rows: readonly Row[],
  tokenizer: TextEncoding,
  options: CompletionTextOptions = {},
): Examples<CompletionExample> {
  checkCall('completionExamples', rows, tokenizer, options, completionChecks);
  return examplesOf(rows, options, (row) => {
    if (has(row, 'prompt', 'completion')) {
      if (!Array.isArray(row.prompt)) {
        return [
          {
            prompt: promptTokens(textAt(row, 'prompt'), tokenizer, options),
            completion: completionTokens('completion', textAt(row, 'completion'), tokenizer, options),
          },
        ];
      }
      const { prompt, continuation } = continuationOf(row, 'prompt', 'completion', options);
      return [
        {
          prompt: promptTokens(prompt, tokenizer, options),
          completion: completionTokens('completion', continuation, tokenizer, { ...options, endOfText: null }),
        },
      ];
    }
    if (has(row, 'messages')) {
      return answersOf(row, 'messages', options).map(({ prompt, continuation }) => ({
        prompt: prompt === '' ? [] : promptTokens(prompt, tokenizer, options),
        completion: completionTokens('messages', continuation, tokenizer, { ...options, endOfText: null }),
      }));
    }
    if (has(row, 'text')) {
      const completion = completionTokens('text', textAt(row, 'text'), tokenizer, options);
      if (completion.length === 1) {
        throw new DataError('expected text to have at least two tokens, of which the first is given, got one');
      }
      return [{ prompt: [], completion }];
    }
    throw unknownFormat(row, 'text, messages, or prompt and completion');
  });
}

/**
 * Pairs of answers of rows in TRL's formats: `{ prompt, chosen, rejected }`, or `{ chosen, rejected }`, whose prompt is what both begin with, less a space at its end;
 * texts or lists of messages. A column `margin` is kept. Otherwise as {@link completionExamples}.
 */
export function preferenceExamples(
  rows: readonly Row[],
  tokenizer: TextEncoding,
  options: CompletionTextOptions = {},
): Examples<PreferenceExample> {
  checkCall('preferenceExamples', rows, tokenizer, options, completionChecks);
  return examplesOf(rows, options, (row) => {
    if (!has(row, 'chosen', 'rejected')) throw unknownFormat(row, 'chosen and rejected');
    const isConversation = Array.isArray(row.chosen);
    const { prompt, chosen, rejected } = isConversation ? messagePair(row, options) : textPair(row);
    const { margin } = row;
    const hasMargin = margin !== undefined && margin !== null;
    if (hasMargin && !float32Number.accepts(margin)) {
      throw new DataError(`expected margin to be ${float32Number.expected}, got ${valueText(margin)}`);
    }
    const completion = isConversation ? { ...options, endOfText: null } : options;
    return [
      {
        prompt: promptTokens(prompt, tokenizer, options),
        chosen: completionTokens('chosen', chosen, tokenizer, completion),
        rejected: completionTokens('rejected', rejected, tokenizer, completion),
        ...(hasMargin && { margin: margin as number }),
      },
    ];
  });
}

/** Prompts of rows `{ prompt }`, texts or lists of messages, whose other columns are kept for reward functions. Otherwise as {@link completionExamples}. */
export function promptExamples(
  rows: readonly Row[],
  tokenizer: TextEncoding,
  options: PromptTextOptions = {},
): Examples<PromptExample> {
  checkCall('promptExamples', rows, tokenizer, options, promptChecks);
  return examplesOf(rows, options, (row) => {
    if (!has(row, 'prompt')) throw unknownFormat(row, 'prompt');
    const columns = Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'prompt'));
    const text = Array.isArray(row.prompt) ? promptOf(row, 'prompt', options) : textAt(row, 'prompt');
    return [{ prompt: promptTokens(text, tokenizer, options), columns }];
  });
}

function checkCall<Options extends object>(
  subject: string,
  rows: readonly Row[],
  tokenizer: TextEncoding,
  options: Options,
  checks: { readonly [Name in keyof Required<Options>]: OptionCheck },
): void {
  const isTokenizer = havingMethods('a tokenizer (with encode)', 'encode');
  checkArguments(subject, { rows, tokenizer }, { rows: isRows, tokenizer: isTokenizer });
  checkOptions(subject, options, checks);
}

function examplesOf<Example>(
  rows: readonly Row[],
  { onBadRow = 'throw' }: BadRowOptions,
  convert: (row: Row) => Example[],
): Examples<Example> {
  const { results, skipped } = convertEach(rows, { onBadRow }, (row) => {
    if (!isRecord(row)) throw new DataError(`expected columns by name, got ${valueText(row)}`);
    return convert(row);
  });
  return { examples: results.flat(), skipped };
}

function has(row: Row, ...names: readonly string[]): boolean {
  return names.every((name) => Object.hasOwn(row, name));
}

function unknownFormat(row: Row, expected: string): DataError {
  return new DataError(`expected ${expected}, got the columns ${Object.keys(row).join(', ') || '(none)'}`);
}

function textAt(row: Row, name: string): string {
  const value = row[name];
  if (typeof value === 'string') return value;
  throw new DataError(`expected ${name} to be a text, got ${valueText(value)}`);
}

/** A prompt and two answers to it. */
type Pair = Readonly<Record<'prompt' | 'chosen' | 'rejected', string>>;

function messagePair(row: Row, options: ConversationOptions): Pair {
  const whole = has(row, 'prompt') ? row : withPromptMessages(row);
  const [chosen, rejected] = ['chosen', 'rejected'].map((name) => continuationOf(whole, 'prompt', name, options));
  return { prompt: chosen.prompt, chosen: chosen.continuation, rejected: rejected.continuation };
}

function textPair(row: Row): Pair {
  const [chosen, rejected] = [textAt(row, 'chosen'), textAt(row, 'rejected')];
  return has(row, 'prompt') ? { prompt: textAt(row, 'prompt'), chosen, rejected } : withPrompt(chosen, rejected);
}

/** What both answers begin with, and the rest; as TRL's `extract_prompt`, so that neither answer is empty and a space stands before both. */
function withPrompt(chosen: string, rejected: string): Pair {
  const [a, b] = [chosen, rejected].map((text) => Array.from(text));
  const shortest = Math.min(a.length, b.length);
  const different = a.findIndex((character, i) => i < shortest && character !== b[i]);
  let end = different === -1 ? shortest - 1 : different;
  if (different > 0 && a[end - 1] === ' ') end--;
  if (chosen === rejected) throw new DataError('expected chosen and rejected to differ');
  if (end <= 0) throw new DataError('expected chosen and rejected to begin with the same prompt');
  const [prompt, ...rest] = [a.slice(0, end), a.slice(end), b.slice(end)].map((part) => part.join(''));
  return { prompt, chosen: rest[0], rejected: rest[1] };
}

function promptTokens(text: string, tokenizer: TextEncoding, options: PromptTextOptions): ArrayLike<number> {
  const { maxPromptLength, promptTruncation = 'keep-end', promptEnd = '', addedTokens = true } = options;
  const limit = maxPromptLength ?? Infinity;
  const encode = (part: string): number[] => Array.from(tokenizer.encode(part, { addedTokens }));
  const whole = encode(text + promptEnd);
  if (whole.length === 0) throw new DataError('expected prompt to have at least one token, got none');
  if (whole.length <= limit) return whole;
  if (promptTruncation === 'keep-end') return whole.slice(-limit);
  for (let end = text.lastIndexOf('\n'); end > 0; end = text.lastIndexOf('\n', end - 1)) {
    const lines = encode(text.slice(0, end) + promptEnd);
    if (lines.length <= limit) return lines;
  }
  const last = encode(promptEnd);
  if (last.length >= limit) {
    throw new DataError(`expected promptEnd to have fewer tokens than the ${limit} of a prompt, got ${last.length}`);
  }
  return [...encode(text).slice(0, limit - last.length), ...last];
}

function completionTokens(
  name: string,
  text: string,
  tokenizer: TextEncoding,
  { endOfText, maxCompletionLength, addedTokens = true }: CompletionTextOptions,
): ArrayLike<number> {
  const tokens = Array.from(tokenizer.encode(text, { addedTokens }));
  if (endOfText !== undefined && endOfText !== null && tokens.at(-1) !== endOfText) tokens.push(endOfText);
  if (tokens.length === 0) throw new DataError(`expected ${name} to have at least one token, got none`);
  return tokens.slice(0, maxCompletionLength ?? tokens.length);
}
