import { CheckpointError, readNumber, restoreArray, type StateDict, type Stateful } from '@gradus/core';

/** The last n steps of an episode: what was visited, an index into a table of values, and the reward that followed. */
export class NStepWindow implements Stateful {
  private readonly n: number;
  private readonly gamma: number;
  private readonly indices: Int32Array;
  private readonly rewards: Float64Array;
  /** Where the oldest step is, and how many there are. */
  private start = 0;
  private length = 0;

  constructor(n: number, gamma: number) {
    this.n = n;
    this.gamma = gamma;
    this.indices = new Int32Array(n);
    this.rewards = new Float64Array(n);
  }

  /**
   * Adds a step that visited `index`, and hands the returns that are known now to `use`, each with what its first step visited: that of n steps, or at the end
   * of an episode all that are left. They go on with `nextValue`, the value of what follows, which is asked for only then.
   */
  add(
    index: number,
    { reward, ended }: { readonly reward: number; readonly ended: boolean },
    nextValue: () => number,
    use: (index: number, value: number) => void,
  ): void {
    const place = (this.start + this.length++) % this.n;
    this.indices[place] = index;
    this.rewards[place] = reward;
    if (this.length < this.n && !ended) return;
    const value = nextValue();
    do {
      use(this.indices[this.start], this.returnOfOldest(value));
      this.start = (this.start + 1) % this.n;
      this.length--;
    } while (ended && this.length > 0);
  }

  /** r₀ + γ r₁ + … + γᵐ⁻¹ rₘ₋₁ + γᵐ `value`, of the m steps in the window and the value of what follows. */
  private returnOfOldest(value: number): number {
    const { n, gamma, rewards, start } = this;
    let sum = value;
    for (let k = this.length - 1; k >= 0; k--) sum = rewards[(start + k) % n] + gamma * sum;
    return sum;
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
