/** Where a story's random numbers come from: `gradus`, or the generator of the interpreter Frotz, for the same numbers as there. */
export type StoryGenerator = 'gradus' | 'frotz';

/** Everything that decides which random numbers follow. */
export interface StoryRandomState {
  readonly state: number;
  /** Numbers are 1, 2, … up to it, again and again, where it is not 0. */
  readonly cycle: number;
  readonly count: number;
}

/** Seeds that a story sets below it make it predictable: its numbers count (Standard 1.1, remarks on §2). */
const LEAST_SEED = 1000;

/** The random numbers of a story: 32 bits of state. */
export class StoryRandom {
  private readonly generator: StoryGenerator;
  private state = 0;
  private cycle = 0;
  private count = 0;

  /** `seed`: an integer; of `gradus` any other gives other numbers, of `frotz` it is its option `-s`. */
  constructor(generator: StoryGenerator, seed: number) {
    this.generator = generator;
    this.seed(seed);
  }

  seed(seed: number): void {
    this.state = seed | 0;
    this.cycle = 0;
    this.count = 0;
  }

  /** What the instruction `random` gives: from 1 to `range`; for others 0, with the generator seeded by −range, by itself for 0. */
  draw(range: number): number {
    if (range <= 0) {
      if (range === 0) this.seed(this.next());
      else if (-range < LEAST_SEED) [this.cycle, this.count] = [-range, 0];
      else this.seed(-range);
      return 0;
    }
    if (this.cycle === 0) return 1 + (this.next() % range);
    const number = this.count;
    this.count = (this.count + 1) % this.cycle;
    return 1 + (number % range);
  }

  getState(): StoryRandomState {
    return { state: this.state, cycle: this.cycle, count: this.count };
  }

  setState({ state, cycle, count }: StoryRandomState): void {
    [this.state, this.cycle, this.count] = [state, cycle, count];
  }

  private next(): number {
    if (this.generator === 'frotz') {
      this.state = (Math.imul(this.state, 0x015a4e35) + 1) | 0;
      return (this.state >>> 16) & 0x7fff;
    }
    // SplitMix32: a counter, and its bits mixed (after Steele et al., 2014).
    this.state = (this.state + 0x9e3779b9) | 0;
    let bits = this.state;
    bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return (bits ^ (bits >>> 15)) >>> 0;
  }
}
