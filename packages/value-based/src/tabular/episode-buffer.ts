import { CheckpointError, type StateDict, type Stateful } from '@gradus/core';

/** One episode so far: what its steps visited, indices into a table of values, and the reward that followed each. */
export class EpisodeBuffer implements Stateful {
  length = 0;
  private indices: Int32Array = new Int32Array(128);
  private rewards: Float64Array = new Float64Array(128);
  /** 1 for the steps that visited something for the first time. */
  private firsts: Uint8Array = new Uint8Array(128);
  /** The returns from each step on. */
  private returns: Float64Array = new Float64Array(128);
  /** By index the number of the episode that visited it last. */
  private readonly seen: Uint32Array;
  private episode = 1;

  /** `size`: of the table. */
  constructor(size: number) {
    this.seen = new Uint32Array(size);
  }

  push(index: number, reward: number): void {
    if (this.length === this.indices.length) this.grow();
    this.indices[this.length] = index;
    this.rewards[this.length] = reward;
    this.firsts[this.length] = this.seen[index] === this.episode ? 0 : 1;
    this.seen[index] = this.episode;
    this.length++;
  }

  /**
   * Hands the return G_t = r_t + γ r_{t+1} + … of each step to `use`, from the first step on, and forgets the episode. `finalValue` is the
   * value of what followed its last step. With `firstOnly`, only of first visits.
   */
  finish(gamma: number, finalValue: number, firstOnly: boolean, use: (index: number, value: number) => void): void {
    const { length, indices, rewards, firsts, returns } = this;
    let sum = finalValue;
    for (let t = length - 1; t >= 0; t--) {
      sum = rewards[t] + gamma * sum;
      returns[t] = sum;
    }
    for (let t = 0; t < length; t++) if (!firstOnly || firsts[t] === 1) use(indices[t], returns[t]);
    this.clear();
  }

  private clear(): void {
    this.length = 0;
    this.episode++;
  }

  private grow(): void {
    const size = 2 * this.indices.length;
    const { indices, rewards, firsts } = this;
    this.indices = new Int32Array(size);
    this.rewards = new Float64Array(size);
    this.firsts = new Uint8Array(size);
    this.returns = new Float64Array(size);
    this.indices.set(indices);
    this.rewards.set(rewards);
    this.firsts.set(firsts);
  }

  getState(): StateDict {
    return { indices: this.indices.slice(0, this.length), rewards: this.rewards.slice(0, this.length) };
  }

  setState({ indices, rewards }: StateDict): void {
    if (!(indices instanceof Int32Array && rewards instanceof Float64Array && indices.length === rewards.length)) {
      throw new CheckpointError('episode buffer: expected indices and rewards of the same length');
    }
    this.clear();
    for (let t = 0; t < indices.length; t++) this.push(indices[t], rewards[t]);
  }
}
