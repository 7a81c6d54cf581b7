import { WordTokenizer } from './word-tokenizer.ts';

const NAMES = ['anna', 'ben', 'cara', 'dan', 'eva', 'finn', 'gina', 'hugo'] as const;
const VERBS = ['bought', 'broke', 'fixed', 'found', 'hid', 'lost', 'painted', 'sold'] as const;
const OBJECTS = ['bike', 'boat', 'clock', 'guitar', 'lamp', 'mirror', 'radio', 'tent'] as const;
const FILLERS = ['anyway', 'honestly', 'so', 'well'] as const;

/** Tokens that are no words of a story. */
export const PAD = 0;
export const END = 1;
/** Ends a post and asks for its summary. */
export const SEPARATOR = 2;
/** Marks the clause behind it as one that a summary has to tell. */
export const KEY = 3;
/** Joins the clauses of a summary. */
export const AND = 4;
/** Ends a clause of a post. */
export const DOT = 5;

const MARKS = ['<pad>', '<end>', 'TL;DR:', 'KEY', 'AND', '.'] as const;

/** The numbers of `words`, where `before` stand in front of them. */
function numbers(words: readonly string[], ...before: readonly (readonly string[])[]): readonly number[] {
  const first = before.reduce((sum, { length }) => sum + length, 0);
  return words.map((_, i) => first + i);
}

/** Numbers of the words of each kind. */
export const names: readonly number[] = numbers(NAMES, MARKS);
export const verbs: readonly number[] = numbers(VERBS, MARKS, NAMES);
export const objects: readonly number[] = numbers(OBJECTS, MARKS, NAMES, VERBS);
export const fillers: readonly number[] = numbers(FILLERS, MARKS, NAMES, VERBS, OBJECTS);

/** The miniature's 34 words as a tokenizer: six marks, eight names, eight verbs, eight objects, four fillers, in this order. */
export function miniatureTokenizer(): WordTokenizer {
  return new WordTokenizer([...MARKS, ...NAMES, ...VERBS, ...OBJECTS, ...FILLERS], {
    specialTokens: MARKS.slice(0, 2),
  });
}
