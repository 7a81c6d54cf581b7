import { aRandomSource, type RandomSource } from '@gradus/core';
import { checkArguments } from '@gradus/tensor';
import { drawOne, happens } from './draw.ts';
import { postClauses, type Clause } from './post.ts';
import { AND, END, fillers, objects } from './vocabulary.ts';

/** Tokens of the longest summary, the one that ends it among them. */
export const SUMMARY_LENGTH = 12;

/** With which probability a human being does what a summary is the worse for. */
export const humanFaults: Readonly<Record<'missesKey' | 'addsClause' | 'addsFiller' | 'mistakesObject', number>> = {
  /** Each key clause is left out. */
  missesKey: 0.45,
  /** A clause is told that is no key; always where nothing would be told otherwise. */
  addsClause: 0.45,
  /** A filler stands before one of the clauses, where three of them leave room for it. */
  addsFiller: 0.35,
  /** One of the clauses has another object. */
  mistakesObject: 0.05,
};

/** The best summary of a post's clauses: all that is key and nothing else, in the post's order. */
export function idealSummary(clauses: readonly Clause[]): readonly number[] {
  checkArguments('idealSummary', { clauses }, { clauses: postClauses });
  return summaryOf(clauses.filter(({ isKey }) => isKey).map(wordsOf));
}

/** A summary of a post's clauses as human beings write them, with {@link humanFaults}: what supervised fine-tuning learns from, and what others are compared with. */
export function humanSummary(clauses: readonly Clause[], random: RandomSource): readonly number[] {
  checkArguments('humanSummary', { clauses, random }, { clauses: postClauses, random: aRandomSource });
  const kept = clauses.filter(({ isKey }) => isKey && !happens(random, humanFaults.missesKey));
  const others = clauses.filter(({ isKey }) => !isKey);
  const isAdded = happens(random, humanFaults.addsClause);
  const added = kept.length === 0 || isAdded ? [drawOne(random, others)] : [];
  const told = clauses.filter((clause) => kept.includes(clause) || added.includes(clause)).map(wordsOf);
  if (happens(random, humanFaults.mistakesObject)) {
    const words = drawOne(random, told);
    const right = words.length - 1;
    words[right] = drawOne(
      random,
      objects.filter((object) => object !== words[right]),
    );
  }
  const hasRoom = summaryOf(told).length < SUMMARY_LENGTH;
  if (happens(random, humanFaults.addsFiller) && hasRoom) drawOne(random, told).unshift(drawOne(random, fillers));
  return summaryOf(told);
}

function wordsOf({ name, verb, object }: Clause): number[] {
  return [name, verb, object];
}

function summaryOf(clauses: readonly (readonly number[])[]): readonly number[] {
  return [...clauses.flatMap((words, i) => (i === 0 ? words : [AND, ...words])), END];
}
