import { stepSizeValue, type StepSize } from './step-size.ts';

/** Values that move towards targets, each counting how often: v ← (1 − α) v + α target. */
export class ValueTable {
  readonly values: Float64Array;
  /** How often each of them was updated. */
  readonly updates: Uint32Array;
  private readonly alpha: StepSize;

  /** A table of `size` values, all `initialValue` at first. */
  constructor(size: number, initialValue: number, alpha: StepSize) {
    this.values = new Float64Array(size).fill(initialValue);
    this.updates = new Uint32Array(size);
    this.alpha = alpha;
  }

  /** Counts an update of the value at `index`, and gives its α; `progress` is the part of training that is done. */
  nextStepSize(index: number, progress: number): number {
    return stepSizeValue(this.alpha, ++this.updates[index], progress);
  }

  /** Moves the value at `index` towards `target`; the error, target − v, from before. */
  moveTowards(index: number, target: number, progress: number): number {
    const alpha = this.nextStepSize(index, progress);
    const before = this.values[index];
    // In this form α = 1 gives exactly the target.
    this.values[index] = (1 - alpha) * before + alpha * target;
    return target - before;
  }
}
