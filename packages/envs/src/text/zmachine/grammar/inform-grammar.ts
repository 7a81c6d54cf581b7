import { readWord } from '../words.ts';
import { HOLE, type Hole, type Template } from './template.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Flags of words, and of tokens. */
const VERB = 1;
const META = 2;
const ALTERNATIVE_FOLLOWS = 0x20;
const END = 15;

const PREPOSITION = 2;
/** Kinds of tokens for things: by a property of theirs, an attribute, or where they are. */
const things = [3, 4, 5];
const ELEMENTARY = 1;
/** Elementary tokens for things. */
const elementaryThings = [0, 1, 2, 3, 4, 5, 6];

/**
 * The grammar of a story that Inform 6 compiled, in its second format, which all do whose library is of 1998 or later (Inform's Technical Manual, §8.6): for each
 * verb the number of lines, and each line an action and tokens. Undefined where the table is none of that format. Lines with numbers or free text in them, and
 * commands that deal with the game rather than its world, are left out.
 */
export function informGrammar(
  memory: Uint8Array,
  table: number,
  vocabulary: Vocabulary,
): readonly Template[] | undefined {
  const verbs = new Map<number, number[]>();
  for (const entry of vocabulary.entriesWith(VERB)) {
    const verb = 255 - vocabulary.data(entry, 1);
    verbs.set(verb, [...(verbs.get(verb) ?? []), entry]);
  }
  const templates: Template[] = [];
  for (const [verb, entries] of verbs) {
    const word = vocabulary.preferred(entries.map((entry) => vocabulary.word(entry)));
    const isMeta = entries.some((entry) => (vocabulary.data(entry, 0) & META) > 0);
    let address = readWord(memory, table + 2 * verb);
    const lines = memory[address++];
    for (let i = 0; i < lines; i++) {
      const line = readLine(memory, address, vocabulary);
      if (!line) return undefined;
      address = line.end;
      if (line.tokens && !isMeta) {
        templates.push({ text: [word, ...line.tokens].join(' '), action: line.action, holes: line.holes });
      }
    }
  }
  return templates;
}

interface Line {
  readonly action: number;
  /** Undefined where one of them cannot be filled in. */
  readonly tokens: readonly string[] | undefined;
  readonly holes: readonly Hole[];
  readonly end: number;
}

function readLine(memory: Uint8Array, address: number, vocabulary: Vocabulary): Line | undefined {
  const action = readWord(memory, address) & 0x3ff;
  address += 2;
  const tokens: string[] = [];
  const holes: Hole[] = [];
  let isWhole = true;
  let isAlternative = false;
  for (; memory[address] !== END; address += 3) {
    const kind = memory[address] & 15;
    const value = readWord(memory, address + 1);
    if (kind === 0 || kind > 6 || address + 3 > memory.length) return undefined;
    if (kind === PREPOSITION) {
      if (!vocabulary.words.has(value)) return undefined;
      if (!isAlternative) tokens.push(vocabulary.word(value));
      isAlternative = (memory[address] & ALTERNATIVE_FOLLOWS) > 0;
    } else if (things.includes(kind) || (kind === ELEMENTARY && elementaryThings.includes(value))) {
      tokens.push(HOLE);
      holes.push({ kind: `${kind} ${value}`, isHeld: false });
    } else isWhole = false;
  }
  return { action, tokens: isWhole ? tokens : undefined, holes, end: address + 1 };
}
