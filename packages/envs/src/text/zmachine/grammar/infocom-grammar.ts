import { readWord } from '../words.ts';
import { HOLE, type Hole, type Template } from './template.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Flags of words, whose two lowest bits say which kind the first byte behind them is for. */
const PREPOSITION = 0x08;
const DIRECTION = 0x10;
const VERB = 0x40;
const FIRST_IS_PREPOSITION = 0;
const FIRST_IS_VERB = 1;
const FIRST_IS_DIRECTION = 3;

/** A line, in either of two formats. */
interface Line {
  readonly things: number;
  readonly prepositions: readonly [number, number];
  /** Of each thing, bits that say where it has to be. */
  readonly places: readonly [number, number];
  readonly action: number;
  readonly length: number;
}

/** Bits of where a thing has to be: it must be in hands, and it is taken first. */
const MUST_BE_HELD = 0x02;
const IS_TAKEN = 0x08;

/**
 * Infocom's parser refuses what is not held and must be, where it does not take it first. Where else a thing should be, and what attribute it should have, only decides what is meant where a
 * command leaves it out.
 */
function holeAt(bits: number): Hole {
  const demands = bits & (MUST_BE_HELD | IS_TAKEN);
  return { kind: String(demands), isHeld: demands === MUST_BE_HELD };
}

/** Eight bytes: how many things, prepositions, attributes that things should have, places and the action. */
function fixedLine(memory: Uint8Array, at: number): Line {
  return {
    things: memory[at],
    prepositions: [memory[at + 1], memory[at + 2]],
    places: [memory[at + 5], memory[at + 6]],
    action: memory[at + 7],
    length: 8,
  };
}

const shortLengths = [2, 4, 7];
/** What is left of a preposition's number there. */
const SHORT_PREPOSITION = 63;

/** Two, four or seven bytes, by how many things there are, in the later stories. */
function shortLine(memory: Uint8Array, at: number): Line {
  const things = memory[at] >> 6;
  return {
    things,
    prepositions: [memory[at] & SHORT_PREPOSITION, things > 1 ? memory[at + 4] & SHORT_PREPOSITION : 0],
    places: [memory[at + 3], things > 1 ? memory[at + 6] : 0],
    action: memory[at + 1],
    length: shortLengths[things] ?? 1,
  };
}

/**
 * The grammar of a story by Infocom: a table of verbs, each with the number of its lines (Blasband, *The ZIL Manual*; Infocom's published sources). Undefined where
 * the table is of neither known format.
 */
export function infocomGrammar(
  memory: Uint8Array,
  table: number,
  vocabulary: Vocabulary,
): readonly Template[] | undefined {
  const verbs = wordsByNumber(vocabulary, VERB, FIRST_IS_VERB);
  const inFull = wordsByNumber(vocabulary, PREPOSITION, FIRST_IS_PREPOSITION);
  const cut = new Map([...inFull].map(([number, words]) => [number & SHORT_PREPOSITION, words]));
  const highest = 255 - Math.min(...verbs.keys());
  const start = (verb: number): number => readWord(memory, table + 2 * verb);
  for (const [read, prepositions] of [
    [fixedLine, inFull],
    [shortLine, cut],
  ] as const) {
    const templates: Template[] = [];
    let fits = verbs.size > 0;
    for (let verb = 0; fits && verb <= highest; verb++) {
      const word = vocabulary.preferred(verbs.get(255 - verb) ?? []);
      let at = start(verb);
      for (let left = memory[at++]; fits && left > 0; left--) {
        const line = read(memory, at);
        fits = line.things <= 2 && line.prepositions.every((number) => number === 0 || prepositions.has(number));
        at += line.length;
        if (fits && word !== '') templates.push(templateOf(word, line, prepositions));
      }
      // One verb begins where the one before ends.
      fits &&= verb === highest || at === start(verb + 1);
    }
    if (fits) return templates;
  }
  return undefined;

  function templateOf(
    word: string,
    { things, prepositions: numbers, places, action }: Line,
    prepositions: ReadonlyMap<number, readonly string[]>,
  ): Template {
    const parts = [word];
    for (let i = 0; i < 2; i++) {
      if (numbers[i] > 0) parts.push(vocabulary.preferred(prepositions.get(numbers[i]) ?? []));
      if (i < things) parts.push(HOLE);
    }
    return { text: parts.join(' '), action, holes: places.slice(0, things).map(holeAt) };
  }
}

/** The directions of a story by Infocom, in full. */
export function infocomDirections(vocabulary: Vocabulary): string[] {
  return [...wordsByNumber(vocabulary, DIRECTION, FIRST_IS_DIRECTION).values()].map((words) =>
    vocabulary.preferred(words),
  );
}

/** Words of one kind, by the number that they have as such. */
function wordsByNumber(vocabulary: Vocabulary, flag: number, first: number): Map<number, string[]> {
  const words = new Map<number, string[]>();
  for (const entry of vocabulary.entriesWith(flag)) {
    const number = vocabulary.data(entry, (vocabulary.data(entry, 0) & 3) === first ? 1 : 2);
    words.set(number, [...(words.get(number) ?? []), vocabulary.word(entry)]);
  }
  return words;
}
