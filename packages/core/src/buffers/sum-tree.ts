import { valueText } from '@gradus/tensor';
/**
 * Priorities p₀ … pₙ₋₁ ≥ 0 that are changed one by one, and from which an index i is drawn with probability pᵢ / Σ p, both in O(log n)
 * (Schaul et al., 2016, appendix B.2.1). A complete binary tree in one array: node k has the children 2k and 2k + 1, leaf i is node
 * `leaves` + i, and every other node is the sum of its children. Sums are added anew on the way up, never corrected by a
 * difference, so that they depend on the priorities alone and rounding does not pile up.
 */
export class SumTree {
  /** n, the number of priorities. */
  readonly size: number;
  /** n rounded up to a power of 2. */
  private readonly leaves: number;
  private readonly nodes: Float64Array;

  /** All priorities are 0 at first. Throws `RangeError` unless `size` is a positive integer. */
  constructor(size: number) {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`size: expected a positive integer, got ${valueText(size)}`);
    }
    this.size = size;
    this.leaves = 2 ** Math.ceil(Math.log2(size));
    this.nodes = new Float64Array(2 * this.leaves);
  }

  /** Σ p. */
  get total(): number {
    return this.nodes[1];
  }

  /** p of `index`. Throws `RangeError` for an index that is not there. */
  get(index: number): number {
    this.checkIndex(index);
    return this.nodes[this.leaves + index];
  }

  /** Makes p of `index` `priority`. Throws `RangeError` for an index that is not there, or a priority that is negative or not finite. */
  set(index: number, priority: number): void {
    this.checkIndex(index);
    if (typeof priority !== 'number' || !(priority >= 0 && priority < Infinity)) {
      throw new RangeError(`priority of ${index}: expected a finite number of at least 0, got ${valueText(priority)}`);
    }
    const { nodes } = this;
    let node = this.leaves + index;
    nodes[node] = priority;
    for (node >>>= 1; node > 0; node >>>= 1) nodes[node] = nodes[2 * node] + nodes[2 * node + 1];
  }

  /**
   * The index i with Σ_{j<i} pⱼ ≤ mass < Σ_{j≤i} pⱼ, up to rounding: for `mass` uniform in [0, total) it is i with probability
   * pᵢ / total. Its priority is never 0. Throws `RangeError` unless 0 ≤ mass and total > 0.
   */
  find(mass: number): number {
    const { nodes, leaves } = this;
    if (typeof mass !== 'number' || !(mass >= 0 && nodes[1] > 0)) {
      throw new RangeError(`mass: expected a number in [0, total), got ${valueText(mass)} with a total of ${nodes[1]}`);
    }
    let node = 1;
    while (node < leaves) {
      node *= 2;
      const left = nodes[node];
      // Rounding may leave a mass that reaches the end of the sum, where to the right there may be nothing.
      if (mass >= left && nodes[node + 1] > 0) {
        mass -= left;
        node++;
      }
    }
    return node - leaves;
  }

  private checkIndex(index: number): void {
    if (Number.isInteger(index) && index >= 0 && index < this.size) return;
    throw new RangeError(`index: expected an integer in [0, ${this.size - 1}], got ${valueText(index)}`);
  }
}
