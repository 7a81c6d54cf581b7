import {
  checkArguments,
  finiteNumber,
  fraction,
  optional,
  positiveInteger,
  positiveNumber,
  valueText,
  type OptionCheck,
} from '@gradus/tensor';
import { readNumber, restoreArray, type StateDict } from '../checkpoints/state.ts';
import { anObject } from '../options/argument-checks.ts';
import type { Random } from '../random/random.ts';
import { EpisodeSampler } from './episode-sampler.ts';
import { RewardTree } from './reward-tree.ts';

/**
 * Which transitions a replay buffer draws, by their rewards (the replay study; S6.4) or those of their episodes. All are drawn with replacement, in O(log n) each.
 *
 * - `uniform`: any transition is as likely as any other (Lin, 1992).
 * - `stratified`: good ones, of rewards r ≥ t, and bad ones are drawn apart: a good one with probability `goodShare`. The threshold
 *   t = μ + λ σ moves with mean and deviation of the last `window` rewards, and with it what is good. Where there are none of one kind, all are of the other.
 * - `softmax`: transition i with probability exp(|rᵢ − μ| / β) / Σⱼ exp(|rⱼ − μ| / β), μ being the mean of all rewards in the buffer. The probabilities are
 *   exact at every draw, also while μ moves.
 * - `episodes`: with probability `goodShare` a transition of a good episode, whose return is above the mean of the last `window` episodes; else any one (after
 *   Narasimhan et al., 2015, and Yuan et al., 2018, who prefer transitions with rewards, which are rare in text games; S3.6).
 */
export type ReplaySampling =
  | { readonly kind: 'uniform' }
  | {
      readonly kind: 'stratified';
      /** λ: how many deviations above the mean a reward is good; 0.5 and −0.5 in the study. */
      readonly lambda: number;
      /** Probability of a good transition, in [0, 1]. Default 0.5. */
      readonly goodShare?: number | undefined;
      /** The rewards that μ and σ are of. Default 1,000. */
      readonly window?: number | undefined;
    }
  | {
      readonly kind: 'softmax';
      /** β > 0, in units of reward: the smaller, the more the unusual is preferred. Default 1, as in the study. */
      readonly beta?: number | undefined;
    }
  | {
      readonly kind: 'episodes';
      /** Probability of a transition of a good episode, in [0, 1]. Default 0.5. */
      readonly goodShare?: number | undefined;
      /** The episodes that the mean is of. Default 100. */
      readonly window?: number | undefined;
    };

/** Draws rows of a replay buffer. */
export interface ReplaySampler {
  /** Told of each transition that is stored: the row it takes, whose former transition is gone, its reward, and whether its episode ended with it. */
  add(row: number, reward: number, ends: boolean): void;
  /** Draws `rows.length` rows with replacement. There is at least one. */
  draw(rows: Uint32Array, random: Random): void;
  /** What it knows but for the rewards, which the buffer saves. */
  getState(): StateDict;
  /** `rewards`: those of all rows that are filled. */
  restore(state: StateDict, rewards: Float32Array): void;
}

/** What the entries of each kind must be. */
export const samplingKinds: Readonly<Record<ReplaySampling['kind'], Readonly<Record<string, OptionCheck>>>> = {
  uniform: {},
  stratified: { lambda: finiteNumber, goodShare: optional(fraction), window: optional(positiveInteger) },
  softmax: { beta: optional(positiveNumber) },
  episodes: { goodShare: optional(fraction), window: optional(positiveInteger) },
};

/** Throws `RangeError` unless `sampling` is a {@link ReplaySampling}. */
export function checkSampling(sampling: unknown): asserts sampling is ReplaySampling {
  checkArguments('sampling', { sampling }, { sampling: anObject });
  const { kind, ...options } = sampling as ReplaySampling;
  if (!Object.hasOwn(samplingKinds, kind)) {
    const names = Object.keys(samplingKinds).map((name) => `'${name}'`);
    throw new RangeError(`sampling: expected kind to be ${names.join(', ')}, got ${valueText(kind)}`);
  }
  checkArguments<object>(`sampling '${kind}'`, options, samplingKinds[kind]);
}

