/** As many sets of small numbers, one for each row. */
export class BitMatrix {
  readonly #stride: number;
  readonly #words: Uint32Array;

  constructor(size: number) {
    this.#stride = (size + 31) >>> 5;
    this.#words = new Uint32Array(size * this.#stride);
  }

  has(row: number, value: number): boolean {
    return (this.#words[row * this.#stride + (value >>> 5)] & (1 << (value & 31))) !== 0;
  }

  add(row: number, value: number): void {
    this.#words[row * this.#stride + (value >>> 5)] |= 1 << (value & 31);
  }

  delete(row: number, value: number): void {
    this.#words[row * this.#stride + (value >>> 5)] &= ~(1 << (value & 31));
  }

  /** Adds all that another row has. */
  addRow(row: number, other: number): void {
    const stride = this.#stride;
    const words = this.#words;
    for (let to = row * stride, from = other * stride, end = to + stride; to < end; to++, from++)
      words[to] |= words[from];
  }

  /** What a row has and another has not, in ascending order. */
  difference(row: number, other: number): number[] {
    const values: number[] = [];
    for (let word = 0; word < this.#stride; word++) {
      let bits = this.#words[row * this.#stride + word] & ~this.#words[other * this.#stride + word];
      for (; bits !== 0; bits &= bits - 1) values.push(word * 32 + 31 - Math.clz32(bits & -bits));
    }
    return values;
  }
}
