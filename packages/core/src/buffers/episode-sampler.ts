import { readNumber, restoreArray, type StateDict } from '../checkpoints/state.ts';
import type { Random } from '../random/random.ts';

/**
 * Draws transitions of good episodes with a probability of their own, any others as likely as each other. An episode is good if its return, without discount, is
 * above the mean of the last `window` ones, its own included: so where rewards are rare the few episodes that had some are seen often, and where all episodes
 * are equally good none is preferred. What an episode is worth is known once it has ended.
 */
export class EpisodeSampler {
  private readonly goodShare: number;
  private readonly numEnvs: number;
  private readonly capacity: number;
  private size = 0;
  /** The rows of good episodes, in any order: the first `goodCount`. */
  private readonly goodRows: Uint32Array;
  private goodCount = 0;
  /** By row 1 + its place in `goodRows`, 0 where it is not good. */
  private readonly places: Uint32Array;
  /** By copy the return and the length of the episode so far. */
  private readonly returns: Float64Array;
  private readonly lengths: Uint32Array;
  /** The returns of the last episodes, in a ring. */
  private readonly recent: Float64Array;
  private ended = 0;

  constructor(capacity: number, numEnvs: number, goodShare: number, window: number) {
    this.capacity = capacity;
    this.numEnvs = numEnvs;
    this.goodShare = goodShare;
    this.goodRows = new Uint32Array(capacity);
    this.places = new Uint32Array(capacity);
    this.returns = new Float64Array(numEnvs);
    this.lengths = new Uint32Array(numEnvs);
    this.recent = new Float64Array(window);
  }

  add(row: number, reward: number, ends: boolean): void {
    const copy = row % this.numEnvs;
    this.size = Math.max(this.size, row + 1);
    // What the row held before is gone.
    this.remove(row);
    this.returns[copy] += reward;
    this.lengths[copy]++;
    if (ends) this.end(row, copy);
  }

  draw(rows: Uint32Array, random: Random): void {
    const { size, goodRows, goodCount, goodShare } = this;
    for (let k = 0; k < rows.length; k++) {
      const isGood = goodCount > 0 && random.nextFloat() < goodShare;
      rows[k] = isGood ? goodRows[random.integer(goodCount)] : random.integer(size);
    }
  }

  private end(lastRow: number, copy: number): void {
    const { capacity, numEnvs, recent, returns, lengths } = this;
    recent[this.ended++ % recent.length] = returns[copy];
    const known = recent.subarray(0, Math.min(this.ended, recent.length));
    const mean = known.reduce((sum, each) => sum + each, 0) / known.length;
    if (returns[copy] > mean) {
      // Of a long episode the buffer may have no more than the end.
      const kept = Math.min(lengths[copy], capacity / numEnvs);
      for (let back = 0; back < kept; back++) this.append((lastRow - back * numEnvs + capacity) % capacity);
    }
    returns[copy] = 0;
    lengths[copy] = 0;
  }

  private append(row: number): void {
    this.goodRows[this.goodCount++] = row;
    this.places[row] = this.goodCount;
  }

  /** The last one takes the place that is free. */
  private remove(row: number): void {
    const place = this.places[row];
    if (place === 0) return;
    const last = this.goodRows[--this.goodCount];
    this.goodRows[place - 1] = last;
    this.places[last] = place;
    this.places[row] = 0;
  }

  getState(): StateDict {
    const { goodRows, goodCount, returns, lengths, recent, ended } = this;
    return {
      goodRows: goodRows.slice(0, goodCount),
      goodCount,
      returns: returns.slice(),
      lengths: lengths.slice(),
      recent: recent.slice(),
      ended,
    };
  }

  restore(state: StateDict, rewards: Float32Array): void {
    this.size = rewards.length;
    this.goodCount = readNumber(state, 'goodCount');
    restoreArray(state, 'goodRows', this.goodRows.subarray(0, this.goodCount));
    restoreArray(state, 'returns', this.returns);
    restoreArray(state, 'lengths', this.lengths);
    restoreArray(state, 'recent', this.recent);
    this.ended = readNumber(state, 'ended');
    this.places.fill(0);
    for (let i = 0; i < this.goodCount; i++) this.places[this.goodRows[i]] = i + 1;
  }
}
