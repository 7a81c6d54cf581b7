import { checkArguments, positiveInteger, type OptionCheck } from '@gradus/tensor';
import { arrayOf, tokenId } from '../checks.ts';

/** What was generated, [completions × time] row by row, and where each ends. */
export interface Completions {
  /** The tokens up to the first end-of-text, and after it padding. */
  readonly tokens: Int32Array;
  /** How many tokens a completion has, end-of-text among them; at least 1. */
  readonly lengths: Int32Array;
  /** 1 for the tokens that a completion has. */
  readonly mask: Float32Array;
  /** 1 for completions that ended by themselves, 0 for those that were cut off. */
  readonly ended: Uint8Array;
}

const isTokenList: OptionCheck = arrayOf(
  'tokens, integers of at least 0, or −1 behind an end',
  (value) => value === -1 || tokenId.accepts(value),
);

/**
 * Completions as they count: everything after the first end-of-text is replaced by padding, which must be a token of its own, else a model would never learn
 * to stop. `tokens` [completions × time], as `TextGenerator.generate` returns them: −1 behind the end of one. Throws `RangeError` for tokens that are not, and where both are the same.
 */
export function truncateCompletions(
  tokens: ArrayLike<number>,
  time: number,
  endOfText: number,
  padding: number,
): Completions {
  checkArguments(
    'truncateCompletions',
    { tokens, time, endOfText, padding },
    { tokens: isTokenList, time: positiveInteger, endOfText: tokenId, padding: tokenId },
  );
  if (endOfText === padding) {
    throw new RangeError(
      `truncateCompletions: expected a token for padding that is not end-of-text, got ${padding} for both`,
    );
  }
  if (tokens.length === 0 || tokens.length % time !== 0) {
    throw new RangeError(`truncateCompletions: expected a multiple of ${time} tokens, got ${tokens.length}`);
  }
  const rows = tokens.length / time;
  const lengths = new Int32Array(rows);
  const ended = new Uint8Array(rows);
  const mask = new Float32Array(tokens.length);
  const kept = new Int32Array(tokens.length).fill(padding);
  for (let row = 0; row < rows; row++) {
    if (tokens[row * time] === -1) throw new RangeError(`truncateCompletions: completion ${row} has no token`);
    for (let i = row * time; i < (row + 1) * time && ended[row] === 0 && tokens[i] !== -1; i++) {
      kept[i] = tokens[i];
      mask[i] = 1;
      lengths[row]++;
      ended[row] = Number(tokens[i] === endOfText);
    }
  }
  return { tokens: kept, lengths, mask, ended };
}
