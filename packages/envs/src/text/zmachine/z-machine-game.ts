import {
  EnvError,
  Random,
  checkArguments,
  checkOptions,
  flag,
  naturalNumber,
  oneOf,
  optional,
  positiveInteger,
  anObject,
  readNumber,
  readState,
  readString,
  text,
  type ResetOptions,
  type StateDict,
} from '@gradus/core';
import type { TextGame, TextGrammar, TextState, TextStep } from '../text-game.ts';
import { readStoryGrammar, type StoryGrammar } from './grammar/story-grammar.ts';
import { Vocabulary } from './grammar/vocabulary.ts';
import type { Snapshot } from './machine.ts';
import { findNoise, findWhereabouts, passQuestions, peek, type Noise } from './noise.ts';
import { ME, NOUN, namesOf } from './object-names.ts';
import { readSnapshot, snapshotState } from './snapshot-state.ts';
import { readStoryFile, storyBytes } from './story-file.ts';
import { StoryPlayer } from './story-player.ts';
import { StoryRandom, type StoryGenerator } from './story-random.ts';
import { Story } from './story.ts';
import { findValidActions } from './valid-actions.ts';
import { World } from './world.ts';

/** How a story is played. */
export interface ZMachineOptions {
  /** Instructions that a command may take before it fails. Default 10 million, a fraction of a second; long commands take some 100 thousand. */
  readonly maxInstructions?: number | undefined;
  /**
   * Instructions that finding the valid actions of a state may take, a fiftieth of them for one command; then those are valid that were found. Default 50 million, about
   * a second; usual states of stories by Infocom take a tenth.
   */
  readonly maxSearchInstructions?: number | undefined;
  /** The most that can be scored, which story files do not say. Default unknown. */
  readonly maxScore?: number | undefined;
  /** Where random numbers come from. Default `gradus`; `frotz` gives those of the interpreter Frotz for its option `-s`. */
  readonly generator?: StoryGenerator | undefined;
  /** Whether the game goes on after a line such as `*** You have died ***` until the story quits, as for people, who may take back what they did. Default false. */
  readonly untilQuit?: boolean | undefined;
  /** States whose valid actions are remembered; those that the world and the variables make no difference between are one. Default 10,000; 0 for none. */
  readonly rememberedStates?: number | undefined;
}

const checks = {
  maxInstructions: optional(positiveInteger),
  maxSearchInstructions: optional(positiveInteger),
  maxScore: optional(positiveInteger),
  generator: optional(oneOf('gradus', 'frotz')),
  untilQuit: optional(flag),
  rememberedStates: optional(naturalNumber),
};

/** What there is to know about a story besides its state, learned when it begins for the first time. */
interface Knowledge {
  readonly world: World;
  readonly vocabulary: Vocabulary;
  readonly grammar: StoryGrammar;
  readonly names: ReadonlyMap<number, readonly string[]>;
  readonly noise: Noise;
  readonly self: number;
  readonly idle: readonly string[];
  /** Where commands are asked for. */
  readonly prompt: string;
}

/**
 * A text adventure in a story file of the Z-machine, versions 3, 4, 5 and 8, in which nearly all were published, from Zork to Inform's (Z-Machine Standards
 * Document 1.1). `step` takes any command that a player could type. Keys that the story waits for are pressed, and games are saved in memory.
 *
 *     const game = new ZMachineGame(readFileSync('zork1.z3'));
 *     game.reset({ seed: 1 }).validActions; // [ 'north', 'south', 'west', 'open mailbox' ]
 *     game.step('open mailbox').observation; // 'Opening the small mailbox reveals a leaflet.'
 *
 * Score and moves are those of the status line. Where a story has more than one way to say the same, valid actions have the shortest.
 * Where it asks a question, they are the answers from which it goes on: yes and no, mostly.
 * A story that prints a line such as `*** You have died ***` has ended.
 */
