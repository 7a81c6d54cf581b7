import { Machine } from '../../../src/text/zmachine/machine.ts';
import { enter, programOf, run } from '../../../src/text/zmachine/run.ts';
import { readStoryFile } from '../../../src/text/zmachine/story-file.ts';
import { StoryRandom, type StoryGenerator } from '../../../src/text/zmachine/story-random.ts';
import { Story } from '../../../src/text/zmachine/story.ts';

const BUDGET = 10_000_000;

/** Plays a story with the machine itself. */
export class OwnPlayer {
  readonly machine: Machine;

  /** `often`: how often a story comes to an address before it is compiled from there. */
  constructor(story: Uint8Array, seed: number, generator: StoryGenerator = 'gradus', often?: number) {
    this.machine = new Machine(new Story(readStoryFile(story)), new StoryRandom(generator, seed));
    if (often !== undefined) programOf(this.machine.story).often = often;
    run(this.machine, BUDGET);
  }

  get hasQuit(): boolean {
    return this.machine.hasQuit;
  }

  get wantsKey(): boolean {
    return this.machine.waiting?.kind === 'key';
  }

  take(): string {
    return this.machine.screen.take();
  }

  enter(input: string): void {
    enter(this.machine, input);
    run(this.machine, BUDGET);
  }
}
