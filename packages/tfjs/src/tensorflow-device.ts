import type {
  Device,
  DType,
  Executable,
  Graph,
  OptionCheck,
  Storage,
  Tensor as Node,
  TensorData,
  Variable,
} from '@gradus/tensor';
import { checkArguments, oneOf, sizeOf } from '@gradus/tensor';
import * as tf from '@tensorflow/tfjs';
import { hostTensor, operations } from './operations.ts';

/** Backends of TensorFlow.js, the fastest first. `tensorflow` is the one of `@tensorflow/tfjs-node`. */
export const backends = ['tensorflow', 'webgpu', 'webgl', 'wasm', 'cpu'] as const;

/** Name of a backend of TensorFlow.js. */
export type BackendName = (typeof backends)[number];

/** A {@link BackendName}. */
export const isBackend: OptionCheck = oneOf(...backends);

/** Tensors that are held from run to run. In an object of its own, so that it can be freed after its holder. */
type Held = tf.Tensor[];

/** What the garbage collector finds dropped gives its tensors back too. */
const dropped = new FinalizationRegistry<Held>((held) => {
  tf.dispose(held);
});

/** Elements as the engine stores them: a bool is an int32. */
function download(tensor: tf.Tensor, into: TensorData): void {
  into.set(tensor.dataSync());
}

function hostArray(dtype: DType, size: number): TensorData {
  return dtype === 'float32' ? new Float32Array(size) : new Int32Array(size);
}

/** A variable as a tensor on the backend. */
class TensorflowStorage implements Storage {
  readonly #held: Held;
  readonly #dtype: DType;
  readonly #activate: () => void;

  constructor(dtype: DType, values: ArrayLike<number>, activate: () => void) {
    this.#dtype = dtype;
    this.#activate = activate;
    this.#held = [this.#upload(values)];
    dropped.register(this, this.#held, this);
  }

  get tensor(): tf.Tensor {
    return this.#held[0];
  }

  /** Takes over a tensor in place of the present one. */
  replace(tensor: tf.Tensor): void {
    this.tensor.dispose();
    this.#held[0] = tensor;
  }

  read(): TensorData {
    const data = hostArray(this.#dtype, this.tensor.size);
    download(this.tensor, data);
    return data;
  }

  write(values: ArrayLike<number>): void {
    this.replace(this.#upload(values));
  }

  dispose(): void {
    dropped.unregister(this);
    tf.dispose(this.#held);
  }

  #upload(values: ArrayLike<number>): tf.Tensor {
    this.#activate();
    return tf.keep(hostTensor(Array.from(values), { shape: [values.length], dtype: this.#dtype }));
  }
}

function storageOf(variable: Variable, device: TensorflowDevice): TensorflowStorage {
  const storage = variable.storageOn(device);
  if (storage instanceof TensorflowStorage) return storage;
  throw new Error(`variable '${variable.name}' is not stored as a tensor of TensorFlow.js`);
}

/** A graph that is run node by node. */
class TensorflowExecutable implements Executable {
  readonly #device: TensorflowDevice;
  readonly #graph: Graph;
  readonly #inputs: ReadonlyMap<string, TensorData>;
  readonly #outputs: ReadonlyMap<string, TensorData>;
  readonly #storages: ReadonlyMap<Node, TensorflowStorage>;
  /** Constants, by node. */
  readonly #constants = new Map<Node, tf.Tensor>();
  #disposed = false;

  constructor(device: TensorflowDevice, graph: Graph) {
    device.activate();
    const arrays = (nodes: ReadonlyMap<string, Node>): Map<string, TensorData> =>
      new Map([...nodes].map(([name, { dtype, shape }]) => [name, hostArray(dtype, sizeOf(shape))]));
    this.#device = device;
    this.#graph = graph;
    this.#inputs = arrays(graph.inputs);
    this.#outputs = arrays(graph.outputs);
    this.#storages = new Map([...graph.variables].map(([variable, node]) => [node, storageOf(variable, device)]));
    for (const node of graph.nodes) {
      if (!(node.op in operations) && node.op !== 'input' && node.op !== 'variable') {
        throw new Error(`device '${device.name}' has no operation '${node.op}'`);
      }
      if (node.op.startsWith('constant')) this.#constants.set(node, tf.keep(operations[node.op]([], node)));
    }
    dropped.register(this, [...this.#constants.values()], this);
  }

  input(name: string): TensorData {
    return this.#array(this.#inputs, name);
  }

  output(name: string): TensorData {
    return this.#array(this.#outputs, name);
  }

  run(): void {
    if (this.#disposed) throw new Error('this program was disposed');
    this.#device.activate();
    const { outputs, assignments, variables } = this.#graph;
    const assigned: [TensorflowStorage | undefined, tf.Tensor][] = [];
    tf.tidy(() => {
      const values = this.#evaluate();
      const valueOf = (node: Node): tf.Tensor => {
        const value = values.get(node);
        if (value === undefined) throw new Error(`tensor '${node.op}' is used before it is computed`);
        return value;
      };
      for (const [name, node] of outputs) download(valueOf(node), this.output(name));
      // All new values are known before the first variable changes, so that variables can trade places.
      for (const [variable, node] of assignments) {
        const initial = variables.get(variable);
        assigned.push([initial && this.#storages.get(initial), tf.keep(tf.clone(valueOf(node)))]);
      }
    });
    for (const [storage, value] of assigned) storage?.replace(value);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    dropped.unregister(this);
    tf.dispose([...this.#constants.values()]);
  }

  #array(arrays: ReadonlyMap<string, TensorData>, name: string): TensorData {
    const array = arrays.get(name);
    if (this.#disposed) throw new Error('this program was disposed');
    if (array === undefined) throw new Error(`the program has no '${name}'`);
    return array;
  }

  /** Values of all nodes. */
  #evaluate(): Map<Node, tf.Tensor> {
    const values = new Map<Node, tf.Tensor>(this.#constants);
    for (const [name, node] of this.#graph.inputs) values.set(node, hostTensor(this.input(name).slice(), node));
    for (const [node, { tensor }] of this.#storages) values.set(node, tf.reshape(tensor, [...node.shape]));
    for (const node of this.#graph.nodes) {
      if (values.has(node)) continue;
      // What else a view names, such as the inputs of a gradient rule, need not be computed.
      const inputs = node.inputs.flatMap((input) => values.get(input) ?? []);
      values.set(node, operations[node.op](inputs, node));
    }
    return values;
  }
}

/** Runs programs node by node on a backend of TensorFlow.js. Made by `tensorflow()`. */
export class TensorflowDevice implements Device {
  readonly name: string;
  /** Name of the backend: `tensorflow` (tfjs-node), `webgpu`, `webgl`, `wasm` or `cpu`. */
  readonly backend: BackendName;

  /** Throws `RangeError` for what is no name of a backend. */
  constructor(backend: BackendName) {
    checkArguments('TensorflowDevice', { backend }, { backend: isBackend });
    this.backend = backend;
    this.name = `tfjs-${backend}`;
  }

  /** Makes the backend the active one; TensorFlow.js has one at a time. */
  activate(): void {
    // Takes effect at once for a backend that is initialized, as this one is.
    if (tf.getBackend() !== this.backend) void tf.setBackend(this.backend);
  }

  store(dtype: DType, values: TensorData): Storage {
    return new TensorflowStorage(dtype, values, () => {
      this.activate();
    });
  }

  compile(graph: Graph): Executable {
    return new TensorflowExecutable(this, graph);
  }
}
