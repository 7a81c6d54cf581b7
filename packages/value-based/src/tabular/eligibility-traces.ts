import { CheckpointError, readNumber, type StateDict, type Stateful } from '@gradus/core';

/**
 * What a visit adds to a trace e that has decayed by γλ since:
 *
 * - `accumulating`: e ← e + α, which makes the sum of an episode's updates that of the λ-returns (Sutton, 1988);
 * - `replacing`: e ← α (Singh and Sutton, 1996);
 * - `dutch`: e ← e + α (1 − e), with which TD(λ) equals the λ-return method at every step (true online TD(λ): van Seijen et al., 2016).
 *
 * The step size is part of the trace: it is that of the visit.
 */
export type TraceKind = 'accumulating' | 'replacing' | 'dutch';

/** Names of {@link TraceKind}. */
export const traceKinds: readonly ['accumulating', 'replacing', 'dutch'] = ['accumulating', 'replacing', 'dutch'];

/** A trace smaller than this is dropped: it moves values by less than rounding does. */
const SMALLEST = 1e-15;

/** Eligibility traces of the values in a table, of which only those count that were visited of late (the backward view; S2.5). */
export class EligibilityTraces implements Stateful {
  private readonly kind: TraceKind;
  private readonly decay: number;
  private readonly traces: Float64Array;
  /** Indices of the traces that are not 0. */
  private readonly active: Int32Array;
  private numActive = 0;
  /** What the last step took the next value to be. */
  private expectedValue = 0;

  /** `size`: of the table; `decay`: γλ. */
  constructor(size: number, kind: TraceKind, decay: number) {
    this.kind = kind;
    this.decay = decay;
    this.traces = new Float64Array(size);
    this.active = new Int32Array(size);
  }

  /**
   * A step of TD(λ) or one of its kin: visits the value at `index`, moves all values by `error`, the step's TD error r + γ v′ − v, each as far as
   * it is eligible, and lets the traces decay. `nextValue` is v′, which is visited next.
   */
  update(values: Float64Array, index: number, alpha: number, error: number, nextValue: number): void {
    if (this.kind === 'dutch') {
      // The value has changed since the last step took it for the next one.
      const change = values[index] - this.expectedValue;
      this.visit(index, alpha);
      this.apply(values, error + change);
      values[index] -= alpha * change;
    } else {
      this.visit(index, alpha);
      this.apply(values, error);
    }
    this.expectedValue = nextValue;
  }

  /** Makes the value at `index` eligible. */
  visit(index: number, alpha: number): void {
    const { kind, traces } = this;
    const before = traces[index];
    if (kind === 'accumulating') traces[index] = before + alpha;
    else if (kind === 'replacing') traces[index] = alpha;
    else traces[index] = before + alpha * (1 - before);
    if (before === 0 && traces[index] !== 0) this.active[this.numActive++] = index;
  }

  /** Moves each value by `error` times its trace, and lets the traces decay. */
  apply(values: Float64Array, error: number): void {
    const { traces, active, decay } = this;
    let kept = 0;
    for (let k = 0; k < this.numActive; k++) {
      const index = active[k];
      const trace = traces[index];
      values[index] += error * trace;
      const decayed = decay * trace;
      traces[index] = decayed < SMALLEST ? 0 : decayed;
      if (decayed >= SMALLEST) active[kept++] = index;
    }
    this.numActive = kept;
  }

  /** Makes nothing eligible, as at the start of an episode. */
  clear(): void {
    for (let k = 0; k < this.numActive; k++) this.traces[this.active[k]] = 0;
    this.numActive = 0;
  }

  getState(): StateDict {
    const indices = this.active.slice(0, this.numActive);
    return {
      indices,
      traces: Float64Array.from(indices, (index) => this.traces[index]),
      expectedValue: this.expectedValue,
    };
  }

  setState(state: StateDict): void {
    const { indices, traces } = state;
    const fits = indices instanceof Int32Array && traces instanceof Float64Array && indices.length === traces.length;
    if (!fits || indices.length > this.active.length) {
      throw new CheckpointError(
        `eligibility traces: expected at most ${this.active.length} of them with their indices`,
      );
    }
    this.clear();
    this.active.set(indices);
    this.numActive = indices.length;
    indices.forEach((index, k) => (this.traces[index] = traces[k]));
    this.expectedValue = readNumber(state, 'expectedValue');
  }
}
