import { createRequire } from 'node:module';
import { vi } from 'vitest';
import type { Block, Kernels } from '../../src/device/kernels.ts';
import { loadNative } from '../../src/device/native-kernels.ts';
import { loadWasm, loadWasmRelaxed } from '../../src/device/wasm-kernels.ts';

/** Opcodes of kernels/program.h. */
export const op = {
  map: 1,
  reduce: 2,
  matmul: 3,
  copy: 4,
  fill: 5,
  gather: 6,
  scatterAdd: 7,
  cumulativeSum: 8,
  random: 9,
  im2col: 10,
  col2im: 11,
  sliceAt: 12,
  updateAt: 13,
  attention: 14,
  attentionGradient: 15,
} as const;

export const reduceKind = { sum: 0, max: 1, min: 2, argmax: 3, sumInt: 4, maxInt: 5, minInt: 6 } as const;

/** Numbers between -2 and 2 from a seed; the same on every machine. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x85ebca6b);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 30 - 2;
  };
}

/** The bits of a float, as an instruction's word. */
export function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0];
}

/** An instruction: its opcode, its length, its operands. */
export function instruction(opcode: number, ...operands: number[]): number[] {
  return [opcode, operands.length + 2, ...operands];
}

/** Buffers and hand-written programs on some kernels. */
export class Machine {
  readonly #kernels: Kernels;
  readonly #threads: number;
  readonly #blocks: Block[] = [];

  constructor(kernels: Kernels, threads = 1) {
    this.#kernels = kernels;
    this.#threads = threads;
  }

  /** A buffer that holds `values` after `padding` elements; returns its index in the table. */
  floats(values: ArrayLike<number>, padding = 0): number {
    const block = this.#kernels.allocate((values.length + padding) * 4);
    block.float32().set(values, padding);
    return this.#blocks.push(block) - 1;
  }

  integers(values: ArrayLike<number>): number {
    const block = this.#kernels.allocate(values.length * 4);
    block.int32().set(values);
    return this.#blocks.push(block) - 1;
  }

  /** A buffer of `count` elements, filled with a value no test expects. */
  output(count: number): number {
    return this.floats(new Float32Array(count).fill(-12345));
  }

  run(...instructions: number[][]): void {
    const kernels = this.#kernels;
    const words = instructions.flat();
    const code = kernels.allocate(words.length * 4);
    const table = kernels.allocate(this.#blocks.length * kernels.pointerBytes);
    code.int32().set(words);
    this.#blocks.forEach(({ address }, i) => {
      const entry = (i * kernels.pointerBytes) / 4;
      table.int32()[entry] = address % 2 ** 32;
      if (kernels.pointerBytes === 8) table.int32()[entry + 1] = Math.floor(address / 2 ** 32);
    });
    kernels.run(table, code, words.length, this.#threads);
    kernels.free(code);
    kernels.free(table);
  }

  readFloats(buffer: number): Float32Array {
    return this.#blocks[buffer].float32().slice();
  }

  readIntegers(buffer: number): Int32Array {
    return this.#blocks[buffer].int32().slice();
  }

  dispose(): void {
    for (const block of this.#blocks) this.#kernels.free(block);
  }
}

/** Calls `visit` with every index of `dims` in row-major order. */
export function forEachIndex(
  dims: readonly number[],
  visit: (index: readonly number[], position: number) => void,
): void {
  const count = dims.reduce((product, size) => product * size, 1);
  const index = dims.map(() => 0);
  for (let position = 0; position < count; position++) {
    visit(index, position);
    for (let d = dims.length - 1; d >= 0 && ++index[d] === dims[d]; d--) index[d] = 0;
  }
}

/** An input of a BODY. */
export interface BodyInput {
  readonly kind: 'contiguous' | 'scalar' | 'strided' | 'constant';
  readonly buffer: number;
  readonly offset: number;
  readonly strides?: readonly number[];
}

export interface Body {
  readonly dims: readonly number[];
  readonly inputs: readonly BodyInput[];
  /** Opcode, destination, a, b, c. */
  readonly operations: readonly (readonly number[])[];
  /** Register, buffer, offset, direct. */
  readonly outputs: readonly (readonly number[])[];
}

const inputKinds = ['contiguous', 'scalar', 'strided', 'constant'];

export function bodyWords({ dims, inputs, operations, outputs }: Body): number[] {
  const count = dims.reduce((product, size) => product * size, 1);
  return [
    ...[count, dims.length, inputs.length, operations.length, outputs.length],
    ...dims,
    ...inputs.flatMap(({ kind, buffer, offset, strides }) => [
      inputKinds.indexOf(kind),
      buffer,
      offset,
      ...(strides ?? dims.map(() => 0)),
    ]),
    ...operations.flat(),
    ...outputs.flat(),
  ];
}

/** The largest |actual - expected| / (1 + |expected|). */
export function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i])) continue;
    const error = Math.abs(actual[i] - expected[i]) / (1 + Math.abs(expected[i]));
    largest = Math.max(largest, Number.isNaN(error) ? Infinity : error);
  }
  return largest;
}

/** Kernels to be tested, and how. */
export interface Case {
  readonly label: string;
  readonly kernels: Kernels;
  readonly threads: number;
}

/** All kernels that load on this machine. */
export const cases: Case[] = [{ label: 'wasm', kernels: loadWasm(), threads: 1 }];
const relaxed = loadWasmRelaxed();
if (!('reason' in relaxed)) cases.push({ label: 'wasm-relaxed', kernels: relaxed, threads: 1 });
cases.push({ label: 'wasm, 3 threads', kernels: loadWasm(3), threads: 3 });
const native = loadNative();
if (!('reason' in native)) {
  cases.push({ label: `native ${native.instructionSet}`, kernels: native, threads: 1 });
  cases.push({ label: `native ${native.instructionSet}, 3 threads`, kernels: native, threads: 3 });
}

/** `count` numbers drawn from `next`. */
export function numbers(count: number, next: () => number): Float32Array {
  return Float32Array.from({ length: count }, next);
}

/** A whole number in [low, high]. */
export function between(next: () => number, low: number, high: number): number {
  return Math.min(high, low + Math.floor(((next() + 2) / 4) * (high - low + 1)));
}

/** How many elements a shape has. */
export function product(dims: readonly number[]): number {
  return dims.reduce((total, size) => total * size, 1);
}

/** The native kernels for a lesser instruction set than this machine's best; none where there is no such choice. */
export async function lesserCases(...sets: readonly string[]): Promise<Case[]> {
  const require = createRequire(import.meta.url);
  const lesser: Case[] = [];
  for (const set of sets) {
    process.env.GRADUS_INSTRUCTION_SET = set;
    // The addon looks at the environment when it is loaded.
    for (const path of Object.keys(require.cache))
      if (path.endsWith('.node')) Reflect.deleteProperty(require.cache, path);
    vi.resetModules();
    const { loadNative: loadAgain } = await import('../../src/device/native-kernels.ts');
    const kernels = loadAgain();
    if (!('reason' in kernels) && kernels.instructionSet === set) {
      lesser.push({ label: `native ${set}`, kernels, threads: 1 });
    }
  }
  Reflect.deleteProperty(process.env, 'GRADUS_INSTRUCTION_SET');
  return lesser;
}
