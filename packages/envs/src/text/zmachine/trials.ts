import type { StoryPlayer } from './story-player.ts';
import { StoryError } from './story-error.ts';
import { changedBytes, type World } from './world.ts';

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
  /** Addresses of bytes of global variables that do not. */
  readonly steadyGlobals: readonly number[];
  /** Address of the variable that counts moves, once a command is done and before time passes; −1 where none is known. */
  readonly clock: number;
  /** Instructions that all trials of a state may take. */
  readonly maxSearchInstructions: number;
}

/** What a command did. */
interface Trial {
  /** Bytes of the world that are neither what they were nor what they become when only time passes, as text; empty where there are none. */
  readonly changes: string;
  /** Whether time passed: if not, the story refused to understand. Undefined where that cannot be known. */
  readonly takesTime: boolean | undefined;
}

/** A command may take this part of the instructions of all. */
const PART = 1 / 50;

/** Tries commands in a state of a story, each from a snapshot of it. */
export class Trials {
  private readonly story: TrialStory;
  private readonly before: ReturnType<StoryPlayer['machine']['snapshot']>;
  /** Bytes whose changes say nothing. */
  private readonly passing: ReadonlySet<number>;
  /** Bytes of global variables that commands leave otherwise though nothing follows. */
  private readonly idleGlobals = new Set<number>();
  private readonly steady: ReadonlySet<number>;
  private budget: number;

  constructor(story: TrialStory) {
    this.story = story;
    this.before = story.player.machine.snapshot();
    this.budget = story.maxSearchInstructions;
    this.steady = new Set(story.steadyGlobals);
    this.passing = story.noise;
    this.passing = new Set([...story.noise, ...this.changesAfter(story.idle).addresses]);
  }

  /** Whether more instructions were taken than a search may. */
  get areOver(): boolean {
    return this.budget <= 0;
  }

  try(command: string): Trial {
    const { addresses, isEnd, takesTime } = this.changesAfter(command);
    const { memory } = this.story.player.machine;
    const changes = addresses.map((address) => `${address}=${memory[address]}`).join();
    return { changes: isEnd ? `end ${changes}` : changes, takesTime };
  }

  /** Puts the story back to where it was before the trials. */
  restore(): void {
    this.story.player.machine.restore(this.before);
  }

  /** What a command changes; nothing where it asks back, has to do with the game rather than the world, or comes to no end. */
  private changesAfter(command: string): {
    readonly addresses: readonly number[];
    readonly isEnd: boolean;
    readonly takesTime?: boolean;
  } {
    const { player, isPrompt, clock, maxSearchInstructions } = this.story;
    const { machine } = player;
    const nothing = { addresses: [], isEnd: false };
    machine.restore(this.before);
    const { interventions } = machine;
    const run = (go: (budget: number) => string): string => {
      try {
        return go(Math.min(this.budget, maxSearchInstructions * PART));
      } finally {
        this.budget -= machine.effort;
      }
    };
    machine.clock = clock;
    try {
      let answer = run((budget) => player.attempt(command, budget));
      const isPaused = !machine.waiting && !machine.hasQuit;
      machine.clock = -1;
      if (isPaused) {
        // What follows is the same as when only time passes.
        if (this.changesNothingYet() && !player.isOver(answer)) return { ...nothing, takesTime: true };
        machine.isRunning = true;
        answer += run((budget) => player.goOn(budget));
      }
      const takesTime = clock < 0 ? {} : { takesTime: isPaused };
      const isEnd = player.isOver(answer);
      if (machine.interventions !== interventions || (!isEnd && !isPrompt())) return { ...nothing, ...takesTime };
      const addresses = this.realChanges();
      if (addresses.length === 0) this.globalChanges().forEach((address) => this.idleGlobals.add(address));
      return { addresses, isEnd, ...takesTime };
    } catch (error) {
      if (!(error instanceof StoryError)) throw error;
      return nothing;
    } finally {
      machine.clock = -1;
    }
  }

  private changesNothingYet(): boolean {
    return this.realChanges().length === 0 && this.globalChanges().every((address) => this.idleGlobals.has(address));
  }

  private realChanges(): number[] {
    const { world } = this.story;
    return world.changes(this.before.game.memory).filter((address) => !this.passing.has(address));
  }

  private globalChanges(): number[] {
    const { memory } = this.story.player.machine;
    return changedBytes(this.before.game.memory, memory).filter((address) => this.steady.has(address));
  }
}