export class ZMachineGame implements TextGame {
  readonly maxScore: number | undefined;
  private readonly player: StoryPlayer;
  private readonly random: StoryRandom;
  private readonly untilQuit: boolean;
  private readonly rememberedStates: number;
  private readonly maxSearchInstructions: number;
  private readonly validActions = new Map<string, readonly string[]>();
  private knowledge: Knowledge | undefined;
  /** Where the story is, as it was told last: what commands that fail go back to. */
  private now: Snapshot | undefined;
  private observation = '';
  private commands = 0;
  private isOver = true;

  /** `story`: what is in the file. Throws `StoryError` for files that cannot be played, and `RangeError` for options that are none. */
  constructor(story: Uint8Array, options: ZMachineOptions = {}) {
    checkArguments('ZMachineGame', { story }, { story: storyBytes });
    checkOptions('ZMachineGame', options, checks);
    const { maxInstructions = 10_000_000, maxScore, generator = 'gradus', rememberedStates = 10_000 } = options;
    this.maxScore = maxScore;
    this.random = new StoryRandom(generator, new Random().nextUint32());
    this.player = new StoryPlayer(new Story(readStoryFile(story)), this.random, maxInstructions);
    this.untilQuit = options.untilQuit === true;
    this.rememberedStates = rememberedStates;
    this.maxSearchInstructions = options.maxSearchInstructions ?? 50_000_000;
  }

  /** The story's own, for which it begins where it has not. */
  get grammar(): TextGrammar {
    if (!this.knowledge) this.reset();
    const { grammar, names, vocabulary } = this.known();
    const templates = [...grammar.directions, ...grammar.templates.map((template) => template.text)];
    // Besides those of objects, nouns of things that are none, such as Infocom's doors.
    const { player } = this;
    const others = player.machine.story.file.isByInform ? [] : vocabulary.entriesWith(NOUN);
    const nouns = [...[...names.values()].flat(), ...others.map((entry) => vocabulary.word(entry))];
    return { templates, nouns: [...new Set([...nouns, ...(vocabulary.has(ME) ? [ME] : [])])] };
  }

  /** The name of the place where the player is, empty where the story does not keep it where others do. */
  get location(): string {
    const { world } = this.known();
    return world.location > 0 ? world.name(world.location) : '';
  }

  /** What stands in the upper window, which is the status line from version 4 on. */
  get upperWindow(): string {
    return this.player.machine.screen.upper;
  }

  /** A hash of the world: objects, where they are, what they are like. Blind for what changes by itself: moves, clocks, random numbers, wanderers. */
  get worldHash(): string {
    const { world, noise } = this.known();
    return world.hash(noise.addresses);
  }

  reset(options: ResetOptions = {}): TextState {
    checkOptions('reset', options, { seed: optional(naturalNumber), options: optional(anObject) });
    const { seed } = options;
    // Seeds have up to 53 bits, generators 32.
    if (seed !== undefined) this.random.seed((seed % 2 ** 32) ^ Math.floor(seed / 2 ** 32));
    this.observation = withoutPrompt(this.player.begin());
    this.commands = 0;
    this.isOver = this.player.machine.hasQuit;
    this.knowledge ??= this.learn();
    return this.tell(0);
  }

  /** Throws `StoryError` where the command comes to no end; the story is then as if it had not been given. */
  step(command: string): TextStep {
    checkArguments('step', { command }, { command: text });
    this.known();
    if (this.isOver) throw new EnvError('step: the game has ended, expected a call of reset first');
    const before = this.score();
    const answer = this.player.command(command, this.now);
    this.observation = withoutPrompt(answer);
    this.commands++;
    this.isOver = this.untilQuit ? this.player.machine.hasQuit : this.player.isOver(answer);
    return this.tell(this.score() - before);
  }

  /** Refers to what the game itself goes back to, which is not to be changed. */
  getState(): StateDict {
    const { machine } = this.player;
    const { observation, commands, isOver, now = machine.snapshot() } = this;
    return {
      snapshot: snapshotState(now, machine.story.file),
      hasBegun: this.knowledge !== undefined,
      observation,
      commands,
      isOver,
    };
  }

