/** PROGRAM_VERSION of kernels/program.h: kernels that were built from other sources would misread programs. */
export const programVersion = 4;

/** A piece of memory that kernels can reach: 64-byte aligned, zero at first. */
export interface Block {
  /** Where it starts: a byte offset into wasm memory, or a native address. */
  readonly address: number;
  readonly bytes: number;
  /** Views of the block. They may go stale when the device allocates more memory; ask again rather than keep them. */
  float32(): Float32Array;
  int32(): Int32Array;
}

/** The compiled kernels, as WebAssembly (with multiply-adds fused or not) and as a native addon, behind the same face. */
export interface Kernels {
  readonly name: 'native' | 'wasm-relaxed' | 'wasm';
  /** What they were compiled for: `simd128`, `simd128, fused`, `avx512`, `avx2`, `neon`, `generic`. */
  readonly instructionSet: string;
  /** Bytes of one entry in a program's buffer table. */
  readonly pointerBytes: 4 | 8;
  /** @throws RangeError when memory is exhausted, naming the bytes asked for. */
  allocate(bytes: number): Block;
  /** Gives a block back; using it afterwards is an error of the caller. */
  free(block: Block): void;
  /**
   * Runs a program: `table` holds the buffers' addresses (`pointerBytes` each), `code` its words.
   * @throws RangeError when an index read by an instruction is out of range, naming the instruction, index and limit.
   */
  run(table: Block, code: Block, words: number, threads: number): void;
}
