import { restoreArray, type StateDict, type Stateful } from '@gradus/core';
import type { FeatureVector } from './features.ts';

/** Elements that decayed below this are dropped: a step size times an error times this no longer changes a weight of any size. */
const NEGLIGIBLE = 1e-20;

/**
 * An eligibility trace z: what each weight contributed lately (Sutton and Barto, 2018, §12.2). Keeps a list of what is not 0, so that a step
 * costs what was visited lately rather than the number of weights.
 */
export class EligibilityTrace implements Stateful {
  /** z */
  private readonly values: Float64Array;
  /** The elements that may differ from 0: the first `count` of `listed`, and 1 in `isListed`. */
  private readonly listed: Int32Array;
  private readonly isListed: Uint8Array;
  private count = 0;

  /** z = 0, [size] */
  constructor(size: number) {
    this.values = new Float64Array(size);
    this.listed = new Int32Array(size);
    this.isListed = new Uint8Array(size);
  }

  /** z ← factor · z */
  decay(factor: number): void {
    const { values, listed, isListed, count } = this;
    let kept = 0;
    for (let k = 0; k < count; k++) {
      const i = listed[k];
      const value = values[i] * factor;
      if (Math.abs(value) < NEGLIGIBLE) {
        values[i] = 0;
        isListed[i] = 0;
      } else {
        values[i] = value;
        listed[kept++] = i;
      }
    }
    this.count = kept;
  }

  /** z_{offset + stride · i} ← z_{offset + stride · i} + factor · xᵢ: accumulates. */
  accumulate({ length, indices, values }: FeatureVector, factor = 1, stride = 1, offset = 0): void {
    for (let k = 0; k < length; k++) {
      const i = indices[k] * stride + offset;
      this.list(i);
      this.values[i] += factor * values[k];
    }
  }

  /** z_{offset + stride · i} ← xᵢ where xᵢ ≠ 0: replaces (Singh and Sutton, 1996). */
  replace({ length, indices, values }: FeatureVector, stride = 1, offset = 0): void {
    for (let k = 0; k < length; k++) {
      const i = indices[k] * stride + offset;
      this.list(i);
      this.values[i] = values[k];
    }
  }

  /** w ← w + factor · z */
  addTo(weights: Float64Array, factor: number): void {
    const { values, listed, count } = this;
    for (let k = 0; k < count; k++) weights[listed[k]] += factor * values[listed[k]];
  }

  getState(): StateDict {
    return { values: this.values.slice() };
  }

  setState(state: StateDict): void {
    this.decay(0);
    restoreArray(state, 'values', this.values);
    this.values.forEach((value, i) => {
      if (value !== 0) this.list(i);
    });
  }

  private list(i: number): void {
    if (this.isListed[i] === 1) return;
    this.isListed[i] = 1;
    this.listed[this.count++] = i;
  }
}
