import { valueText } from '@gradus/tensor';

const NONE = -1;

/**
 * Where a node keeps what: of one row, then of its subtree. Side by side, so that a node is one line of the processor's cache.
 */
const REWARD = 0;
/** The children, `NONE` where there is none. */
const LEFT = 1;
const RIGHT = 2;
/** Rows of the subtree; 0 where a row is not in the tree. */
const COUNT = 3;
/** Smallest and largest reward of the subtree. */
const LOWEST = 4;
const HIGHEST = 5;
/** Σ e^((lowest − rᵢ)/β) and Σ e^((rᵢ − highest)/β) over the subtree. */
const BELOW_SUM = 6;
const ABOVE_SUM = 7;
const FIELDS = 8;

/** A part of the tree that lies on one side of a center, and the logarithm of Σ e^(|rᵢ − center|/β) over it. */
interface Piece {
  readonly node: number;
  /** The row alone, or its subtree. */
  readonly isSingle: boolean;
  readonly isAbove: boolean;
  readonly log: number;
}

/**
 * The rewards of a replay buffer's rows in order, of which one is replaced, counted or drawn in O(log n): a treap (Seidel and Aragon, 1996) whose
 * nodes are the rows. Each has its place in the heap by a hash of the row, so that the tree depends on the rewards alone and not on the
 * order in which they came.
 *
 * Each subtree knows Σ e^(rᵢ/β) and Σ e^(−rᵢ/β), in parts of the largest term, so that nothing overflows however far rewards are apart; from them
 * {@link drawByDistance} draws with probability ∝ e^(|rᵢ − center|/β), for any center.
 */
export class RewardTree {
  private readonly capacity: number;
  private readonly beta: number;
  private readonly nodes: Float64Array;
  private root = NONE;

  /** `capacity`: rows from 0 on, none of them in the tree at first. `beta`: β > 0 of {@link drawByDistance}. */
  constructor(capacity: number, beta = 1) {
    this.capacity = capacity;
    this.beta = beta;
    this.nodes = new Float64Array(capacity * FIELDS);
  }

  /** Rows in the tree. */
  get size(): number {
    return this.countOf(this.root);
  }

  /** The reward of a row; `undefined` where it is not in the tree. */
  get(row: number): number | undefined {
    return this.countOf(row) > 0 ? this.field(row, REWARD) : undefined;
  }

  /** Makes the reward of `row` `reward`, whether it had one or not. Throws `RangeError` for one that is not finite. */
  set(row: number, reward: number): void {
    if (!Number.isFinite(reward)) throw new RangeError(`reward: expected a finite number, got ${valueText(reward)}`);
    if (this.countOf(row) > 0) this.root = this.without(this.root, row);
    this.begin(row, reward);
    this.root = this.with(this.root, row);
  }

  /** Makes the tree that of `rewards`, one for each row from 0 on: the same as if they had been set one by one, in less time. */
  fill(rewards: Float32Array): void {
    for (let row = 0; row < this.capacity; row++) this.put(row, COUNT, 0);
    // The nodes on the way from the root to the last row so far; of those, a row that stands higher has all lower ones to its left.
    const spine: number[] = [];
    const finish = (): number => {
      const node = spine.pop() ?? NONE;
      this.update(node);
      return node;
    };
    for (const row of sortedRows(rewards)) {
      this.begin(row, rewards[row]);
      while (spine.length > 0 && isHigher(row, spine[spine.length - 1])) this.put(row, LEFT, finish());
      if (spine.length > 0) this.put(spine[spine.length - 1], RIGHT, row);
      spine.push(row);
    }
    this.root = NONE;
    while (spine.length > 0) this.root = finish();
  }

  /** How many rewards are less than `threshold`. */
  countBelow(threshold: number): number {
    let count = 0;
    for (let node = this.root; node !== NONE;) {
      const isBelow = this.field(node, REWARD) < threshold;
      if (isBelow) count += this.countOf(this.field(node, LEFT)) + 1;
      node = this.field(node, isBelow ? RIGHT : LEFT);
    }
    return count;
  }

  /** The row whose reward is the `rank`-th smallest, counted from 0. Throws `RangeError` for a rank outside [0, size). */
  select(rank: number): number {
    if (!(Number.isInteger(rank) && rank >= 0 && rank < this.size)) {
      throw new RangeError(`rank: expected an integer in [0, ${this.size}), got ${valueText(rank)}`);
    }
    for (let node = this.root; ;) {
      const left = this.field(node, LEFT);
      const before = this.countOf(left);
      if (rank === before) return node;
      if (rank < before) node = left;
      else {
        rank -= before + 1;
        node = this.field(node, RIGHT);
      }
    }
  }

