import type { Snapshot } from './machine.ts';
import type { StoryPlayer } from './story-player.ts';
import { StoryError } from './story-error.ts';
import type { World } from './world.ts';

/** What is known about a story that is tried out. */
export interface TrialStory {
  readonly player: StoryPlayer;
  readonly world: World;
  /** Where commands are asked for; elsewhere the story asks a question. */
  readonly isPrompt: () => boolean;
  /** A command in which only time passes. */
  readonly idle: string;
  /** Addresses of bytes of the world that change by themselves. */
  readonly noise: ReadonlySet<number>;
  /** Instructions that all trials of a state may take. */
  readonly maxSearchInstructions: number;
}

/** A command may take this part of the instructions of all. */
const PART = 1 / 50;

/** Tries commands in a state of a story, each from a snapshot of it. */
export class Trials {
  private readonly story: TrialStory;
  private readonly before: Snapshot;
  /** Bytes whose changes say nothing. */
  private readonly passing: ReadonlySet<number>;
  private budget: number;

  constructor(story: TrialStory) {
    this.story = story;
    this.before = story.player.machine.snapshot();
    this.budget = story.maxSearchInstructions;
    this.passing = new Set([...story.noise, ...this.try(story.idle).addresses]);
  }

  /** Whether more instructions were taken than a search may. */
  get areOver(): boolean {
    return this.budget <= 0;
  }

  /** Bytes of the world that are neither what they were nor what they become when only time passes, as text; empty where there are none and the story goes on. */
  changesAfter(command: string): string {
    const { addresses, isEnd } = this.try(command);
    const { memory } = this.story.player.machine;
    const real = addresses.filter((address) => !this.passing.has(address));
    const changes = real.map((address) => `${address}=${memory[address]}`).join();
    return isEnd ? `end ${changes}` : changes;
  }

  /** Puts the story back to where it was before the trials. */
  restore(): void {
    this.story.player.machine.restore(this.before);
  }

  /** What a command changes; nothing where it asks back, has to do with the game rather than the world, or comes to no end. */
  private try(command: string): { readonly addresses: readonly number[]; readonly isEnd: boolean } {
    const { player, world, isPrompt, maxSearchInstructions } = this.story;
    const { machine } = player;
    const nothing = { addresses: [], isEnd: false };
    machine.restore(this.before);
    const { interventions } = machine;
    try {
      const isEnd = player.isOver(player.attempt(command, Math.min(this.budget, maxSearchInstructions * PART)));
      if (machine.interventions !== interventions || (!isEnd && !isPrompt())) return nothing;
      return { addresses: world.changes(this.before.game.memory), isEnd };
    } catch (error) {
      if (!(error instanceof StoryError)) throw error;
      return nothing;
    } finally {
      this.budget -= machine.effort;
    }
  }
}
