import { readNumber, restoreArray, type Random, type StateDict, type Stateful } from '@gradus/core';

/** Rows of a data set in random order, one epoch after another: each holds every row once. */
export class ShuffledRows implements Stateful {
  private readonly order: Int32Array;
  private readonly random: Random;
  private next: number;
  private passes = 0;

  constructor(count: number, random: Random) {
    this.order = Int32Array.from({ length: count }, (_, row) => row);
    this.random = random;
    this.next = count;
  }

  /** Epochs that are done, with the part of the present one. */
  get epochs(): number {
    return this.passes === 0 ? 0 : this.passes - 1 + this.next / this.order.length;
  }

  /** The numbers of the next `count` rows; those of two epochs may meet. */
  take(count: number): number[] {
    return Array.from({ length: count }, () => {
      if (this.next === this.order.length) {
        this.random.shuffle(this.order);
        this.next = 0;
        this.passes++;
      }
      return this.order[this.next++];
    });
  }

  getState(): StateDict {
    const { order, next, passes, random } = this;
    return { order: order.slice(), next, passes, random: random.getState() };
  }

  /** Throws `CheckpointError` where there are more or fewer rows than there were. */
  setState(state: StateDict): void {
    restoreArray(state, 'order', this.order);
    this.next = readNumber(state, 'next');
    this.passes = readNumber(state, 'passes');
    this.random.setState(state.random as StateDict);
  }
}
