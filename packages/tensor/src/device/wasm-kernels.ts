import { memoryText } from '../memory.ts';
import { FreeList } from './free-list.ts';
import { kernelFailure } from './kernel-failure.ts';
import { programVersion, type Block, type Kernels } from './kernels.ts';
import type { Unavailable } from './native-kernels.ts';
import { fuseMultiplyAdds, whyNotFused } from './relax.ts';
import { wasmBinary } from './wasm-binary.ts';
import { canShareMemory, startWorker, withSharedMemory, type SharedMemory } from './wasm-threads.ts';

/** What the module exports (kernels/kernels.c). */
interface Exports {
  readonly memory: SharedMemory;
  readonly __stack_pointer: { value: number };
  readonly __heap_base: { readonly value: number };
  /** Of the programs that it reads; modules of earlier sources do not say. */
  version?(): number;
  /** Returns 0, or the opcode of the instruction that failed. */
  run(table: number, code: number, words: number, threads: number): number;
  /** For threads that may sleep: a page's main thread may not. */
  letCallerSleep(): void;
  /** How many workers take part by now. */
  workers(): number;
  /** Of the memory that a worker needs beside its stack. */
  scratchBytes(): number;
  /** Where the reason of the last failure is: opcode, index, limit. */
  failure(): number;
}

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports?: object) => { readonly exports: unknown };
};
declare const document: unknown;
declare function atob(base64: string): string;

const pageBytes = 65_536;
/** All that 32-bit addresses reach. */
const mostPages = 65_536;
/** As of native kernels. */
const mostThreads = 64;

class WasmBlock implements Block {
  readonly address: number;
  readonly bytes: number;
  readonly #memory: SharedMemory;
  #float32: Float32Array | undefined;
  #int32: Int32Array | undefined;

  constructor(memory: SharedMemory, address: number, bytes: number) {
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

export class WasmKernels implements Kernels {
  readonly name: 'wasm' | 'wasm-relaxed';
  readonly instructionSet: string;
  readonly pointerBytes = 4;
  readonly #exports: Exports;
  readonly #freeList: FreeList;
  #startWorkers: (() => void) | undefined;

  /** @param startWorkers called once, before the first program runs: the workers start while this thread goes on, and take part from then on */
  constructor(name: 'wasm' | 'wasm-relaxed', exports: Exports, startWorkers?: () => void) {
    const version = exports.version?.();
    if (version !== programVersion) {
      throw new Error(
        `${name} device: the WebAssembly module reads programs of version ${version ?? 'unknown'}, expected ${programVersion}; gradus-tensor-build makes it anew`,
      );
    }
    this.#startWorkers = startWorkers;
    this.name = name;
    this.instructionSet = name === 'wasm' ? 'simd128' : 'simd128, fused';
    this.#exports = exports;
    const heap = exports.__heap_base.value;
    this.#freeList = new FreeList(heap, exports.memory.buffer.byteLength - heap);
  }

  /** How many other threads take part by now: workers take a moment to start. */
  get workers(): number {
    return this.#exports.workers();
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

  run(table: Block, code: Block, words: number, threads: number): void {
    this.#startWorkers?.();
    this.#startWorkers = undefined;
    const failed = this.#exports.run(table.address, code.address, words, threads);
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

const loaded = new Map<string, WasmKernels>();

/**
 * The kernels as WebAssembly, which run everywhere. Memory grows on demand, up to 4 GB.
 * @param threads where more than 1, and memory can be shared here, the kernels have a memory of their own that this many threads work on
 */
export function loadWasm(threads = 1): WasmKernels {
  return load('wasm', threads);
}

/** The same with fused multiply-adds in matrix products, in a memory of their own; or the reason why there are none. */
export function loadWasmRelaxed(threads = 1): WasmKernels | Unavailable {
  const reason = whyNotFused();
  return reason === undefined ? load('wasm-relaxed', threads) : { reason };
}

function load(name: 'wasm' | 'wasm-relaxed', threads: number): WasmKernels {
  const key = `${name}/${canShareMemory() ? threads : 1}`;
  const known = loaded.get(key);
  if (known !== undefined) return known;
  const binary = Uint8Array.from(atob(wasmBinary), (character) => character.charCodeAt(0));
  if (name === 'wasm-relaxed') fuseMultiplyAdds(binary);
  const made = key.endsWith('/1') ? alone(name, binary) : together(name, binary, threads);
  loaded.set(key, made);
  return made;
}

function alone(name: 'wasm' | 'wasm-relaxed', binary: Uint8Array): WasmKernels {
  return new WasmKernels(name, new WebAssembly.Instance(new WebAssembly.Module(binary)).exports as Exports);
}

/** With workers on a memory that they share. */
function together(name: 'wasm' | 'wasm-relaxed', binary: Uint8Array, threads: number): WasmKernels {
  const { module: bytes, memory } = withSharedMemory(binary);
  const module = new WebAssembly.Module(bytes);
  const exports = new WebAssembly.Instance(module, { gradus: { memory } }).exports as Exports;
  if (typeof document === 'undefined') exports.letCallerSleep();
  const stackBytes = exports.__stack_pointer.value; // it begins at 0, and nothing is on it now
  const kernels: WasmKernels = new WasmKernels(name, { ...exports, memory }, () => {
    for (let worker = 1; worker < Math.min(threads, mostThreads); worker++) {
      const { address } = kernels.allocate(stackBytes + exports.scratchBytes());
      startWorker({ module, memory, stack: address + stackBytes, scratch: address + stackBytes });
    }
  });
  return kernels;
}
