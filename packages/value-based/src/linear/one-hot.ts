import type { Space } from '@gradus/core';
import { stateIndex, type StateIndex } from '../tabular/state-index.ts';
import type { FeatureVector, Features } from './features.ts';

/** What one-hot features are made of. */
export interface OneHotOptions {
  readonly kind: 'one-hot';
  /** Groups of neighbouring states that share a feature: state aggregation. Default: as many as states, which makes a table. */
  readonly groups?: number | undefined;
}

/**
 * One feature for each state of a finite space, 1 in that state: linear methods are then tabular ones. With fewer groups than states each
 * feature stands for ⌈states / groups⌉ or one less neighbouring states (state aggregation; Sutton and Barto, 2018, §9.3): state i is
 * in group ⌊i · groups / states⌋.
 */
export class OneHot implements Features {
  readonly count: number;
  readonly maxActive = 1;
  readonly isBinary = true;
  private readonly states: StateIndex;
  /** Numbers in an observation. */
  private readonly size: number;

  /** Throws `RangeError` for a `Box`, and unless `groups` is an integer from 1 to the number of states. */
  constructor(space: Space, { groups }: Omit<OneHotOptions, 'kind'> = {}) {
    this.states = stateIndex('one-hot features', space);
    this.size = space.size;
    this.count = groups ?? this.states.numStates;
    if (!Number.isSafeInteger(this.count) || this.count < 1 || this.count > this.states.numStates) {
      throw new RangeError(
        `one-hot features: expected groups to be an integer in [1, ${this.states.numStates}], got ${this.count}`,
      );
    }
  }

  write(observations: Float32Array, offset: number, target: FeatureVector): void {
    const { states, size, count } = this;
    target.indices[0] = Math.floor((states.of(observations, offset / size) * count) / states.numStates);
    target.values[0] = 1;
    target.length = 1;
  }
}
