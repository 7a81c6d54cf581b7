import type { Machine } from '../machine.ts';
import { infocomDirections, infocomGrammar } from './infocom-grammar.ts';
import { informGrammar } from './inform-grammar.ts';
import { HOLE, type Template } from './template.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Ways to go that stories by Inform know. */
const directions = [
  'north',
  'south',
  'east',
  'west',
  'northeast',
  'northwest',
  'southeast',
  'southwest',
  'up',
  'down',
  'in',
  'out',
];

/** What is tried where the grammar's format is unknown, as far as the dictionary has the verbs. */
const usual = [
  ...['take OBJ', 'drop OBJ', 'open OBJ', 'close OBJ', 'push OBJ', 'pull OBJ', 'turn OBJ', 'move OBJ', 'enter OBJ'],
  ...['climb OBJ', 'read OBJ', 'eat OBJ', 'drink OBJ', 'light OBJ', 'wear OBJ', 'touch OBJ', 'search OBJ', 'jump'],
  ...['unlock OBJ with OBJ', 'put OBJ in OBJ', 'put OBJ on OBJ', 'give OBJ to OBJ', 'attack OBJ with OBJ'],
];

/** Where the commands of a story come from. */
export interface StoryGrammar {
  readonly directions: readonly string[];
  /** One for each action and what its things may be. */
  readonly templates: readonly Template[];
}

/** What a story understands, read from its own tables. */
export function readStoryGrammar({ memory, story }: Machine, vocabulary: Vocabulary): StoryGrammar {
  const { staticBase, isByInform } = story.file;
  const templates = (isByInform ? informGrammar : infocomGrammar)(memory, staticBase, vocabulary);
  const known = (templates ?? usualTemplates()).filter(({ holes }) => holes.length <= 2);
  return {
    directions:
      isByInform || !templates ? directions.filter((word) => vocabulary.has(word)) : infocomDirections(vocabulary),
    templates: onePerAction(known, vocabulary),
  };

  function usualTemplates(): Template[] {
    return usual
      .filter((text) => vocabulary.has(text.split(' ')[0]))
      .map((text, action) => {
        const holes = text
          .split(HOLE)
          .slice(1)
          .map((kind) => ({ kind, isHeld: false }));
        return { text, action, holes };
      });
  }
}

/** Of lines with the same action for the same things the best, or the first of them. */
function onePerAction(templates: readonly Template[], vocabulary: Vocabulary): Template[] {
  const best = new Map<string, Template>();
  for (const template of templates) {
    const key = [template.action, ...template.holes.map(({ kind }) => kind)].join();
    const known = best.get(key);
    if (!known || vocabulary.compare(template.text, known.text) < 0) best.set(key, template);
  }
  return [...best.values()];
}
