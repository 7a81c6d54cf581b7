import { valueText } from '@gradus/tensor';
import { float32Number, tokenId, zerosAndOnes } from '../checks.ts';
import { isRecord } from './rows.ts';

/** What supervised fine-tuning imitates, in tokens. */
export interface CompletionExample {
  /** May be empty: all of a text is then the completion, whose first token is given, since nothing stands before it. */
  readonly prompt: ArrayLike<number>;
  /** At least one token; the token that ends a text is its last, where it has one. */
  readonly completion: ArrayLike<number>;
  /** 1 for tokens of the completion that are imitated, 0 for those that others wrote, such as results of tools. Default: all are. */
  readonly mask?: ArrayLike<number>;
}

/** Two answers of which one was preferred, in tokens, at least one each. */
export interface PreferenceExample {
  readonly prompt: ArrayLike<number>;
  readonly chosen: ArrayLike<number>;
  readonly rejected: ArrayLike<number>;
  /** By how much the chosen one should at least be better, in rewards. */
  readonly margin?: number;
}

/** What is to be answered, in tokens, at least one. */
export interface PromptExample {
  readonly prompt: ArrayLike<number>;
  /** What else is known of it, for reward functions. */
  readonly columns?: Readonly<Record<string, unknown>>;
}

/**
 * Throws `RangeError`, which names the row by its number from 0, unless `rows` are examples of a model of `vocabulary` tokens, at least one, whose prompts have
 * at least `leastPrompt` tokens.
 */
export function checkCompletionExamples(
  subject: string,
  rows: readonly CompletionExample[],
  vocabulary: number,
  leastPrompt = 0,
): void {
  checkRows(subject, rows, (row, where) => {
    checkTokens(where, 'prompt', row.prompt, vocabulary, leastPrompt);
    checkTokens(where, 'completion', row.completion, vocabulary, 1);
    checkMask(where, row);
    checkImitated(where, row);
  });
}

/** {@link checkCompletionExamples} of preferences. */
export function checkPreferenceExamples(subject: string, rows: readonly PreferenceExample[], vocabulary: number): void {
  checkRows(subject, rows, (row, where) => {
    for (const name of ['prompt', 'chosen', 'rejected'] as const) checkTokens(where, name, row[name], vocabulary, 1);
    if (row.margin === undefined || float32Number.accepts(row.margin)) return;
    throw new RangeError(`${where}: expected margin to be ${float32Number.expected}, got ${valueText(row.margin)}`);
  });
}

/** {@link checkCompletionExamples} of prompts. */
export function checkPromptExamples(subject: string, rows: readonly PromptExample[], vocabulary: number): void {
  checkRows(subject, rows, (row, where) => {
    checkTokens(where, 'prompt', row.prompt, vocabulary, 1);
  });
}

function checkRows<Row>(subject: string, rows: readonly Row[], check: (row: Row, where: string) => void): void {
  if (!Array.isArray(rows) || rows.length === 0) {
    const advice = isRecord(rows) && 'examples' in rows ? ': its `examples` are one' : '';
    throw new RangeError(`${subject}: expected a list of at least one example, got ${valueText(rows)}${advice}`);
  }
  // Not forEach, which passes over holes.
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as Row;
    const where = `${subject}: row ${i}`;
    if (typeof row !== 'object' || row === null) {
      throw new RangeError(`${where}: expected an example, got ${valueText(row)}`);
    }
    check(row, where);
  }
}

function checkMask(where: string, { mask, completion }: CompletionExample): void {
  if (mask === undefined) return;
  const { length } = completion;
  const isMask = zerosAndOnes.accepts(mask) && mask.length === length && Array.from(mask).includes(1);
  if (isMask) return;
  const got = zerosAndOnes.accepts(mask)
    ? `${mask.length} of which ${Array.from(mask).filter(Boolean).length} are 1`
    : valueText(mask);
  throw new RangeError(
    `${where}: expected mask to be 0 and 1 for each of ${length} tokens, with at least one 1, got ${got}`,
  );
}

/** Nothing says what the first token of a text should be. */
function checkImitated(where: string, { prompt, completion, mask }: CompletionExample): void {
  const first = prompt.length === 0 ? 1 : 0;
  const count = mask === undefined ? completion.length : Array.from(mask).lastIndexOf(1) + 1;
  if (count > first) return;
  throw new RangeError(
    `${where}: expected a token that is imitated and has one before it, got an empty prompt and a completion of which the first token alone is`,
  );
}

const makers = 'completionExamples, preferenceExamples and promptExamples';

function checkTokens(where: string, name: string, tokens: unknown, vocabulary: number, least: number): void {
  const isList = Array.isArray(tokens) || (ArrayBuffer.isView(tokens) && !(tokens instanceof DataView));
  if (!isList) {
    const advice = typeof tokens === 'string' ? `: ${makers} make tokens of texts` : '';
    throw new RangeError(`${where}: expected ${name} to be a list of tokens, got ${valueText(tokens)}${advice}`);
  }
  const list = Array.from(tokens as unknown as ArrayLike<unknown>);
  if (list.length < least) throw new RangeError(`${where}: expected ${name} to have at least ${least} token, got none`);
  for (const token of list) {
    if (tokenId.accepts(token) && (token as number) < vocabulary) continue;
    throw new RangeError(
      `${where}: expected ${name} to have tokens of at least 0 and at most ${vocabulary - 1}, got ${valueText(token)}`,
    );
  }
}
