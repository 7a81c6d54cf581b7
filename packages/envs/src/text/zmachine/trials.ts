import type { Snapshot } from './machine.ts';
import type { StoryPlayer } from './story-player.ts';
import { StoryError } from './story-error.ts';
import type { World } from './world.ts';

/** What is known about a story that is tried out. */
export interface TrialStory {
  readonly player: StoryPlayer;
  readonly world: World;
  /** Where the story asks for commands; at any other place it asks a question. */
  readonly prompt: string;
  /** Commands in which only time passes, the first of them waits. */
  readonly idle: readonly string[];
  /** Addresses of bytes of the world that change by themselves. */
  readonly noise: ReadonlySet<number>;
  /** Instructions that all trials of a state may take. */
  readonly maxSearchInstructions: number;
}

/** What a command led to: bytes of the world that are others, whether the story is over, and where it waits. */
interface Outcome {
  readonly addresses: readonly number[];
  readonly isEnd: boolean;
  readonly place: string;
}

/** A command may take this part of the instructions of all. */
const PART = 1 / 50;
/** In how many ways chance may have it while time passes. */
const CHANCES = 4;

/** Tries commands in a state of a story, each from a snapshot of it. */
export class Trials {
  private readonly story: TrialStory;
  private readonly before: Snapshot;
  /** Where the story waits in that state. */
  private readonly place: string;
  /** What bytes become when only time passes; any value for those that chance decides. */
  private readonly passing = new Map<number, 'any' | ReadonlySet<number>>();
  private budget: number;

  constructor(story: TrialStory) {
    const { player, idle, noise, maxSearchInstructions } = story;
    this.story = story;
    this.before = player.machine.snapshot();
    this.place = player.place;
    this.budget = maxSearchInstructions;
    const { memory } = player.machine;
    const [wait, ...others] = idle;
    const waits = Array.from({ length: CHANCES }, (_, chance) => {
      const { addresses } = this.try(wait, this.before, chance);
      return new Map(addresses.map((address) => [address, memory[address]]));
    });
    for (const address of new Set(waits.flatMap((changed) => [...changed.keys()]))) {
      const values = new Set(waits.map((changed) => changed.get(address) ?? this.before.game.memory[address]));
      this.passing.set(address, values.size > 1 ? 'any' : values);
    }
    for (const command of others) {
      for (const address of this.try(command).addresses) {
        const values = this.passing.get(address);
        if (values !== 'any') this.passing.set(address, new Set(values).add(memory[address]));
      }
    }
    for (const address of noise) {
      const values = this.passing.get(address);
      if (values === undefined) this.passing.set(address, 'any');
    }
  }

  /** Whether more instructions were taken than a search may. */
  get areOver(): boolean {
    return this.budget <= 0;
  }

  /** Whether the story asks a question in that state, rather than for a command. */
  get isQuestion(): boolean {
    return this.place !== this.story.prompt;
  }

  /**
   * What a command leads to, as texts: the bytes of the world that are neither what they were nor what they become when only time passes, the end of the story, its going on from a question, or
   * to one whose answer changes something. None where there is nothing of that.
   */
  effectsOf(command: string): string[] {
    const outcome = this.try(command);
    const effects = this.told(outcome);
    if (outcome.isEnd || outcome.place === this.place) return effects;
    if (this.isQuestion || effects.length > 0 || outcome.place === '') return [outcome.place, ...effects];
    const asked = this.story.player.machine.snapshot();
    const answers = ['yes', 'no'].map((answer) => this.told(this.try(answer, asked)).join());
    return answers.every((answer) => answer === '') ? [] : [[outcome.place, ...answers].join(' ')];
  }

  /** Puts the story back to where it was before the trials. */
  restore(): void {
    this.story.player.machine.restore(this.before);
  }

  private told({ addresses, isEnd }: Outcome): string[] {
    const { memory } = this.story.player.machine;
    const isReal = (address: number): boolean => {
      const values = this.passing.get(address);
      return values === undefined || (values !== 'any' && !values.has(memory[address]));
    };
    const changes = addresses.filter(isReal).map((address) => `${address}=${memory[address]}`);
    return isEnd ? ['end', ...changes] : changes;
  }

  /** Gives a command in a state. It leads nowhere where it has to do with the game rather than the world, or comes to no end. `chance`: instead of the state's random numbers. */
  private try(command: string, from = this.before, chance?: number): Outcome {
    const { player, world, maxSearchInstructions } = this.story;
    const { machine } = player;
    const nowhere = { addresses: [], isEnd: false, place: this.place };
    machine.restore(from);
    if (chance !== undefined) machine.random.seed(chance);
    const { interventions } = machine;
    try {
      const isEnd = player.isOver(player.attempt(command, Math.min(this.budget, maxSearchInstructions * PART)));
      if (machine.interventions !== interventions) return nowhere;
      return { addresses: world.changes(this.before.game.memory), isEnd, place: player.place };
    } catch (error) {
      if (!(error instanceof StoryError)) throw error;
      return nowhere;
    } finally {
      this.budget -= machine.effort;
    }
  }
}
