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
  const found: Found[] = [];
  const consider = (command: string): readonly string[] => {
    const effects = trials.areOver ? [] : trials.effectsOf(command);
    if (effects.length > 0) found.push({ command, effects });
    return effects;
  };
  if (trials.isQuestion) {
    const words = [...wordsOf(surroundings)].filter((word) => vocabulary.has(word));
    for (const answer of ['yes', 'no', ...words]) consider(answer);
  }
  for (const direction of grammar.directions) consider(direction);
  const withHoles = (count: number): Template[] => grammar.templates.filter(({ holes }) => holes.length === count);
  for (const { text } of withHoles(0)) consider(text);
  const effectsOn = new Map(things.map((thing) => [thing, [] as (readonly string[])[]]));
  for (const { text, holes } of withHoles(1)) {
    for (const [thing, effects] of effectsOn) {
      if (fits(thing, holes[0])) effects.push(consider(text.replace(HOLE, thing.noun)));
    }
  }
  const ofParser = new Set(trials.isQuestion ? [] : [...effectsOn.values()].flatMap(changesOfMost));
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
  const best = new Map<string, string>();
  for (const { command, effects } of found) {
    const real = effects.filter((effect) => !ofParser.has(effect)).join();
    if (real === '') continue;
    const key = trials.isQuestion && command === 'no' && best.has(real) ? `${real} no` : real;
    const known = best.get(key);
    const isBetter = known === undefined || (!trials.isQuestion && vocabulary.compare(command, known) < 0);
    if (isBetter) best.set(key, command);
  }
  return [...best.values()];
}

/** A command and what it leads to. */
interface Found {
  readonly command: string;
  readonly effects: readonly string[];
}

/** Bytes that most of these commands, all about one thing, change alike: so parsers note what a command names, Infocom's in the object that stands for what is none. */
function changesOfMost(commands: readonly (readonly string[])[]): string[] {
  const counts = new Map<string, number>();
  for (const effect of commands.flat()) counts.set(effect, (counts.get(effect) ?? 0) + 1);
  return [...counts]
    .filter(([effect, count]) => effect.includes('=') && 2 * count > commands.length)
    .map(([effect]) => effect);
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
