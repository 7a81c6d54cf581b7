import { Random, spawnSeed } from '@gradus/core';
import type { Row, TextEnvironment, Tool } from '@gradus/llm-rlhf';
import { ITEMS, SHELVES } from './words.ts';

/** A question, and the warehouse that it is about: another one for each. */
export interface Question extends Row {
  /** `place`: on which shelf something is. `count`: how many things are on its shelf. */
  readonly kind: 'place' | 'count';
  readonly item: string;
  /** What is named besides, and not asked for; `null`: nothing. */
  readonly other: string | null;
  /** The shelf of each item. */
  readonly shelves: Readonly<Record<string, string>>;
  /** How many things are on each shelf, a digit. */
  readonly counts: Readonly<Record<string, string>>;
}

/** So many questions; all of them follow from the seed and the number of their stream. */
export function drawQuestions(count: number, seed: number, stream: number): Question[] {
  const random = new Random(spawnSeed(seed, stream));
  return Array.from({ length: count }, () => {
    const item = anyOf(ITEMS, random);
    const other = random.nextFloat() < 0.5 ? null : anyOf(without(ITEMS, item), random);
    const kind = random.nextFloat() < 1 / 3 ? 'place' : 'count';
    const shelves = Object.fromEntries(ITEMS.map((each) => [each, anyOf(SHELVES, random)]));
    const counts = Object.fromEntries(SHELVES.map((shelf) => [shelf, String(random.integer(10))]));
    return { kind, item, other, shelves, counts };
  });
}

/** Any of these. */
export function anyOf<T>(values: readonly T[], random: Random): T {
  return values[random.integer(values.length)];
}

/** All but one of them. */
export function without<T>(values: readonly T[], left: T): T[] {
  return values.filter((value) => value !== left);
}

/** How a question is put. */
export function textOf({ kind, item, other }: Pick<Question, 'kind' | 'item' | 'other'>): string {
  return `${other === null ? '' : `not ${other} but `}${kind === 'place' ? 'where is ' : 'how many '}${item}?`;
}

/** What is to be answered. */
export function answerOf({ kind, item, shelves, counts }: Question): string {
  return kind === 'place' ? shelves[item] : counts[shelves[item]];
}

/** What a call costs. */
const CALL_COST = 0.05;

/**
 * A warehouse that somebody asks about. `find` tells the shelf of an item, `count` how many things are on a shelf. A right answer is worth 1, and each call costs 0.05,
 * so that asking too much is a mistake as guessing is.
 */
export class Warehouse implements TextEnvironment {
  readonly tools: Readonly<Record<'find' | 'count', Tool>> = {
    find: ({ item }) => this.lookUp('shelves', item),
    count: ({ shelf }) => this.lookUp('counts', shelf),
  };
  private question: Question | undefined;
  private unpaid = 0;

  reset(row: Row): string | Promise<string> {
    this.question = row as Question;
    return textOf(this.question);
  }

  turnReward(): number {
    const cost = this.unpaid;
    this.unpaid = 0;
    return -cost;
  }

  reward(answer: string): number {
    return Number(answer === answerOf(this.asked));
  }

  private get asked(): Question {
    if (this.question === undefined) throw new Error('reset comes first');
    return this.question;
  }

  private lookUp(table: 'shelves' | 'counts', name: unknown): string {
    this.unpaid += CALL_COST;
    const known = this.asked[table];
    if (typeof name === 'string' && Object.hasOwn(known, name)) return known[name];
    throw new Error('there is none');
  }
}
