import { CheckpointError, readNumber, restoreArray, type StateDict, type Stateful } from '@gradus/core';

/** The last n steps of an episode: what was visited, an index into a table of values, and the reward that followed. */
export class NStepWindow implements Stateful {
  /** Steps in the window. */
  length = 0;
  private readonly n: number;
  private readonly gamma: number;
  private readonly indices: Int32Array;
  private readonly rewards: Float64Array;
  /** Where the oldest step is. */
  private start = 0;

  constructor(n: number, gamma: number) {
    this.n = n;
    this.gamma = gamma;
    this.indices = new Int32Array(n);
    this.rewards = new Float64Array(n);
  }

  get isFull(): boolean {
    return this.length === this.n;
  }

  /** What the oldest step visited. */
  get oldest(): number {
    return this.indices[this.start];
  }

  /** Adds a step; the window must not be full. */
  push(index: number, reward: number): void {
    const place = (this.start + this.length++) % this.n;
    this.indices[place] = index;
    this.rewards[place] = reward;
  }

  /** The return from the oldest step on, r₀ + γ r₁ + … + γᵐ⁻¹ rₘ₋₁ + γᵐ `value`, of the m steps in the window and the value of what follows. */
  returnOfOldest(value: number): number {
    const { n, gamma, rewards, start } = this;
    let sum = value;
    for (let k = this.length - 1; k >= 0; k--) sum = rewards[(start + k) % n] + gamma * sum;
    return sum;
  }

  /** Forgets the oldest step. */
  dropOldest(): void {
    this.start = (this.start + 1) % this.n;
    this.length--;
  }

  getState(): StateDict {
    const { length, start, indices, rewards } = this;
    return { length, start, indices: indices.slice(), rewards: rewards.slice() };
  }

  setState(state: StateDict): void {
    const [length, start] = [readNumber(state, 'length'), readNumber(state, 'start')];
    if (!(length >= 0 && length <= this.n && start >= 0 && start < this.n)) {
      throw new CheckpointError(`n-step window: expected at most ${this.n} steps, got ${length} from ${start}`);
    }
    restoreArray(state, 'indices', this.indices);
    restoreArray(state, 'rewards', this.rewards);
    this.length = length;
    this.start = start;
  }
}
