import {
  CheckpointError,
  EnvError,
  NumpyRandom,
  aFunction,
  anObject,
  checkArguments,
  checkOptions,
  naturalNumber,
  nullable,
  objectOf,
  optional,
  positiveInteger,
  readNumber,
  readState,
  readString,
  text,
  type ResetOptions,
  type StateDict,
} from '@gradus/core';
import type { TextGame, TextGrammar, TextState, TextStep } from '../text-game.ts';
import { describeInventory, describeRoom } from './describe.ts';
import { fact, type Facts } from './facts.ts';
import { carryOut, possibleActions, texts, type Action } from './rules.ts';
import { shortestSolution } from './shortest-solution.ts';
import { initialFacts, isOver, scoreOf, type World, type WorldGenerator } from './world.ts';

/** Which of a generator's worlds is played. */
export interface WorldOptions {
  /** The number of the world that each episode is played in, or `null`: another one each time, drawn by the seed of `reset`. Default 0. */
  readonly world?: number | null | undefined;
}

/** What can be asked without anything changing. */
const asked: Readonly<Record<string, (state: TextState) => string>> = {
  look: ({ look }) => look,
  inventory: ({ inventory }) => inventory,
  wait: () => 'Time passes.',
};

const isGenerator = objectOf('a generator of worlds (with maxScore, grammar and create)', {
  maxScore: positiveInteger,
  grammar: objectOf('a grammar (with templates and nouns)', { templates: texts, nouns: texts }),
  create: aFunction,
});

/** A text game in the worlds of a generator. Commands are those that rules allow, and `look`, `inventory` and `wait`. */
export class WorldGame implements TextGame {
  readonly maxScore: number;
  readonly grammar: TextGrammar;
  private readonly generator: WorldGenerator;
  private readonly fixed: number | null;
  private random = new NumpyRandom();
  private played: { readonly number: number; readonly world: World; facts: Facts } | undefined;
  private moves = 0;
  private observation = '';
  private actions: readonly Action[] = [];

  /** Throws `RangeError` for options that are none. */
  constructor(generator: WorldGenerator, options: WorldOptions = {}) {
    checkArguments('WorldGame', { generator }, { generator: isGenerator });
    checkOptions('WorldGame', options, { world: optional(nullable(naturalNumber)) });
    const { world = 0 } = options;
    this.generator = generator;
    this.fixed = world;
    this.maxScore = generator.maxScore;
    this.grammar = generator.grammar;
  }

  reset(options: ResetOptions = {}): TextState {
    checkOptions('reset', options, { seed: optional(naturalNumber), options: optional(anObject) });
    const { seed } = options;
    if (seed !== undefined) this.random = new NumpyRandom(seed);
    this.enter(this.fixed ?? this.random.integer(2 ** 31));
    const { world, facts } = this.playing();
    this.actions = possibleActions(world.rules, facts);
    this.moves = 0;
    this.observation = describeRoom(facts);
    return this.tell();
  }

  step(command: string): TextStep {
    checkArguments('step', { command }, { command: text });
    const { world, facts } = this.playing();
    if (isOver(world, facts)) throw new EnvError('step: the game has ended, expected a call of reset first');
    const before = scoreOf(world, facts);
    const typed = command.trim().toLowerCase().replaceAll(/\s+/g, ' ');
    const action = this.actions.find((each) => each.command === typed);
    this.moves++;
    if (action) {
      const room = describeRoom(facts);
      carryOut(action, facts);
      this.actions = possibleActions(world.rules, facts);
      const look = describeRoom(facts);
      // Who has moved looks around.
      this.observation = isMove(action) && look !== room ? `${action.answer} ${look}` : action.answer;
    } else {
      this.observation = Object.hasOwn(asked, typed) ? asked[typed](this.tell()) : 'That cannot be done.';
    }
    return { ...this.tell(), reward: scoreOf(world, facts) - before, terminated: isOver(world, facts) };
  }

  /** The fewest commands that win from where the game stands; undefined where it is lost. Throws `EnvError` before the first `reset`. */
  shortestSolution(): string[] | undefined {
    const { world, facts } = this.playing();
    return shortestSolution(world, facts);
  }

  getState(): StateDict {
    const random = this.random.getState();
    if (!this.played) return { random, world: null };
    const { number, facts } = this.played;
    return { random, world: number, facts: facts.texts(), moves: this.moves, observation: this.observation };
  }

  setState(state: StateDict): TextState {
    const random = readState(state, 'random');
    const saved = state.facts;
    if (!Array.isArray(saved)) throw new CheckpointError("state 'facts': expected a list of facts, got none");
    this.random.setState(random);
    this.enter(readNumber(state, 'world'));
    const { world, facts } = this.playing();
    for (const each of facts.texts()) facts.delete(fact(each));
    for (const each of saved) facts.add(fact(String(each)));
    this.actions = possibleActions(world.rules, facts);
    this.moves = readNumber(state, 'moves');
    this.observation = readString(state, 'observation');
    return this.tell();
  }

  /** Begins in a world, which is drawn anew only if it is another one. */
  private enter(number: number): void {
    const world = this.played?.number === number ? this.played.world : this.generator.create(new NumpyRandom(number));
    const facts = initialFacts(world);
    this.played = { number, world, facts };
  }

  private playing(): NonNullable<typeof this.played> {
    if (!this.played) throw new EnvError('step: no game was begun, expected a call of reset first');
    return this.played;
  }

  private tell(): TextState {
    const { world, facts } = this.playing();
    return {
      observation: this.observation,
      look: describeRoom(facts),
      inventory: describeInventory(facts, world.note),
      score: scoreOf(world, facts),
      moves: this.moves,
      validActions: isOver(world, facts) ? [] : this.actions.map(({ command }) => command),
    };
  }
}

function isMove({ deletes }: Action): boolean {
  return deletes.some(([predicate, who]) => predicate === 'at' && who === 'player');
}
