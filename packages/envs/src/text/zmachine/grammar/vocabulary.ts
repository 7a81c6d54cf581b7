import { dictionaryWords } from '../dictionary.ts';
import type { Machine } from '../machine.ts';

/** Words that stories often know, as they are written in full, the most usual first where several mean the same. */
const common = [
  ...['north', 'south', 'east', 'west', 'northeast', 'northwest', 'southeast', 'southwest', 'up', 'down', 'in', 'out'],
  ...['look', 'examine', 'inventory', 'take', 'put', 'drop', 'open', 'close', 'unlock', 'lock', 'push', 'pull', 'turn'],
  ...['switch', 'light', 'extinguish', 'enter', 'exit', 'climb', 'read', 'search', 'move', 'wear', 'remove', 'eat'],
  ...[
    'drink',
    'give',
    'show',
    'throw',
    'attack',
    'tie',
    'untie',
    'fill',
    'pour',
    'break',
    'cut',
    'dig',
    'touch',
    'rub',
  ],
  ...[
    'listen',
    'smell',
    'burn',
    'insert',
    'ring',
    'wave',
    'squeeze',
    'inflate',
    'deflate',
    'board',
    'disembark',
    'swim',
  ],
  ...[
    'raise',
    'lower',
    'kiss',
    'wake',
    'jump',
    'wait',
    'with',
    'to',
    'off',
    'through',
    'underneath',
    'behind',
    'against',
    'between',
    'into',
  ],
];

/** The words of a story's dictionary, their flags, and what they were before they were cut off. */
export class Vocabulary {
  /** In full, as far as that is known, by their addresses. */
  readonly words: ReadonlyMap<number, string>;
  private readonly inFull: ReadonlySet<string>;
  private readonly memory: Uint8Array;
  private readonly wordBytes: number;

  constructor({ memory, story, objects }: Machine) {
    const { dictionary, characters, file } = story;
    const { abbreviations, version } = file;
    // Names of objects have words in full.
    const names = Array.from({ length: objects.count() }, (_, i) => story.nameAt(memory, objects.name(i + 1)));
    const known = names.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}-]+/u));
    const longer = [...common, ...known];
    const limit = version === 3 ? 6 : 9;
    const inFull = (word: string): string =>
      word.length < limit || longer.includes(word)
        ? word
        : (longer.find((candidate) => candidate.startsWith(word)) ?? word);
    const cutOff = dictionaryWords(dictionary, { memory, characters, abbreviations });
    this.words = new Map([...cutOff].map(([entry, word]) => [entry, inFull(word)]));
    this.inFull = new Set(this.words.values());
    this.memory = memory;
    this.wordBytes = dictionary.wordBytes;
  }

  has(word: string): boolean {
    return this.inFull.has(word);
  }

  word(entry: number): string {
    return this.words.get(entry) ?? '';
  }

  /** The byte number `index` of an entry behind its word. */
  data(entry: number, index: number): number {
    return this.memory[entry + this.wordBytes + index];
  }

  /** Entries one of whose flags, in the first byte, is among `flags`. */
  entriesWith(flags: number): number[] {
    return [...this.words.keys()].filter((entry) => (this.data(entry, 0) & flags) > 0);
  }

  /** Which of two commands says the same better, as `sort` asks: with fewer words, or a more usual verb. */
  compare(a: string, b: string): number {
    const [first, second] = [a.split(' '), b.split(' ')];
    return first.length - second.length || this.rank(first[0]) - this.rank(second[0]);
  }

  /** The most usual of words that mean the same. */
  preferred(words: readonly string[]): string {
    return [...words].sort((a, b) => this.rank(a) - this.rank(b))[0] ?? '';
  }

  /** How unusual a word is; abbreviations are the least readable. */
  private rank(word: string): number {
    if (word.length === 1) return common.length + 1;
    return common.includes(word) ? common.indexOf(word) : common.length;
  }
}
