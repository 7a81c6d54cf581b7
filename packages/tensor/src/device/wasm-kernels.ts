import { memoryText } from '../memory.ts';
import { FreeList } from './free-list.ts';
import { kernelFailure } from './kernel-failure.ts';
import type { Block, Kernels } from './kernels.ts';
import type { Unavailable } from './native-kernels.ts';
import { fuseMultiplyAdds, whyNotFused } from './relax.ts';
import { wasmBinary } from './wasm-binary.ts';

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** What the module exports (kernels/kernels.c). */
interface Exports {
  readonly memory: Memory;
  readonly __heap_base: { readonly value: number };
  /** Returns 0, or the opcode of the instruction that failed. */
  run(table: number, code: number, words: number): number;
  /** Where the reason of the last failure is: opcode, index, limit. */
  failure(): number;
}

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};
declare function atob(base64: string): string;

const pageBytes = 65_536;
/** All that 32-bit addresses reach. */
const mostPages = 65_536;

class WasmBlock implements Block {
  readonly address: number;
  readonly bytes: number;
  readonly #memory: Memory;
  #float32: Float32Array | undefined;
  #int32: Int32Array | undefined;

  constructor(memory: Memory, address: number, bytes: number) {
    this.address = address;
    this.bytes = bytes;
    this.#memory = memory;
  }

  float32(): Float32Array {
    const { buffer } = this.#memory;
    if (this.#float32?.buffer !== buffer) {
      this.#float32 = new Float32Array(buffer, this.address, Math.floor(this.bytes / 4));
    }
    return this.#float32;
  }

  int32(): Int32Array {
    const { buffer } = this.#memory;
    if (this.#int32?.buffer !== buffer) {
      this.#int32 = new Int32Array(buffer, this.address, Math.floor(this.bytes / 4));
    }
    return this.#int32;
  }
}

class WasmKernels implements Kernels {
  readonly name: 'wasm' | 'wasm-relaxed';
  readonly instructionSet: string;
  readonly pointerBytes = 4;
  readonly #exports: Exports;
  readonly #freeList: FreeList;

  constructor(name: 'wasm' | 'wasm-relaxed', exports: Exports) {
    this.name = name;
    this.instructionSet = name === 'wasm' ? 'simd128' : 'simd128, fused';
    this.#exports = exports;
    const heap = exports.__heap_base.value;
    this.#freeList = new FreeList(heap, exports.memory.buffer.byteLength - heap);
  }

  allocate(bytes: number): Block {
    const { memory } = this.#exports;
    let region = this.#freeList.take(bytes);
    if (region === undefined) {
      this.#grow(bytes);
      region = this.#freeList.take(bytes);
    }
    if (region === undefined) {
      throw new RangeError(`${this.name} device: not enough memory for ${memoryText(bytes)}; it can have 4 GB in all`);
    }
    new Uint8Array(memory.buffer, region.address, region.used).fill(0);
    return new WasmBlock(memory, region.address, bytes);
  }

  free(block: Block): void {
    this.#freeList.give(block.address, block.bytes);
  }

  run(table: Block, code: Block, words: number): void {
    const failed = this.#exports.run(table.address, code.address, words);
    if (failed === 0) return;
    const [, index, limit] = new Int32Array(this.#exports.memory.buffer, this.#exports.failure(), 3);
    throw kernelFailure(failed, index, limit);
  }

  /** Makes room for `bytes` at the end of memory; at least an eighth more, since growing makes all views stale. */
  #grow(bytes: number): void {
    const { memory } = this.#exports;
    const before = memory.buffer.byteLength;
    const pages = before / pageBytes;
    const needed = Math.ceil((bytes + FreeList.alignment) / pageBytes);
    const room = mostPages - pages;
    if (needed > room) return;
    for (const growth of [Math.min(room, Math.max(needed, Math.ceil(pages / 8))), needed]) {
      try {
        memory.grow(growth);
      } catch {
        continue; // The system has less than we asked for.
      }
      this.#freeList.extend(before, growth * pageBytes);
      return;
    }
  }
}

let loaded: Kernels | undefined;

/** The kernels as WebAssembly, which run everywhere. Memory grows on demand, up to 4 GB. */
export function loadWasm(): Kernels {
  loaded ??= new WasmKernels('wasm', instantiate(decode()));
  return loaded;
}

let loadedRelaxed: Kernels | Unavailable | undefined;

/** The same with fused multiply-adds in matrix products, in a memory of their own; or the reason why there are none. */
export function loadWasmRelaxed(): Kernels | Unavailable {
  loadedRelaxed ??= relax();
  return loadedRelaxed;
}

function relax(): Kernels | Unavailable {
  const reason = whyNotFused();
  if (reason !== undefined) return { reason };
  const binary = decode();
  fuseMultiplyAdds(binary);
  return new WasmKernels('wasm-relaxed', instantiate(binary));
}

function decode(): Uint8Array {
  return Uint8Array.from(atob(wasmBinary), (character) => character.charCodeAt(0));
}

function instantiate(binary: Uint8Array): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(binary)).exports as Exports;
}
