import type { DType, TensorData } from '@gradus/tensor';
import type { Extent } from './row-graph.ts';
import { Message } from './message.ts';

/** The newest operator set that the operations here are written for, and the version of the format that came with it. */
const OPSET = 17;
const IR_VERSION = 8;

/** What the format calls element types. */
export const elementTypes = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;

/** Attributes of an operator: integers, lists of them, texts. */
export type OperatorAttributes = Readonly<Record<string, number | readonly number[] | string>>;

/** An ONNX model as it is written, operator by operator: each function names what it adds. */
export class Model {
  private readonly nodes: Message[] = [];
  private readonly initializers: Message[] = [];
  private readonly inputs: Message[] = [];
  private readonly outputs: Message[] = [];
  private readonly names = new Set<string>();
  /** How often a name was asked for. */
  private readonly counts = new Map<string, number>();
  /** Names of lists of integers and of scalars, each of which is there once. */
  private readonly known = new Map<string, string>();

  /** An input. */
  input(name: string, dtype: DType, shape: readonly Extent[]): string {
    this.names.add(name);
    this.inputs.push(valueInfo(name, dtype, shape));
    return name;
  }

  /** Names `value` as an output. */
  output(name: string, value: string, dtype: DType, shape: readonly Extent[]): void {
    this.names.add(name);
    this.outputs.push(valueInfo(name, dtype, shape));
    this.nodes.push(operator('Identity', [value], name, {}));
  }

  /** Keeps a name for an output that comes later. */
  reserve(name: string): void {
    this.names.add(name);
  }

  /** Numbers that are part of the model, whose name begins with `name`. */
  tensor(name: string, dtype: DType, shape: readonly number[], data: TensorData): string {
    const bytes = dtype === 'bool' ? Uint8Array.from(data, (x) => Number(x !== 0)) : littleEndian(data);
    return this.initializer(name, elementTypes[dtype], shape, bytes);
  }

  /** A list of int64: a shape, axes, places. */
  integers(values: readonly number[]): string {
    return this.once(`int64 ${values.join()}`, () => {
      const bytes = new DataView(new ArrayBuffer(8 * values.length));
      values.forEach((value, i) => {
        bytes.setBigInt64(8 * i, BigInt(value), true);
      });
      return this.initializer('integers', elementTypes.int64, [values.length], new Uint8Array(bytes.buffer));
    });
  }

  /** One number. */
  scalar(value: number, dtype: DType = 'float32'): string {
    const data = dtype === 'float32' ? Float32Array.of(value) : Int32Array.of(value);
    const key = `${dtype} ${Object.is(value, -0) ? '-0' : value}`;
    return this.once(key, () => this.tensor('number', dtype, [], data));
  }

  /** Applies an operator; what it makes. */
  apply(type: string, inputs: readonly string[], attributes: OperatorAttributes = {}): string {
    const output = this.unique(type.toLowerCase());
    this.nodes.push(operator(type, inputs, output, attributes));
    return output;
  }

  /** The file. */
  finish(): Uint8Array {
    const graph = new Message();
    for (const node of this.nodes) graph.bytes(1, node);
    graph.bytes(2, 'program');
    for (const initializer of this.initializers) graph.bytes(5, initializer);
    for (const input of this.inputs) graph.bytes(11, input);
    for (const output of this.outputs) graph.bytes(12, output);
    const opset = new Message().bytes(1, '').integer(2, OPSET);
    return new Message().integer(1, IR_VERSION).bytes(2, 'gradus').bytes(7, graph).bytes(8, opset).finish();
  }

  private once(key: string, make: () => string): string {
    const name = this.known.get(key) ?? make();
    this.known.set(key, name);
    return name;
  }

  private initializer(name: string, type: number, shape: readonly number[], bytes: Uint8Array): string {
    const message = new Message();
    for (const size of shape) message.integer(1, size);
    const unique = this.unique(name);
    this.initializers.push(message.integer(2, type).bytes(8, unique).bytes(9, bytes));
    return unique;
  }

  private unique(name: string): string {
    let count = this.counts.get(name) ?? 0;
    let candidate: string;
    do candidate = count++ === 0 ? name : `${name}_${count}`;
    while (this.names.has(candidate));
    this.counts.set(name, count);
    this.names.add(candidate);
    return candidate;
  }
}

function operator(type: string, inputs: readonly string[], output: string, attributes: OperatorAttributes): Message {
  const message = new Message();
  for (const input of inputs) message.bytes(1, input);
  message.bytes(2, output).bytes(3, output).bytes(4, type);
  for (const [name, value] of Object.entries(attributes)) message.bytes(5, attribute(name, value));
  return message;
}

/** Field 20 is the attribute's type, which readers insist on. */
function attribute(name: string, value: OperatorAttributes[string]): Message {
  const message = new Message().bytes(1, name);
  if (typeof value === 'number') return message.integer(3, value).integer(20, 2);
  if (typeof value === 'string') return message.bytes(4, value).integer(20, 3);
  for (const each of value) message.integer(8, each);
  return message.integer(20, 7);
}

function valueInfo(name: string, dtype: DType, shape: readonly Extent[]): Message {
  const dimensions = new Message();
  for (const size of shape) dimensions.bytes(1, dimension(size));
  const tensor = new Message().integer(1, elementTypes[dtype]).bytes(2, dimensions);
  return new Message().bytes(1, name).bytes(2, new Message().bytes(1, tensor));
}

function dimension(size: Extent): Message {
  if (typeof size === 'number') return new Message().integer(1, size);
  return new Message().bytes(2, size.rows === 1 ? 'batch' : `${size.rows} batch`);
}

function littleEndian(data: TensorData): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * data.length));
  data.forEach((value, i) => {
    if (data instanceof Float32Array) bytes.setFloat32(4 * i, value, true);
    else bytes.setInt32(4 * i, value, true);
  });
  return new Uint8Array(bytes.buffer);
}
