import {
  actionMaskSize,
  checkReward,
  createActions,
  type ActionArray,
  type FloatArray,
  type TypedArray,
  type VectorEnv,
} from '@gradus/core';
import type { Credit } from '../estimators/step-credits.ts';

/** Where `gather` copies steps to, [rows × size]. */
export interface EpisodeBatch {
  readonly observations: TypedArray;
  readonly actions?: TypedArray;
  /** G, [rows] */
  readonly returns?: TypedArray;
  /** [rows × number of actions] */
  readonly actionMasks?: TypedArray | undefined;
}

/**
 * The steps of whole episodes that several copies of an environment play side by side, one row each, with what their actions get credit for, as in
 * `stepCredits`. It grows as it must. One round:
 *
 *     buffer.clear();
 *     for each step, for each copy that plays:
 *       buffer.beginStep(copy, env.observations, actions, env.actionMasks);
 *       env.step(actions);
 *       buffer.endStep(copy, env.rewards[copy]);
 *       if the episode ended: buffer.endEpisode(copy, value of what was cut off);
 */
export class EpisodeBuffer {
  /** Steps recorded. */
  size = 0;
  /** Episodes that ended. */
  numEpisodes = 0;
  /** [size × observation size] */
  observations: Float32Array;
  /** G_t, [size]: the return that the action gets credit for; complete where the episode ended. */
  returns: Float64Array = new Float64Array(0);
  /** f_t, [size]: γᵗ or 1. */
  factors: Float64Array = new Float64Array(0);
  /** Which episode a step belongs to, counted in the order in which they ended, [size]. */
  episodes: Int32Array = new Int32Array(0);
  private actions: ActionArray;
  private actionMasks: Uint8Array = new Uint8Array(0);
  private rewards: Float64Array = new Float64Array(0);
  /** The row of the step before in the same episode, −1 for its first, [size]. */
  private previous: Int32Array = new Int32Array(0);
  /** The row of the last step of each copy's episode, −1 before its first, [numEnvs]. */
  private readonly last: Int32Array;
  private readonly env: VectorEnv;
  private readonly credit: Credit;
  private readonly gamma: number;
  private readonly maskSize: number;

  constructor(env: VectorEnv, options: { readonly credit: Credit; readonly gamma: number }) {
    this.env = env;
    this.credit = options.credit;
    this.gamma = options.gamma;
    this.observations = new Float32Array(0);
    this.actions = createActions(env.actionSpace, 0);
    this.maskSize = env.actionMasks ? actionMaskSize(env.actionSpace) : 0;
    this.last = new Int32Array(env.numEnvs);
  }

  /** Forgets everything. */
  clear(): void {
    this.size = 0;
    this.numEpisodes = 0;
    this.last.fill(-1);
  }

  /** Records what a copy saw and chose: its rows of arrays with a row for each copy. */
  beginStep(
    copy: number,
    observations: ArrayLike<number>,
    actions: ArrayLike<number>,
    actionMasks: ArrayLike<number> = [],
  ): void {
    if (this.size === this.rewards.length) this.grow();
    const { size, maskSize, last, factors } = this;
    const { observationSpace, actionSpace } = this.env;
    copyRow(observations, copy, this.observations, size, observationSpace.size);
    copyRow(actions, copy, this.actions, size, actionSpace.size);
    copyRow(actionMasks, copy, this.actionMasks, size, maskSize);
    const before = last[copy];
    const discounts = this.credit === 'discounted-reward-to-go' && before !== -1;
    factors[size] = discounts ? factors[before] * this.gamma : 1;
    this.previous[size] = before;
    last[copy] = size;
    this.size++;
  }

  /** Records the reward. Throws `EnvError` for one that is not finite. */
  endStep(copy: number, reward: number): void {
    checkReward(`reward of environment ${copy}`, reward);
    this.rewards[this.last[copy]] = reward;
  }

  /** Computes the returns of a copy's episode. `finalValue`: what would have followed its last step, 0 if nothing. */
  endEpisode(copy: number, finalValue: number): void {
    const { rewards, returns, previous, episodes } = this;
    let sum = finalValue;
    for (let row = this.last[copy]; row !== -1; row = previous[row]) {
      sum = rewards[row] + this.gamma * sum;
      returns[row] = sum;
      episodes[row] = this.numEpisodes;
    }
    if (this.credit === 'total-return') {
      for (let row = this.last[copy]; row !== -1; row = previous[row]) returns[row] = sum;
    }
    this.last[copy] = -1;
    this.numEpisodes++;
  }

  /** The rows of all steps in the order in which they were recorded. */
  rows(): Uint32Array {
    return Uint32Array.from({ length: this.size }, (_, row) => row);
  }

  /** Copies the steps `order[start]`, `order[start + 1]`, … into all rows of `batch`, from the first one on again where `order` ends. */
  gather(order: Uint32Array, start: number, batch: EpisodeBatch): void {
    const { observationSpace, actionSpace } = this.env;
    const rows = batch.observations.length / observationSpace.size;
    for (let row = 0, i = start % order.length; row < rows; row++, i = i + 1 === order.length ? 0 : i + 1) {
      copyRow(this.observations, order[i], batch.observations, row, observationSpace.size);
      if (batch.actions) copyRow(this.actions, order[i], batch.actions, row, actionSpace.size);
      if (batch.returns) copyRow(this.returns, order[i], batch.returns, row, 1);
      if (batch.actionMasks) copyRow(this.actionMasks, order[i], batch.actionMasks, row, this.maskSize);
    }
  }

  private grow(): void {
    const capacity = Math.max(1024, 2 * this.size);
    const { observationSpace, actionSpace } = this.env;
    this.observations = extended(this.observations, new Float32Array(capacity * observationSpace.size));
    this.actions = extended(this.actions, createActions(actionSpace, capacity));
    this.actionMasks = extended(this.actionMasks, new Uint8Array(capacity * this.maskSize));
    this.rewards = extended(this.rewards, new Float64Array(capacity));
    this.returns = extended(this.returns, new Float64Array(capacity));
    this.factors = extended(this.factors, new Float64Array(capacity));
    this.episodes = extended(this.episodes, new Int32Array(capacity));
    this.previous = extended(this.previous, new Int32Array(capacity));
  }
}

function copyRow(source: ArrayLike<number>, from: number, target: TypedArray, to: number, width: number): void {
  for (let k = 0; k < width; k++) target[to * width + k] = source[from * width + k];
}

/** `larger`, which begins with what is in `array`. */
function extended<T extends TypedArray | FloatArray>(array: T, larger: T): T {
  larger.set(array);
  return larger;
}