  setState(state: StateDict): TextState {
    const { machine } = this.player;
    const snapshot = readSnapshot(readState(state, 'snapshot'), machine.story.file);
    if (!this.knowledge) this.reset();
    const { game, saved, undo } = snapshot;
    for (const each of [game, saved, ...undo]) if (each) machine.story.admit(each.memory);
    machine.restore(snapshot);
    this.observation = readString(state, 'observation');
    this.commands = readNumber(state, 'commands');
    this.isOver = state.isOver === true;
    return this.tell(0, snapshot);
  }

  private known(): Knowledge {
    if (!this.knowledge) throw new EnvError('ZMachineGame: no game was begun, expected a call of reset first');
    return this.knowledge;
  }

  /** What is told now. What costs commands of its own is found out when it is asked for. */
  private tell(reward: number, then = this.player.machine.snapshot()): TextStep {
    const { player, observation, isOver } = this;
    this.now = then;
    const answer = (command: string): string => (isOver ? '' : withoutPrompt(peek(player, then, command) ?? ''));
    const look = once(() => answer('look'));
    const inventory = once(() => answer('inventory'));
    const validActions = once(() =>
      isOver ? [] : this.validActionsAt(then, `${observation}\n${look()}\n${inventory()}`),
    );
    return {
      observation,
      get look() {
        return look();
      },
      get inventory() {
        return inventory();
      },
      get validActions() {
        return validActions();
      },
      score: this.score(),
      moves: this.moves(),
      reward,
      terminated: isOver,
    };
  }

  private validActionsAt(then: Snapshot, surroundings: string): readonly string[] {
    const { player, validActions, rememberedStates } = this;
    const { machine } = player;
    const { names, noise, ...known } = this.known();
    const now = machine.snapshot();
    machine.restore(then);
    const key = `${known.world.hash(noise.addresses, noise.steadyGlobals)} ${player.place}`;
    let actions = validActions.get(key);
    if (!actions) {
      const search = {
        ...known,
        player,
        namesOf: (object: number): readonly string[] => names.get(object) ?? [],
        noise: noise.addresses,
        maxSearchInstructions: this.maxSearchInstructions,
      };
      actions = findValidActions(search, surroundings);
      // The oldest one is forgotten.
      if (validActions.size >= rememberedStates) validActions.delete([...validActions.keys()][0]);
      if (rememberedStates > 0) validActions.set(key, actions);
    }
    machine.restore(now);
    return actions;
  }

  private learn(): Knowledge {
    const { player } = this;
    const { machine } = player;
    const vocabulary = new Vocabulary(machine);
    const grammar = readStoryGrammar(machine, vocabulary);
    const beginning = machine.snapshot();
    const prompt = passQuestions(player);
    const { self, variable } = findWhereabouts(player, grammar.directions);
    const world = new World(machine, variable);
    const wait = ['wait', 'z'].filter((word) => vocabulary.has(word)).slice(0, 1);
    const idle = [...wait, 'look', 'inventory'];
    const noise = findNoise(player, world, idle);
    machine.restore(beginning);
    return {
      world,
      vocabulary,
      grammar,
      names: namesOf(machine, vocabulary, world),
      noise,
      self,
      idle,
      prompt,
    };
  }

  private score(): number {
    const { version } = this.player.machine.story.file;
    const { world } = this.known();
    const shown = version === 3 ? undefined : /score:\s*(-?\d+)/i.exec(this.upperWindow)?.[1];
    return shown === undefined ? (world.score ?? 0) : Number(shown);
  }

  private moves(): number {
    const { version } = this.player.machine.story.file;
    const { world } = this.known();
    const shown = version === 3 ? undefined : /(?:moves|turns):\s*(\d+)/i.exec(this.upperWindow)?.[1];
    return shown === undefined ? (world.moves ?? this.commands) : Number(shown);
  }
}

/** A text without what asks for the next command. */
function withoutPrompt(text: string): string {
  return text.replace(/\n\s*>\s*$/, '').trim();
}

/** The value that `find` returns, which is called when it is asked for first. */
function once<Value>(find: () => Value): () => Value {
  let found: { readonly value: Value } | undefined;
  return () => (found ??= { value: find() }).value;
}
