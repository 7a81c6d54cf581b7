import { Random } from '@gradus/core';
import { dictionaryWords } from '../../../src/text/zmachine/dictionary.ts';
import { readStoryFile } from '../../../src/text/zmachine/story-file.ts';
import { Story } from '../../../src/text/zmachine/story.ts';

const directions = ['north', 'south', 'east', 'west', 'up', 'down', 'in', 'out', 'northeast', 'northwest', 'southeast'];
const odd = ['', 'xyzzy', 'Take, the. ÄÖ!', 'a'.repeat(300), 'look. wait', '"quoted" words', 'undo', 'save', 'restore'];

/** Flags in the first byte behind a word, of stories by Inform or by Infocom. */
const NOUN = 0x80;
const VERB = 0x41;

/** Commands of words that a story knows, most of them a verb and nouns, and now and then nonsense. */
export function randomCommands(file: Uint8Array, seed: number): () => string {
  const { characters, file: header, dictionary } = new Story(readStoryFile(file));
  const source = { memory: file, characters, abbreviations: header.abbreviations };
  const words = dictionaryWords(dictionary, source);
  const having = (flags: number): string[] =>
    dictionary.entries
      .filter((entry) => (file[entry + dictionary.wordBytes] & flags) > 0)
      .map((entry) => words.get(entry) ?? '');
  const nouns = having(NOUN);
  const verbs = having(VERB);
  const random = new Random(seed);
  const pick = <T>(list: readonly T[]): T => list[random.integer(list.length)];
  return () => {
    const kind = random.nextFloat();
    if (kind < 0.3) return pick(directions);
    if (kind < 0.6) return `${pick(verbs)} ${pick(nouns)}`;
    if (kind < 0.7) return pick(verbs);
    if (kind < 0.8) return Array.from({ length: 1 + random.integer(4) }, () => pick([...words.values()])).join(' ');
    if (kind < 0.95) return `${pick(verbs)} ${pick(nouns)} ${pick(['in', 'with', 'to'])} ${pick(nouns)}`;
    return pick(odd);
  };
}
