import { HOLE } from './grammar/template.ts';
import type { StoryGrammar } from './grammar/story-grammar.ts';
import type { Vocabulary } from './grammar/vocabulary.ts';
import { NOUN } from './object-names.ts';
import { Trials, type TrialStory } from './trials.ts';

/** A thing in reach, and what to call it. */
interface Thing {
  readonly noun: string;
  readonly isHeld: boolean;
}

/** What a search for valid actions needs to know about a story. */
export interface ActionSearch extends TrialStory {
  readonly grammar: StoryGrammar;
  readonly vocabulary: Vocabulary;
  /** Words that a story calls an object by. */
  readonly namesOf: (object: number) => readonly string[];
  /** The object that the player is; 0 where it is unknown. */
  readonly self: number;
}

/**
 * The commands that change the world in the state where the story is: templates of its grammar with things in reach for their holes, tried one after the other
 * (after Hausknecht et al., 2020). A change is a byte of the world that is neither what it was nor what it becomes when only time passes. Of commands with the
 * same changes the one with the fewest words is kept, or the most usual verb. Not tried are things that cannot even be examined, and in templates with two holes
 * those that a hole of the same kind was never given in any template with one. Where the search takes too many instructions, it ends with what it has found.
 */
export function findValidActions(search: ActionSearch, surroundings: string): string[] {
  const { player, grammar, vocabulary, isPrompt, self } = search;
  if (!player.machine.waiting) return [];
  if (!isPrompt()) return ['yes', 'no'];
  const trials = new Trials(search);
  const found = new Map<string, string>();
  /** Returns whether time passed. */
  const consider = (command: string): boolean | undefined => {
    if (trials.areOver) return undefined;
    const { changes, takesTime } = trials.try(command);
    if (changes === '') return takesTime;
    const known = found.get(changes);
    if (known === undefined || vocabulary.compare(command, known) < 0) found.set(changes, command);
    return takesTime;
  };
  for (const direction of grammar.directions) consider(direction);
  const things = visible(thingsInReach(search, surroundings));
  const taken = new Map<string, boolean>();
  const [few, many] = [
    grammar.templates.filter(({ held }) => held.length < 2),
    grammar.templates.filter(({ held }) => held.length === 2),
  ];
  for (const { text, held, kinds } of few) {
    if (held.length === 0) consider(text);
    for (const thing of held.length === 0 ? [] : things.filter((each) => fits(each, held[0], self > 0))) {
      const takesTime = consider(text.replace(HOLE, thing.noun));
      const key = `${kinds[0]} ${thing.noun}`;
      taken.set(key, (taken.get(key) ?? false) || takesTime !== false);
    }
  }
  for (const template of many) {
    const mayBe = (hole: number) =>
      things.filter(
        (thing) =>
          fits(thing, template.held[hole], self > 0) && taken.get(`${template.kinds[hole]} ${thing.noun}`) !== false,
      );
    const seconds = mayBe(1);
    for (const first of mayBe(0)) {
      for (const second of seconds) {
        // One of two is in hand, where that can be known.
        if (second === first || (self > 0 && !first.isHeld && !second.isHeld)) continue;
        consider(template.text.replace(HOLE, first.noun).replace(HOLE, second.noun));
      }
    }
  }
  trials.restore();
  return [...found.values()];

  /** Things that it takes time to examine, which it does not to be told that nothing like that is here; all where it takes none for any. */
  function visible(all: readonly Thing[]): readonly Thing[] {
    if (!vocabulary.has('examine')) return all;
    const seen = all.filter(({ noun }) => consider(`examine ${noun}`) !== false);
    return seen.length > 0 ? seen : all;
  }
}

/** What has to be in hands is, where that can be known. */
function fits({ isHeld }: Thing, hasToBeHeld: boolean, knowsHeld: boolean): boolean {
  return !knowsHeld || !hasToBeHeld || isHeld;
}

/** Things in the room and in hands; and, since Infocom's doors are in no room, nouns that the surroundings speak of. */
function thingsInReach(search: ActionSearch, surroundings: string): Thing[] {
  const { world, namesOf, self } = search;
  const objects = world.within(world.location).filter((object) => object !== self);
  const held = new Set(self > 0 ? world.within(self) : []);
  const names = objects.map(namesOf);
  const things = new Map<string, Thing>();
  objects.forEach((object, i) => {
    // What no other thing here is called.
    const own = names[i].find((name) => names.every((others, other) => other === i || !others.includes(name)));
    const noun = own ?? names[i].at(-1);
    if (noun !== undefined && !things.has(noun)) things.set(noun, { noun, isHeld: held.has(object) });
  });
  const called = new Set(names.flat());
  for (const noun of nounsIn(search, surroundings)) {
    if (!called.has(noun)) things.set(noun, { noun, isHeld: false });
  }
  return [...things.values()];
}

function nounsIn({ vocabulary, player }: ActionSearch, text: string): string[] {
  if (player.machine.story.file.isByInform) return [];
  const words = new Set(text.toLowerCase().match(/[\p{L}\p{N}-]+/gu));
  return vocabulary
    .entriesWith(NOUN)
    .map((entry) => vocabulary.word(entry))
    .filter((word) => words.has(word));
}
