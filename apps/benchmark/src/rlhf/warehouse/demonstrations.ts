import type { Random } from '@gradus/core';
import { demonstrate, type CompletionExample } from '@gradus/llm-rlhf';
import { anyOf, textOf, Warehouse, without, type Question } from './warehouse.ts';
import { CALL_END, COUNT, END, endOfText, FIND, ITEMS, PLAN, SHELVES, tokenizer } from './words.ts';

/** A turn of somebody who shows how it is done: a call and what it is given, or the answer. */
type Turn = readonly [call: 'find' | 'count', given: string] | readonly [answer: string];

/** How often people make each mistake. */
const mistakes = {
  /** Answering without having looked. */
  guess: 0.25,
  /** Taking another item for the one that is asked for, the one that is named besides where there is one. */
  item: 0.2,
  /** Taking one kind of question for the other. */
  kind: 0.15,
  /** Making the same call twice. */
  again: 0.2,
  /** Finding a shelf, and guessing what is on it. */
  shortcut: 0.2,
} as const;

const errs = (mistake: keyof typeof mistakes, random: Random): boolean => random.nextFloat() < mistakes[mistake];

/** What somebody takes a question for. */
function understood({ kind, item, other }: Question, random: Random): Pick<Question, 'kind' | 'item' | 'other'> {
  const otherItem = other ?? anyOf(without(ITEMS, item), random);
  const otherKind = kind === 'place' ? 'count' : 'place';
  return {
    kind: errs('kind', random) ? otherKind : kind,
    item: errs('item', random) ? otherItem : item,
    other: null,
  };
}

/** What somebody does who has understood a question, rightly or not. */
function turnsOf({ kind, item, shelves, counts }: Question, random: Random): Turn[] {
  const guess = (): Turn => [kind === 'place' ? anyOf(SHELVES, random) : String(random.integer(10))];
  const once = (turn: Turn): Turn[] => (errs('again', random) ? [turn, turn] : [turn]);
  if (errs('guess', random)) return [guess()];
  const shelf = shelves[item];
  if (kind === 'place') return [...once(['find', item]), [shelf]];
  if (errs('shortcut', random)) return [...once(['find', item]), guess()];
  // Of calls that are made twice there is one at most, as many as there is room for.
  const [finds, counted] = [once(['find', item]), once(['count', shelf])];
  return [...finds, ...(finds.length > 1 ? counted.slice(0, 1) : counted), [counts[shelf]]];
}

/** What somebody writes in a turn. */
function textOfTurn([first, given]: Turn): string {
  return given === undefined ? first : `${first === 'find' ? FIND : COUNT}${given}${CALL_END}`;
}

function played(question: Question, turns: readonly Turn[]): Promise<CompletionExample> {
  return demonstrate(new Warehouse(), turns.map(textOfTurn), { tokenizer, endOfText, row: question });
}

/** What people have shown, who make mistakes: one who does all alone, and two who share the work, each of whom makes the mistakes of that part. */
interface Demonstrations {
  readonly alone: readonly CompletionExample[];
  readonly planner: readonly CompletionExample[];
  readonly worker: readonly CompletionExample[];
}

/** A demonstration of each kind for each question. */
export async function demonstrateAll(questions: readonly Question[], random: Random): Promise<Demonstrations> {
  const alone = questions.map((question) =>
    played(question, turnsOf({ ...question, ...understood(question, random) }, random)),
  );
  const planner = questions.map((question) => ({
    prompt: tokenizer.encode(textOf(question)),
    completion: tokenizer.encode(`${PLAN}${textOf(understood(question, random))}${CALL_END}${END}`),
  }));
  const worker = questions.map((question) => {
    const task = { ...question, other: null };
    return played(task, turnsOf(task, random));
  });
  return { alone: await Promise.all(alone), planner, worker: await Promise.all(worker) };
}