  /**
   * Draws `rows.length` rows with replacement, row i with probability e^(|rᵢ − center|/β) / Σⱼ e^(|rⱼ − center|/β). `nextFloat`: uniform numbers in [0, 1),
   * one for each row. Throws `RangeError` where there is no reward.
   */
  drawByDistance(rows: Uint32Array, center: number, nextFloat: () => number): void {
    const pieces = this.piecesAround(center);
    if (pieces.length === 0) throw new RangeError('drawByDistance: expected at least one reward, got none');
    const largest = pieces.reduce((most, { log }) => Math.max(most, log), -Infinity);
    const masses = pieces.map(({ log }) => Math.exp(log - largest));
    const total = masses.reduce((sum, mass) => sum + mass, 0);
    for (let k = 0; k < rows.length; k++) {
      let mass = nextFloat() * total;
      let chosen = 0;
      while (chosen < pieces.length - 1 && mass >= masses[chosen]) mass -= masses[chosen++];
      const { node, isSingle, isAbove } = pieces[chosen];
      rows[k] = isSingle ? node : this.drawWithin(node, isAbove, Math.min(mass / masses[chosen], 1));
    }
  }

  /** The way from the root to `center` cuts the tree into single rows and subtrees that lie on one side of it, those of most mass first. */
  private piecesAround(center: number): Piece[] {
    const pieces: Piece[] = [];
    for (let node = this.root; node !== NONE;) {
      const reward = this.field(node, REWARD);
      const isAbove = reward >= center;
      pieces.push({ node, isSingle: true, isAbove, log: Math.abs(reward - center) / this.beta });
      const outer = this.field(node, isAbove ? RIGHT : LEFT);
      if (outer !== NONE) {
        const distance = isAbove ? this.field(outer, HIGHEST) - center : center - this.field(outer, LOWEST);
        const sum = this.field(outer, isAbove ? ABOVE_SUM : BELOW_SUM);
        pieces.push({ node: outer, isSingle: false, isAbove, log: distance / this.beta + Math.log(sum) });
      }
      node = this.field(node, isAbove ? LEFT : RIGHT);
    }
    return pieces.sort((a, b) => b.log - a.log);
  }

  /** A row of a subtree, with probability ∝ e^(rᵢ/β) if `isAbove`, else e^(−rᵢ/β); `part` in [0, 1] says which. */
  private drawWithin(node: number, isAbove: boolean, part: number): number {
    for (;;) {
      const outer = this.field(node, isAbove ? RIGHT : LEFT);
      const inner = this.field(node, isAbove ? LEFT : RIGHT);
      let mass = part * this.field(node, isAbove ? ABOVE_SUM : BELOW_SUM);
      const outerMass = this.massOf(outer, node, isAbove);
      if (mass < outerMass) {
        [node, part] = [outer, mass / outerMass];
        continue;
      }
      mass -= outerMass;
      const own = this.termOf(this.field(node, REWARD), node, isAbove);
      if (mass < own || inner === NONE) return node;
      const innerMass = this.massOf(inner, node, isAbove);
      if (innerMass === 0) return node;
      [node, part] = [inner, Math.min((mass - own) / innerMass, 1)];
    }
  }

  /** e^(±r/β) in parts of the largest term of `node`'s subtree. */
  private termOf(reward: number, node: number, isAbove: boolean): number {
    const distance = isAbove ? reward - this.field(node, HIGHEST) : this.field(node, LOWEST) - reward;
    return distance === 0 ? 1 : Math.exp(distance / this.beta);
  }

  /** Σ e^(±rᵢ/β) of a child's subtree, in parts of the largest term of `node`'s. */
  private massOf(child: number, node: number, isAbove: boolean): number {
    if (child === NONE) return 0;
    const extreme = this.field(child, isAbove ? HIGHEST : LOWEST);
    return this.termOf(extreme, node, isAbove) * this.field(child, isAbove ? ABOVE_SUM : BELOW_SUM);
  }

  private field(node: number, name: number): number {
    return this.nodes[node * FIELDS + name];
  }

  private put(node: number, name: number, value: number): void {
    this.nodes[node * FIELDS + name] = value;
  }

  private countOf(node: number): number {
    return node === NONE ? 0 : this.field(node, COUNT);
  }

