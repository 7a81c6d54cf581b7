import { checkArguments } from '@gradus/tensor';
import { aText } from '../checks.ts';

/** How much two texts have in common. */
export interface Overlap {
  /** Of what was written, the part that the reference has. */
  readonly precision: number;
  /** Of the reference, the part that was written. */
  readonly recall: number;
  /** Their harmonic mean. */
  readonly f1: number;
}

/**
 * ROUGE (Lin, 2004): what a text has in common with a reference, in words (`rouge1`), in pairs of neighbouring words (`rouge2`), and in words in the same order
 * (`rougeL`, the longest common subsequence). Words are runs of the letters a to z and of digits, in lower case and not stemmed, as in `rouge_score`. All is 0 where
 * one of both has none.
 */
export function rouge(text: string, reference: string): Readonly<Record<'rouge1' | 'rouge2' | 'rougeL', Overlap>> {
  checkArguments('rouge', { text, reference }, { text: aText, reference: aText });
  const [written, wanted] = [wordsOf(text), wordsOf(reference)];
  return {
    rouge1: overlapOf(written, wanted, common),
    rouge2: overlapOf(pairsOf(written), pairsOf(wanted), common),
    rougeL: overlapOf(written, wanted, longestCommonSubsequence),
  };
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
}

function pairsOf(words: readonly string[]): string[] {
  return words.slice(1).map((word, i) => `${words[i]} ${word}`);
}

function overlapOf(
  written: readonly string[],
  wanted: readonly string[],
  count: (written: readonly string[], wanted: readonly string[]) => number,
): Overlap {
  const shared = count(written, wanted);
  if (shared === 0) return { precision: 0, recall: 0, f1: 0 };
  return {
    precision: shared / written.length,
    recall: shared / wanted.length,
    f1: (2 * shared) / (written.length + wanted.length),
  };
}

/** How many both have, each as often as in both. */
function common(written: readonly string[], wanted: readonly string[]): number {
  const left = new Map<string, number>();
  for (const each of wanted) left.set(each, (left.get(each) ?? 0) + 1);
  let shared = 0;
  for (const each of written) {
    const count = left.get(each) ?? 0;
    if (count === 0) continue;
    shared++;
    left.set(each, count - 1);
  }
  return shared;
}

function longestCommonSubsequence(written: readonly string[], wanted: readonly string[]): number {
  /** Of the words so far and of the first j that are wanted. */
  let before = new Uint32Array(wanted.length + 1);
  for (const word of written) {
    const now = new Uint32Array(before.length);
    for (let j = 1; j < now.length; j++) {
      now[j] = word === wanted[j - 1] ? before[j - 1] + 1 : Math.max(before[j], now[j - 1]);
    }
    before = now;
  }
  return before[wanted.length];
}
