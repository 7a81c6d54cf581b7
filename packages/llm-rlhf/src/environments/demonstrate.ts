import { havingMethods } from '@gradus/core';
import { checkArguments, checkOptions, optional, valueText } from '@gradus/tensor';
import { checkNeeded, textList, tokenId } from '../checks.ts';
import type { CompletionExample } from '../data/examples.ts';
import { aRow, type Row } from '../data/rows.ts';
import type { TextEncoding } from '../data/text-encoding.ts';
import { anEnvironment, type TextEnvironment } from './text-environment.ts';
import {
  aFormat,
  callsIn,
  formatChecks,
  promptTokensOf,
  resultOf,
  resultTokens,
  usualFormat,
  type ToolFormat,
} from './tool-calls.ts';

/** How a demonstration becomes tokens: as the episodes of an `EpisodePlayer` do. */
export interface DemonstrateOptions {
  readonly tokenizer: TextEncoding;
  /** The token that ends turns. */
  readonly endOfText: number;
  /** The row that the episode begins with. Default: an empty one. */
  readonly row?: Row;
  /** How calls and their results stand in texts. Default: {@link ToolFormat}'s. */
  readonly format?: Partial<ToolFormat>;
}

/**
 * An episode as somebody shows it, for supervised fine-tuning before a model learns from rewards: each turn is a text with calls in it, which the environment
 * answers. The turns are imitated, what the environment wrote is not.
 *
 *     await demonstrate(new TextGameEnvironment(game), ['open door', 'go north'].map((command) => commandTurn(command)), options);
 *
 * Rejects with `RangeError` where there are no turns, and for a turn without a call that is not the last: an episode ends with such a one.
 */
export async function demonstrate(
  environment: TextEnvironment,
  turns: readonly string[],
  options: DemonstrateOptions,
): Promise<CompletionExample> {
  checkArguments('demonstrate', { environment, turns }, { environment: anEnvironment, turns: textList });
  checkNeeded('demonstrate', options, {
    tokenizer: havingMethods('a tokenizer (with encode)', 'encode'),
    endOfText: tokenId,
    row: optional(aRow),
    format: optional(aFormat),
  });
  if (turns.length === 0) throw new RangeError('demonstrate: expected at least one turn, got none');
  const { tokenizer, endOfText, row = {} } = options;
  checkOptions('demonstrate: format', options.format ?? {}, formatChecks);
  const format = { ...usualFormat, ...options.format };
  const prompt = await promptTokensOf('demonstrate', environment, row, tokenizer);
  const [completion, mask]: [number[], number[]] = [[], []];
  const write = (tokens: readonly number[], byModel: 0 | 1): void => {
    for (const token of tokens) {
      completion.push(token);
      mask.push(byModel);
    }
  };
  for (const [i, turn] of turns.entries()) {
    write(Array.from(tokenizer.encode(turn)), 1);
    write([endOfText], 1);
    const calls = callsIn(turn, format);
    if (calls.length === 0 && i + 1 < turns.length) {
      throw new RangeError(
        `demonstrate: expected a call, ${format.callStart}…${format.callEnd}, in each turn but the last, got none in turn ${i}: ${valueText(turn)}`,
      );
    }
    const results: string[] = [];
    for (const call of calls) results.push((await resultOf(call, environment)).text);
    if (i + 1 < turns.length) write(resultTokens(results, tokenizer, format), 0);
  }
  return { prompt, completion, mask };
}