  /** Makes `row` a tree of its own. */
  private begin(row: number, reward: number): void {
    this.put(row, REWARD, reward);
    this.put(row, LEFT, NONE);
    this.put(row, RIGHT, NONE);
    this.update(row);
  }

  /** Works out anew what a node knows of its subtree. */
  private update(node: number): void {
    const reward = this.field(node, REWARD);
    const left = this.field(node, LEFT);
    const right = this.field(node, RIGHT);
    this.put(node, COUNT, this.countOf(left) + 1 + this.countOf(right));
    this.put(node, LOWEST, left === NONE ? reward : this.field(left, LOWEST));
    this.put(node, HIGHEST, right === NONE ? reward : this.field(right, HIGHEST));
    for (const isAbove of [false, true]) {
      const others = this.massOf(left, node, isAbove) + this.massOf(right, node, isAbove);
      this.put(node, isAbove ? ABOVE_SUM : BELOW_SUM, this.termOf(reward, node, isAbove) + others);
    }
  }

  /** Whether row `a` comes before row `b`; equal rewards are in the order of their rows. */
  private isBefore(a: number, b: number): boolean {
    const [rewardA, rewardB] = [this.field(a, REWARD), this.field(b, REWARD)];
    return rewardA < rewardB || (rewardA === rewardB && a < b);
  }

  /** The subtree `node` with `row` put into it. */
  private with(node: number, row: number): number {
    if (node === NONE) return row;
    if (isHigher(row, node)) {
      const [before, after] = this.split(node, row);
      this.put(row, LEFT, before);
      this.put(row, RIGHT, after);
      this.update(row);
      return row;
    }
    const side = this.isBefore(row, node) ? LEFT : RIGHT;
    this.put(node, side, this.with(this.field(node, side), row));
    this.update(node);
    return node;
  }

  /** The subtree `node` with `row` taken out of it. */
  private without(node: number, row: number): number {
    if (node === row) return this.joined(this.field(row, LEFT), this.field(row, RIGHT));
    const side = this.isBefore(row, node) ? LEFT : RIGHT;
    this.put(node, side, this.without(this.field(node, side), row));
    this.update(node);
    return node;
  }

  /** What of the subtree `node` comes before `row`, and what after. */
  private split(node: number, row: number): [before: number, after: number] {
    if (node === NONE) return [NONE, NONE];
    const isBefore = this.isBefore(node, row);
    const side = isBefore ? RIGHT : LEFT;
    const [before, after] = this.split(this.field(node, side), row);
    this.put(node, side, isBefore ? before : after);
    this.update(node);
    return isBefore ? [node, after] : [before, node];
  }

  /** One subtree of two of which all of the first comes before all of the second. */
  private joined(first: number, second: number): number {
    if (first === NONE) return second;
    if (second === NONE) return first;
    const isFirst = isHigher(first, second);
    if (isFirst) this.put(first, RIGHT, this.joined(this.field(first, RIGHT), second));
    else this.put(second, LEFT, this.joined(first, this.field(second, LEFT)));
    const top = isFirst ? first : second;
    this.update(top);
    return top;
  }
}

/**
 * Rows in the order of their rewards, equal ones in that of their numbers. By counting, first the lower and then the upper 16 bits of a float32: its bits
 * are in the order of its values once those of negative numbers are turned round.
 */
function sortedRows(rewards: Float32Array): Uint32Array {
  // Adding 0 makes −0 the same as 0.
  const keys = new Uint32Array(Float32Array.from(rewards, (reward) => reward + 0).buffer);
  keys.forEach((bits, row) => (keys[row] = bits >>> 31 === 1 ? ~bits : bits | 0x80000000));
  let rows = Uint32Array.from(rewards, (_, row) => row);
  for (const shift of [0, 16]) {
    const ends = new Uint32Array(2 ** 16);
    for (const row of rows) ends[(keys[row] >>> shift) & 0xffff]++;
    for (let digit = 1; digit < ends.length; digit++) ends[digit] += ends[digit - 1];
    const sorted = new Uint32Array(rows.length);
    for (const row of rows.toReversed()) sorted[--ends[(keys[row] >>> shift) & 0xffff]] = row;
    rows = sorted;
  }
  return rows;
}

/** Whether row `a` is nearer to the root than row `b`: a hash decides, as if by chance. */
function isHigher(a: number, b: number): boolean {
  return hash(a) > hash(b);
}

/** The finalizer of MurmurHash3 (Appleby, 2011): a permutation of the 32-bit numbers that shows no pattern. */
function hash(row: number): number {
  let bits = row + 1;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
