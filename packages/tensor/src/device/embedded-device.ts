import type { Compiled, Location } from '../compile/lower.ts';
import { lower } from '../compile/lower.ts';
import type { DType, TensorData } from '../tensor.ts';
import { sizeOf } from '../tensor.ts';
import type { Device, Executable, Graph, Storage } from './device.ts';
import type { Block, Kernels } from './kernels.ts';

class EmbeddedStorage implements Storage {
  readonly block: Block;
  readonly #kernels: Kernels;
  readonly #dtype: DType;
  readonly #size: number;

  constructor(kernels: Kernels, dtype: DType, values: TensorData) {
    this.#kernels = kernels;
    this.#dtype = dtype;
    this.#size = values.length;
    this.block = kernels.allocate(values.length * 4);
    this.write(values);
  }

  view(): TensorData {
    return viewOf(this.block, this.#dtype, 0, this.#size);
  }

  read(): TensorData {
    return this.view().slice();
  }

  write(values: ArrayLike<number>): void {
    this.view().set(values);
  }

  dispose(): void {
    this.#kernels.free(this.block);
  }
}

function viewOf(block: Block, dtype: DType, offset: number, size: number): TensorData {
  const data = dtype === 'float32' ? block.float32() : block.int32();
  return data.subarray(offset, offset + size);
}

/** A compiled program with its memory. */
class EmbeddedExecutable implements Executable {
  readonly #device: EmbeddedDevice;
  readonly #graph: Graph;
  readonly #compiled: Compiled;
  readonly #blocks: { readonly arena: Block; readonly table: Block; readonly code: Block };
  readonly #storages: readonly EmbeddedStorage[];
  #disposed = false;

  constructor(device: EmbeddedDevice, graph: Graph) {
    const { kernels } = device;
    const compiled = lower(graph);
    this.#device = device;
    this.#graph = graph;
    this.#compiled = compiled;
    this.#storages = compiled.variables.map((variable) => variable.storageOn(device) as EmbeddedStorage);
    this.#blocks = {
      arena: kernels.allocate(Math.max(64, compiled.arenaBytes)),
      table: kernels.allocate((compiled.variables.length + 1) * kernels.pointerBytes),
      code: kernels.allocate(Math.max(4, compiled.code.length * 4)),
    };
    const addresses = [this.#blocks.arena, ...this.#storages.map(({ block }) => block)].map(({ address }) => address);
    const table = this.#blocks.table.int32();
    addresses.forEach((address, i) => {
      if (kernels.pointerBytes === 4) table[i] = address;
      else {
        table[2 * i] = address % 2 ** 32;
        table[2 * i + 1] = Math.floor(address / 2 ** 32);
      }
    });
    this.#blocks.code.int32().set(compiled.code);
    for (const [{ offset }, data] of compiled.constants) {
      const arena = data instanceof Float32Array ? this.#blocks.arena.float32() : this.#blocks.arena.int32();
      arena.set(data, offset);
    }
  }

  input(name: string): TensorData {
    return this.#data(name, this.#graph.inputs.get(name)?.dtype, this.#compiled.inputs.get(name));
  }

  output(name: string): TensorData {
    return this.#data(name, this.#graph.outputs.get(name)?.dtype, this.#compiled.outputs.get(name));
  }

  run(): void {
    if (this.#disposed) throw new Error('this program was disposed');
    const { kernels, threads } = this.#device;
    kernels.run(this.#blocks.table, this.#blocks.code, this.#compiled.code.length, threads);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const block of Object.values(this.#blocks)) this.#device.kernels.free(block);
  }

  #data(name: string, dtype: DType | undefined, location: Location | undefined): TensorData {
    if (this.#disposed) throw new Error('this program was disposed');
    if (dtype === undefined || location === undefined) throw new Error(`the program has no '${name}'`);
    const node = this.#graph.inputs.get(name) ?? this.#graph.outputs.get(name);
    return viewOf(this.#blocks.arena, dtype, location.offset, node === undefined ? 0 : sizeOf(node.shape));
  }
}

/** The device that runs programs on the embedded kernels, compiled to WebAssembly or to a native addon. */
export class EmbeddedDevice implements Device {
  readonly name: 'wasm' | 'native';
  readonly kernels: Kernels;
  /** Threads that one operation may use. Results do not depend on it. */
  readonly threads: number;

  constructor(kernels: Kernels, threads = 1) {
    this.name = kernels.name;
    this.kernels = kernels;
    this.threads = threads;
  }

  /** What the kernels were compiled for, such as `avx512`. */
  get instructionSet(): string {
    return this.kernels.instructionSet;
  }

  /** Goes up when views of memory obtained earlier have become stale. */
  get generation(): number {
    return this.kernels.generation;
  }

  store(dtype: DType, values: TensorData): Storage {
    return new EmbeddedStorage(this.kernels, dtype, values);
  }

  compile(graph: Graph): Executable {
    return new EmbeddedExecutable(this, graph);
  }
}
