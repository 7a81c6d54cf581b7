import { HOLE, type Hole, type Template } from './grammar/template.ts';
import type { StoryGrammar } from './grammar/story-grammar.ts';
import type { Vocabulary } from './grammar/vocabulary.ts';
import { ME, NOUN } from './object-names.ts';
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
 * same changes the one with the fewest words is kept, or the most usual verb. Every command is tried to its end, whatever its thing was refused for before, and with whatever thing: stories take
 * up what a command needs, worlds change after the clock has counted a move, in the dark, and for one verb only. Where the search takes too many instructions, it ends with what it has found;
 * pairs of things neither of which is in the player's hands come last.
 *
 * At a question, the answers that the story goes on from: yes and no, words of the question, and commands, with all that do the same but yes and no counting as one.
 */
export function findValidActions(search: ActionSearch, surroundings: string): string[] {
  const { player, grammar, vocabulary } = search;
  if (!player.machine.waiting) return [];
  // Before any trial, which leaves the world as it made it.
  const things = thingsInReach(search, surroundings);
  const trials = new Trials(search);
  const found = new Map<string, string>();
  const consider = (command: string): void => {
    if (trials.areOver) return;
    const effect = trials.effectOf(command);
    if (effect === '') return;
    const known = found.get(effect);
    const isBetter = known === undefined || (!trials.isQuestion && vocabulary.compare(command, known) < 0);
    if (isBetter) found.set(effect, command);
  };
  if (trials.isQuestion) {
    for (const answer of ['yes', 'no']) {
      const effect = trials.effectOf(answer);
      if (effect !== '') found.set(found.has(effect) ? `${effect} ${answer}` : effect, answer);
    }
    for (const word of wordsOf(surroundings)) if (vocabulary.has(word)) consider(word);
  }
  for (const direction of grammar.directions) consider(direction);
  const withHoles = (count: number): Template[] => grammar.templates.filter(({ holes }) => holes.length === count);
  for (const { text } of withHoles(0)) consider(text);
  for (const { text, holes } of withHoles(1)) {
    for (const thing of things) if (fits(thing, holes[0])) consider(text.replace(HOLE, thing.noun));
  }
  const pairs = things.flatMap((first) =>
    things.filter((second) => second !== first).map((second) => [first, second] as const),
  );
  for (const isHeld of [true, false]) {
    const these = pairs.filter(([first, second]) => (first.isHeld || second.isHeld) === isHeld);
    for (const { text, holes } of withHoles(2)) {
      for (const [first, second] of these) {
        if (!fits(first, holes[0]) || !fits(second, holes[1])) continue;
        consider(text.replace(HOLE, first.noun).replace(HOLE, second.noun));
      }
    }
  }
  trials.restore();
  return [...found.values()];
}

/** Whether a story could accept a thing there. Players are accepted as if they held themselves. */
function fits({ noun, isHeld }: Thing, hole: Hole): boolean {
  return isHeld || !hole.isHeld || noun === ME;
}

/** Things in the room and in hands, the player too; and, since Infocom's doors are in no room, nouns that the surroundings speak of. */
function thingsInReach(search: ActionSearch, surroundings: string): Thing[] {
  const { world, namesOf, self, vocabulary } = search;
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
  if (vocabulary.has(ME)) things.set(ME, { noun: ME, isHeld: false });
  return [...things.values()];
}

function nounsIn({ vocabulary, player }: ActionSearch, text: string): string[] {
  if (player.machine.story.file.isByInform) return [];
  const words = wordsOf(text);
  return vocabulary
    .entriesWith(NOUN)
    .map((entry) => vocabulary.word(entry))
    .filter((word) => words.has(word));
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}-]+/gu));
}