/** The sampler of a buffer with room for `capacity` transitions, in row r one of copy r mod `numEnvs`. Throws `RangeError` for options that are none. */
export function createSampler(sampling: ReplaySampling, capacity: number, numEnvs: number): ReplaySampler {
  checkSampling(sampling);
  switch (sampling.kind) {
    case 'uniform':
      return new UniformSampler();
    case 'stratified': {
      const { lambda, goodShare = 0.5, window = 1000 } = sampling;
      return new StratifiedSampler(capacity, lambda, goodShare, window);
    }
    case 'softmax':
      return new SoftmaxSampler(capacity, sampling.beta ?? 1);
    case 'episodes': {
      const { goodShare = 0.5, window = 100 } = sampling;
      return new EpisodeSampler(capacity, numEnvs, goodShare, window);
    }
  }
}

class UniformSampler implements ReplaySampler {
  private size = 0;

  add(row: number): void {
    this.size = Math.max(this.size, row + 1);
  }

  draw(rows: Uint32Array, random: Random): void {
    for (let k = 0; k < rows.length; k++) rows[k] = random.integer(this.size);
  }

  getState(): StateDict {
    return {};
  }

  restore(_: StateDict, rewards: Float32Array): void {
    this.size = rewards.length;
  }
}

class StratifiedSampler implements ReplaySampler {
  private readonly tree: RewardTree;
  /** The last rewards, in a ring. */
  private readonly recent: Float64Array;
  private added = 0;
  private readonly lambda: number;
  private readonly goodShare: number;

  constructor(capacity: number, lambda: number, goodShare: number, window: number) {
    this.lambda = lambda;
    this.goodShare = goodShare;
    this.tree = new RewardTree(capacity);
    this.recent = new Float64Array(Math.min(window, capacity));
  }

  add(row: number, reward: number): void {
    this.tree.set(row, reward);
    this.recent[this.added++ % this.recent.length] = reward;
  }

  draw(rows: Uint32Array, random: Random): void {
    const { tree, goodShare } = this;
    const bad = tree.countBelow(this.threshold());
    const good = tree.size - bad;
    for (let k = 0; k < rows.length; k++) {
      const isGood = bad === 0 || (good > 0 && random.nextFloat() < goodShare);
      rows[k] = tree.select(isGood ? bad + random.integer(good) : random.integer(bad));
    }
  }

  /** t = μ + λ σ */
  private threshold(): number {
    const rewards = this.recent.subarray(0, Math.min(this.added, this.recent.length));
    const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
    const variance = rewards.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / rewards.length;
    return mean + this.lambda * Math.sqrt(variance);
  }

  getState(): StateDict {
    return { recent: this.recent.slice(), added: this.added };
  }

  restore(state: StateDict, rewards: Float32Array): void {
    this.tree.fill(rewards);
    restoreArray(state, 'recent', this.recent);
    this.added = readNumber(state, 'added');
  }
}

class SoftmaxSampler implements ReplaySampler {
  private readonly tree: RewardTree;
  private sum = 0;

  constructor(capacity: number, beta: number) {
    this.tree = new RewardTree(capacity, beta);
  }

  add(row: number, reward: number): void {
    this.sum += reward - (this.tree.get(row) ?? 0);
    this.tree.set(row, reward);
  }

  draw(rows: Uint32Array, random: Random): void {
    this.tree.drawByDistance(rows, this.sum / this.tree.size, () => random.nextFloat());
  }

  getState(): StateDict {
    return { sum: this.sum };
  }

  restore(state: StateDict, rewards: Float32Array): void {
    this.tree.fill(rewards);
    this.sum = readNumber(state, 'sum');
  }
}
