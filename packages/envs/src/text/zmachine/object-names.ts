import type { Vocabulary } from './grammar/vocabulary.ts';
import type { Machine } from './machine.ts';
import { readWord } from './words.ts';
import type { World } from './world.ts';

/** Flag of words that things are called by, Inform's and Infocom's. */
export const NOUN = 0x80;
/** What players call themselves. */
export const ME = 'me';

/**
 * What a story calls its objects by: words, the last one of an object's own name first, and then that name. The words are in a property that is found as the one which holds nothing but nouns of
 * the dictionary, for more objects than any other.
 */
export function namesOf(machine: Machine, vocabulary: Vocabulary, world: World): Map<number, readonly string[]> {
  const { memory, objects } = machine;
  const nouns = new Set(vocabulary.entriesWith(NOUN));
  const counts = new Map<number, number>();
  const wordsOf = (object: number, property: number): number[] => {
    const address = objects.propertyAddress(object, property);
    const length = objects.propertyLength(address) >> 1;
    return Array.from({ length }, (_, i) => readWord(memory, address + 2 * i));
  };
  const all = Array.from({ length: world.objectCount }, (_, i) => i + 1);
  for (const object of all) {
    for (let property = objects.nextProperty(object, 0), last = 64; property > 0 && property < last;) {
      const words = wordsOf(object, property);
      if (words.length > 0 && words.every((word) => nouns.has(word))) {
        counts.set(property, (counts.get(property) ?? 0) + 1);
      }
      last = property;
      property = objects.nextProperty(object, property);
    }
  }
  const [property] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [0];
  return new Map(
    all.map((object) => {
      const name = world.name(object).toLowerCase().split(/\s+/);
      const words = property > 0 ? wordsOf(object, property).map((word) => vocabulary.word(word)) : [];
      const phrase = name.filter((word) => vocabulary.has(word)).join(' ');
      const known = words.filter((word) => word !== '');
      known.sort((a, b) => name.lastIndexOf(b) - name.lastIndexOf(a));
      return [object, known.length > 0 ? [...new Set([...known, phrase])].filter((words) => words !== '') : []];
    }),
  );
}
