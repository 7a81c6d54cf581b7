import { lower, type Compiled, type Location } from '../compile/lower.ts';
import type { DType, TensorData } from '../dtype.ts';
import type { Tensor } from '../tensor.ts';
import { sizeOf } from '../shape.ts';
import type { Device, Executable, Graph } from './device.ts';
import type { Storage } from './storage.ts';
import type { Block, Kernels } from './kernels.ts';

/** The part of a block that holds a tensor. */
function viewOf(block: Block, dtype: DType, offset: number, size: number): TensorData {
  const data = dtype === 'float32' ? block.float32() : block.int32();
  return data.subarray(offset, offset + size);
}

/** A variable's memory. */
class EmbeddedStorage implements Storage {
  readonly block: Block;
  disposed = false;
  readonly #device: EmbeddedDevice;
  readonly #dtype: DType;
  readonly #size: number;

  constructor(device: EmbeddedDevice, dtype: DType, values: TensorData) {
    this.#device = device;
    this.#dtype = dtype;
    this.#size = values.length;
    this.block = device.kernels.allocate(values.length * 4);
    this.write(values);
    device.owners.register(this, [this.block], this);
  }

  read(): TensorData {
    return this.view().slice();
  }

  write(values: ArrayLike<number>): void {
    this.view().set(values);
  }

  dispose(): void {
    this.disposed = true;
    this.#device.disposals++;
    this.#device.owners.unregister(this);
    this.#device.kernels.free(this.block);
  }

  view(): TensorData {
    return viewOf(this.block, this.#dtype, 0, this.#size);
  }
}

/** A variable on this device has memory that this device made. */
function embedded(storage: Storage): EmbeddedStorage {
  if (storage instanceof EmbeddedStorage) return storage;
  throw new TypeError('expected memory of an embedded device');
}

/** A compiled program with its memory. */
class EmbeddedExecutable implements Executable {
  readonly #device: EmbeddedDevice;
  readonly #graph: Graph;
  readonly #compiled: Compiled;
  readonly #storages: readonly EmbeddedStorage[];
  readonly #arena: Block;
  readonly #table: Block;
  readonly #code: Block;
  #disposed = false;
  /** The device's count of disposals when all variables were last known to be alive. */
  #checkedAt: number;

  constructor(device: EmbeddedDevice, graph: Graph) {
    const { kernels } = device;
    const compiled = lower(graph);
    this.#device = device;
    this.#graph = graph;
    this.#compiled = compiled;
    this.#storages = compiled.variables.map((variable) => embedded(variable.storageOn(device)));
    this.#checkedAt = device.disposals;
    this.#arena = kernels.allocate(Math.max(64, compiled.arenaBytes));
    this.#table = kernels.allocate((compiled.variables.length + 1) * kernels.pointerBytes);
    this.#code = kernels.allocate(Math.max(64, compiled.code.length * 4));
    device.owners.register(this, [this.#arena, this.#table, this.#code], this);
    this.#writeTable();
    this.#code.int32().set(compiled.code);
    for (const [{ offset }, data] of compiled.constants) {
      const arena = data instanceof Float32Array ? this.#arena.float32() : this.#arena.int32();
      arena.set(data, offset);
    }
  }

  input(name: string): TensorData {
    return this.#data(this.#graph.inputs.get(name), this.#compiled.inputs.get(name));
  }

  output(name: string): TensorData {
    return this.#data(this.#graph.outputs.get(name), this.#compiled.outputs.get(name));
  }

  run(): void {
    this.#checkAlive();
    const { kernels, threads } = this.#device;
    kernels.run(this.#table, this.#code, this.#compiled.code.length, threads);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#device.owners.unregister(this);
    for (const block of [this.#arena, this.#table, this.#code]) this.#device.kernels.free(block);
  }

  #writeTable(): void {
    const addresses = [this.#arena.address, ...this.#storages.map(({ block }) => block.address)];
    const table = this.#table.int32();
    addresses.forEach((address, i) => {
      if (this.#device.kernels.pointerBytes === 4) table[i] = address;
      else {
        table[2 * i] = address % 2 ** 32;
        table[2 * i + 1] = Math.floor(address / 2 ** 32);
      }
    });
  }

  #checkAlive(): void {
    if (this.#disposed) throw new Error('this program was disposed');
    if (this.#checkedAt === this.#device.disposals) return;
    const gone = this.#storages.findIndex((storage) => storage.disposed);
    if (gone !== -1)
      throw new Error(`this program uses variable '${this.#compiled.variables[gone].name}', which was disposed`);
    this.#checkedAt = this.#device.disposals;
  }

  #data(node: Tensor | undefined, location: Location | undefined): TensorData {
    this.#checkAlive();
    if (node === undefined || location === undefined)
      throw new Error('the program has no input or output of that name');
    return viewOf(this.#arena, node.dtype, location.offset, sizeOf(node.shape));
  }
}

/** The device that runs programs on the embedded kernels, compiled to WebAssembly or to a native addon. */
export class EmbeddedDevice implements Device {
  readonly name: Kernels['name'];
  readonly kernels: Kernels;
  /** Threads that one operation may use. Results do not depend on it. */
  readonly threads: number;
  /** Gives back the memory of programs and variables that were dropped without being disposed. */
  readonly owners: FinalizationRegistry<readonly Block[]>;
  /** How often a variable was disposed. */
  disposals = 0;

  constructor(kernels: Kernels, threads = 1) {
    this.name = kernels.name;
    this.kernels = kernels;
    this.threads = threads;
    this.owners = new FinalizationRegistry((blocks) => {
      for (const block of blocks) kernels.free(block);
    });
  }

  /** What the kernels were compiled for, such as `avx512`. */
  get instructionSet(): string {
    return this.kernels.instructionSet;
  }

  store(dtype: DType, values: TensorData): Storage {
    return new EmbeddedStorage(this, dtype, values);
  }

  compile(graph: Graph): Executable {
    return new EmbeddedExecutable(this, graph);
  }
}
