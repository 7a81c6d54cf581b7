import { HOLE, type Template } from './grammar/template.ts';
import type { StoryGrammar } from './grammar/story-grammar.ts';
import type { Vocabulary } from './grammar/vocabulary.ts';
import { NOUN } from './object-names.ts';
import { StoryError } from './story-error.ts';
import type { StoryPlayer } from './story-player.ts';
import type { World } from './world.ts';

/** A thing in reach, and what to call it. */
interface Thing {
  readonly noun: string;
  readonly isHeld: boolean;
}

/** What a search for valid actions needs to know about a story. */
export interface ActionSearch {
  readonly player: StoryPlayer;
  readonly world: World;
  readonly grammar: StoryGrammar;
  readonly vocabulary: Vocabulary;
  /** Words that a story calls an object by. */
  readonly namesOf: (object: number) => readonly string[];
  /** The object that the player is; 0 where it is unknown. */
  readonly self: number;
  /** Where commands are asked for; elsewhere the story asks a question. */
  readonly isPrompt: () => boolean;
  /** A command in which only time passes. */
  readonly idle: string;
  /** Addresses of bytes that change by themselves. */
  readonly noise: ReadonlySet<number>;
}

/**
 * The commands that change the world in the state where the story is: templates of its grammar with things in reach for their holes, tried one after the other
 * (after Hausknecht et al., 2020). A change is a byte of the world that is neither what it was nor what it becomes when only time passes. Of commands with the
 * same changes the one with the fewest words is kept, or the most usual verb.
 */
export function findValidActions(search: ActionSearch, surroundings: string): string[] {
  const { player, world, grammar, vocabulary, noise, isPrompt, idle } = search;
  const { machine } = player;
  if (!machine.waiting) return [];
  if (!isPrompt()) return ['yes', 'no'];
  const before = machine.snapshot();
  const unchanged = before.game.memory;
  const passing = new Set([...noise, ...changesAfter(idle).addresses]);
  const found = new Map<string, string>();
  const consider = (command: string): void => {
    const { addresses, isEnd, values } = changesAfter(command);
    const real = addresses.filter((address) => !passing.has(address));
    if (real.length === 0 && !isEnd) return;
    const key = `${isEnd}${real.map((address) => `${address}=${values(address)}`).join()}`;
    const known = found.get(key);
    if (known === undefined || vocabulary.compare(command, known) < 0) found.set(key, command);
  };
  for (const direction of grammar.directions) consider(direction);
  const things = thingsInReach(search, surroundings);
  for (const template of grammar.templates) {
    for (const command of filled(template, things, search.self > 0)) consider(command);
  }
  machine.restore(before);
  return [...found.values()];

  /** What a command changes; nothing where it asks back, has to do with the game rather than the world, or comes to no end. */
  function changesAfter(command: string): {
    readonly addresses: readonly number[];
    readonly isEnd: boolean;
    readonly values: (address: number) => number;
  } {
    const values = (address: number): number => machine.memory[address];
    const nothing = { addresses: [], isEnd: false, values };
    machine.restore(before);
    const { interventions } = machine;
    try {
      const isEnd = player.isOver(player.attempt(command));
      if (machine.interventions !== interventions || (!isEnd && !isPrompt())) return nothing;
      return { addresses: world.changes(unchanged, machine.memory), isEnd, values };
    } catch (error) {
      if (!(error instanceof StoryError)) throw error;
      return nothing;
    }
  }
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

/** A template with things for its holes. What has to be in hands is; of two things one is, where that can be known. */
function filled({ text, held }: Template, things: readonly Thing[], knowsHeld: boolean): string[] {
  const fits = (thing: Thing, hole: number): boolean => !knowsHeld || !held[hole] || thing.isHeld;
  const firsts = things.filter((thing) => held.length > 0 && fits(thing, 0));
  const fill = (...nouns: readonly string[]): string => nouns.reduce((line, noun) => line.replace(HOLE, noun), text);
  if (held.length === 0) return [text];
  if (held.length === 1) return firsts.map(({ noun }) => fill(noun));
  return firsts.flatMap((first) =>
    things
      .filter((second) => second !== first && fits(second, 1) && (!knowsHeld || first.isHeld || second.isHeld))
      .map((second) => fill(first.noun, second.noun)),
  );
}
