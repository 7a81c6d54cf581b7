/** A set of small numbers. */
export class BitSet {
  readonly #words: Uint32Array;

  constructor(capacity: number) {
    this.#words = new Uint32Array((capacity + 31) >>> 5);
  }

  has(value: number): boolean {
    return (this.#words[value >>> 5] & (1 << (value & 31))) !== 0;
  }

  add(value: number): void {
    this.#words[value >>> 5] |= 1 << (value & 31);
  }

  delete(value: number): void {
    this.#words[value >>> 5] &= ~(1 << (value & 31));
  }

  addAll(other: BitSet): void {
    const words = this.#words;
    for (let i = 0; i < words.length; i++) words[i] |= other.#words[i];
  }
}
