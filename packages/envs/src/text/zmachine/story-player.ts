import { Machine, type Snapshot } from './machine.ts';
import { enter, run } from './run.ts';
import { StoryError } from './story-error.ts';
import type { StoryRandom } from './story-random.ts';
import type { Story } from './story.ts';

/** Keys that are pressed where a story waits for one, until it goes on: any, and those that leave menus. */
const keys = (' \n'.repeat(8) + 'qQ\x1b'.repeat(4)).split('');

/** The line of a story that is over, such as `*** You have died ***`. */
const OVER = /^\s*\*{3,}[^*\n]+\*{3,}\s*$/m;

/** A line of input, in which nothing but characters stands. */
function asLine(command: string): string {
  // Looking first takes a part of the time.
  return /\p{Cc}/u.test(command) ? command.replaceAll(/\p{Cc}+/gu, ' ') : command;
}

/** Plays a story by commands, each to its end or not at all. */
export class StoryPlayer {
  readonly machine: Machine;
  private readonly maxInstructions: number;

  /** `maxInstructions`: what a command may take. */
  constructor(story: Story, random: StoryRandom, maxInstructions: number) {
    this.machine = new Machine(story, random);
    this.maxInstructions = maxInstructions;
  }

  /** Begins the story, and returns what it tells. */
  begin(): string {
    const { machine } = this;
    machine.start();
    machine.screen.take();
    machine.effort = 0;
    run(machine, this.maxInstructions);
    return machine.screen.take() + this.pressKeys(this.maxInstructions);
  }

  /** What the story answers. Throws `StoryError` where it does not come to an end; everything is then as it was before. `before`: the state that it is in, for those who have it. */
  command(command: string, before: Snapshot = this.machine.snapshot()): string {
    try {
      return this.attempt(command);
    } catch (error) {
      this.machine.restore(before);
      if (!(error instanceof StoryError)) throw error;
      throw new StoryError(`'${command}': ${error.message}; the story is where it was before`, { cause: error });
    }
  }

  /** As `command`, for those who keep a snapshot themselves, and put it back after errors. `budget`: instructions, and as many again after each key that is pressed. */
  attempt(command: string, budget: number = this.maxInstructions): string {
    const { machine } = this;
    machine.effort = 0;
    enter(machine, asLine(command));
    run(machine, budget);
    return machine.screen.take() + this.pressKeys(budget);
  }

  /** Where the story waits for a line: the instruction behind it, and those behind the calls that lead there. Empty where it does not. */
  get place(): string {
    const { waiting, callers } = this.machine;
    return waiting?.kind === 'line' ? [waiting.ending.next, ...callers].join() : '';
  }

  /** Whether a story that told this text is over. */
  isOver(text: string): boolean {
    return this.machine.hasQuit || (text.includes('***') && OVER.test(text));
  }

  private pressKeys(budget: number): string {
    const { machine } = this;
    let text = '';
    for (const key of keys) {
      if (machine.waiting?.kind !== 'key') return text;
      enter(machine, key);
      run(machine, budget);
      text += machine.screen.take();
    }
    if (machine.waiting?.kind === 'key') throw new StoryError('the story waits for one key after the other');
    return text;
  }
}
