import { HOLE, type Template } from './grammar/template.ts';
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
 * same changes the one with the fewest words is kept, or the most usual verb. Every command is tried to its end, whatever its thing was refused for before: worlds
 * change after the clock has counted a move, in the dark, and for one verb only. Where the search takes too many instructions, it ends with what it has found.
 */
export function findValidActions(search: ActionSearch, surroundings: string): string[] {
  const { player, grammar, vocabulary, isPrompt, self } = search;
  if (!player.machine.waiting) return [];
  if (!isPrompt()) return ['yes', 'no'];
  const trials = new Trials(search);
  const found = new Map<string, string>();
  const consider = (command: string): void => {
    if (trials.areOver) return;
    const changes = trials.changesAfter(command);
    if (changes === '') return;
    const known = found.get(changes);
    if (known === undefined || vocabulary.compare(command, known) < 0) found.set(changes, command);
  };
  for (const direction of grammar.directions) consider(direction);
  const things = thingsInReach(search, surroundings);
  for (const template of grammar.templates) {
    for (const command of filled(template, things, self > 0)) consider(command);
  }
  trials.restore();
  return [...found.values()];
}

/** A template with things for its holes. What has to be in hands is; of two things one is, where that can be known. */
function filled({ text, held }: Template, things: readonly Thing[], knowsHeld: boolean): string[] {
  const [firsts, seconds] = [0, 1].map((hole) => things.filter(({ isHeld }) => !knowsHeld || !held[hole] || isHeld));
  const fill = (...nouns: readonly string[]): string => nouns.reduce((line, noun) => line.replace(HOLE, noun), text);
  if (held.length === 0) return [text];
  if (held.length === 1) return firsts.map(({ noun }) => fill(noun));
  return firsts.flatMap((first) =>
    seconds
      .filter((second) => second !== first && (!knowsHeld || first.isHeld || second.isHeld))
      .map((second) => fill(first.noun, second.noun)),
  );
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
