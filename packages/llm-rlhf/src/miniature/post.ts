import { aRandomSource, objectOf, type RandomSource } from '@gradus/core';
import { checkArguments, flag, type OptionCheck } from '@gradus/tensor';
import { arrayOf, tokenId } from '../checks.ts';
import { drawDistinct, drawOne } from './draw.ts';
import { DOT, fillers, KEY, names, objects, SEPARATOR, verbs } from './vocabulary.ts';

/** Tokens of every post. */
export const POST_LENGTH = 18;

const CLAUSES = 3;

/** Somebody did something with something. */
export interface Clause {
  readonly name: number;
  readonly verb: number;
  readonly object: number;
  /** Whether a summary has to tell it. */
  readonly isKey: boolean;
}

/** What a post says, and the tokens that say it. */
export interface Post {
  readonly clauses: readonly Clause[];
  /** The prompt: {@link POST_LENGTH} tokens, of which the last asks for the summary. */
  readonly tokens: readonly number[];
}

const isClause = objectOf('a clause', { name: tokenId, verb: tokenId, object: tokenId, isKey: flag });

/** What a post says: key clauses and others. */
export const postClauses: OptionCheck = {
  expected: 'the clauses of a post (of drawPost or readPost), some of them keys and some not',
  accepts: (value) =>
    Array.isArray(value) &&
    value.every(isClause.accepts) &&
    [true, false].every((isKey) => value.some((clause: Clause) => clause.isKey === isKey)),
};

/**
 * Draws a post: three clauses `name verb object .` with different names, verbs and objects, of which one or two are marked as key, and as many fillers before and
 * behind them as make it 18 tokens long.
 */
export function drawPost(random: RandomSource): Post {
  checkArguments('drawPost', { random }, { random: aRandomSource });
  const drawn = [names, verbs, objects].map((words) => drawDistinct(random, words, CLAUSES));
  const keys = drawDistinct(random, [0, 1, 2], 1 + random.integer(2));
  const clauses = Array.from({ length: CLAUSES }, (_, i) => {
    const [name, verb, object] = drawn.map((words) => words[i]);
    return { name, verb, object, isKey: keys.includes(i) };
  });
  const parts = clauses.map(({ name, verb, object, isKey }) => [...(isKey ? [KEY] : []), name, verb, object, DOT]);
  const room = POST_LENGTH - 1 - parts.flat().length;
  for (let i = 0; i < room; i++) parts.splice(random.integer(parts.length + 1), 0, [drawOne(random, fillers)]);
  return { clauses, tokens: [...parts.flat(), SEPARATOR] };
}

/** What a post says. @throws RangeError for tokens that are no post. */
export function readPost(tokens: ArrayLike<number>): readonly Clause[] {
  checkArguments('readPost', { tokens }, { tokens: arrayOf('tokens', tokenId.accepts) });
  const clauses: Clause[] = [];
  let at = 0;
  const next = (kind: string, isOne: (token: number) => boolean): number => {
    const token: number | undefined = tokens[at];
    if (token === undefined || !isOne(token)) {
      throw new RangeError(`post: expected ${kind} at position ${at}, got ${token ?? 'nothing'}`);
    }
    at++;
    return token;
  };
  const among =
    (words: readonly number[]) =>
    (token: number): boolean =>
      words.includes(token);
  while (at < tokens.length - 1) {
    if (fillers.includes(tokens[at])) {
      at++;
      continue;
    }
    const isKey = tokens[at] === KEY;
    if (isKey) at++;
    const name = next('a name', among(names));
    const verb = next('a verb', among(verbs));
    const object = next('an object', among(objects));
    next('.', among([DOT]));
    clauses.push({ name, verb, object, isKey });
  }
  next('TL;DR:', among([SEPARATOR]));
  if (!clauses.some(({ isKey }) => isKey))
    throw new RangeError('post: expected a clause that is marked as key, got none');
  return clauses;
}
