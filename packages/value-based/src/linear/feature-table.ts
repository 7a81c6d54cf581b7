import type { Space } from '@gradus/core';
import { stateIndex, type StateIndex } from '../tabular/state-index.ts';
import type { FeatureVector, Features } from './features.ts';

/** Features as data. */
export interface FeatureTableOptions {
  readonly kind: 'table';
  /** x(s) of each state, [states × d]. */
  readonly rows: readonly (readonly number[])[];
}

/** The features of a few states, written down one by one: row i is x of the i-th member of a finite space. */
export class FeatureTable implements Features {
  readonly count: number;
  readonly maxActive: number;
  readonly isBinary: boolean;
  private readonly states: StateIndex;
  /** Numbers in an observation. */
  private readonly size: number;
  private readonly rows: Float64Array;

  /** Throws `RangeError` for a `Box`, and unless there is one row for each state, all equally long and of finite numbers. */
  constructor(space: Space, { rows }: Omit<FeatureTableOptions, 'kind'>) {
    this.states = stateIndex('feature table', space);
    const { numStates } = this.states;
    if (rows.length !== numStates) {
      throw new RangeError(`feature table: expected ${numStates} rows, one for each state, got ${rows.length}`);
    }
    this.size = space.size;
    this.count = rows[0].length;
    rows.forEach((row, state) => {
      if (row.length === this.count && row.length > 0 && row.every(Number.isFinite)) return;
      throw new RangeError(
        `feature table: expected rows of equally many finite numbers, got [${row.join(', ')}] for state ${state}`,
      );
    });
    this.maxActive = this.count;
    this.rows = Float64Array.from(rows.flat());
    this.isBinary = this.rows.every((value) => value === 0 || value === 1);
  }

  write(observations: Float32Array, offset: number, target: FeatureVector): void {
    const { states, size, rows, count } = this;
    const first = states.of(observations, offset / size) * count;
    let length = 0;
    for (let i = 0; i < count; i++) {
      if (rows[first + i] === 0) continue;
      target.indices[length] = i;
      target.values[length++] = rows[first + i];
    }
    target.length = length;
  }
}
