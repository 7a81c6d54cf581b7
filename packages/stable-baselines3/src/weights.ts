import { ImportError } from './errors.ts';
import type { Tensor } from './torch-file.ts';

/** A linear layer: weight [inputs × outputs], bias [outputs]. */
export interface Linear {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

/** Weights by PyTorch's names, in the layouts that Gradus has. */
export class Weights {
  private readonly tensors: ReadonlyMap<string, Tensor>;
  private readonly subject: string;

  constructor(tensors: ReadonlyMap<string, Tensor>, subject: string) {
    this.tensors = tensors;
    this.subject = subject;
  }

  /** Whether there is one whose name begins so. */
  has(prefix: string): boolean {
    return [...this.tensors.keys()].some((name) => name.startsWith(prefix));
  }

  /** Throws {@link ImportError} where there is none of this name, or not with so many axes. */
  tensor(name: string, axes?: number): Tensor {
    const tensor = this.tensors.get(name);
    if (tensor === undefined) throw new ImportError(`${this.subject}: expected weights '${name}', which are missing`);
    if (axes !== undefined && tensor.shape.length !== axes) {
      throw new ImportError(`${this.subject}: expected ${axes} axes in '${name}', got [${tensor.shape.join(', ')}]`);
    }
    return tensor;
  }

  /** PyTorch's weight is [outputs × inputs]. Where there is no bias, it is 0. */
  linear(prefix: string): Linear {
    const weight = transpose(this.tensor(`${prefix}.weight`, 2));
    const name = `${prefix}.bias`;
    const bias = this.has(name) ? this.tensor(name, 1) : zeros([weight.shape[1]]);
    if (bias.data.length === weight.shape[1]) return { weight, bias };
    throw new ImportError(`${this.subject}: expected ${weight.shape[1]} numbers in '${name}', got ${bias.data.length}`);
  }

  /** The linear layers `prefix.0`, `prefix.2`, …, whatever numbers they have. */
  stack(prefix: string): Linear[] {
    const numbers = Array.from(this.tensors.keys())
      .filter((name) => name.startsWith(`${prefix}.`) && name.endsWith('.weight'))
      .map((name) => name.slice(prefix.length + 1, -'.weight'.length))
      .filter((middle) => /^\d+$/.test(middle))
      .map(Number);
    return numbers.sort((a, b) => a - b).map((number) => this.linear(`${prefix}.${number}`));
  }

  /** PyTorch's weight is [filters × channels × rows × columns], ours [rows × columns × channels × filters]. */
  convolution(prefix: string): Linear {
    const { shape, data } = this.tensor(`${prefix}.weight`, 4);
    const [filters, channels, rows, columns] = shape;
    const moved = new Float32Array(data.length);
    let next = 0;
    for (let place = 0; place < rows * columns; place++) {
      for (let channel = 0; channel < channels; channel++) {
        for (let filter = 0; filter < filters; filter++) {
          moved[next++] = data[(filter * channels + channel) * rows * columns + place];
        }
      }
    }
    return {
      weight: { shape: [rows, columns, channels, filters], data: moved },
      bias: this.tensor(`${prefix}.bias`, 1),
    };
  }
}

/** Of rows and columns. */
export function transpose({ shape: [rows, columns], data }: Tensor): Tensor {
  const turned = new Float32Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = data[i * columns + j];
  return { shape: [columns, rows], data: turned };
}

function zeros(shape: readonly number[]): Tensor {
  return { shape, data: new Float32Array(shape.reduce((product, extent) => product * extent, 1)) };
}

/** Outputs of a linear layer. */
export function outputsOf({ bias }: Linear): number {
  return bias.data.length;
}

/** The tensors of layers, one after the other. */
export function tensorsOf(layers: readonly Linear[]): Tensor[] {
  return layers.flatMap(({ weight, bias }) => [weight, bias]);
}

/** Two layers with the same inputs as one, whose outputs are those of both. */
export function beside(first: Linear, second: Linear): Linear {
  const [inputs, a] = first.weight.shape;
  const [others, b] = second.weight.shape;
  if (inputs !== others)
    throw new ImportError(`weights: expected layers for as many numbers, got ${inputs} and ${others}`);
  const data = new Float32Array(inputs * (a + b));
  for (let i = 0; i < inputs; i++) {
    data.set(first.weight.data.subarray(i * a, (i + 1) * a), i * (a + b));
    data.set(second.weight.data.subarray(i * b, (i + 1) * b), i * (a + b) + a);
  }
  const bias = new Float32Array(a + b);
  bias.set(first.bias.data);
  bias.set(second.bias.data, a);
  return { weight: { shape: [inputs, a + b], data }, bias: { shape: [a + b], data: bias } };
}

/** The layer for inputs in another order: its input i is what was input `columns[i]`, times `scales[i]`. More inputs than that stay where they are. */
export function rearrange(layer: Linear, columns: readonly number[], scales: readonly number[]): Linear {
  const [inputs, outputs] = layer.weight.shape;
  if (inputs < columns.length) {
    throw new ImportError(`weights: expected a layer for ${columns.length} numbers, got one for ${inputs}`);
  }
  const data = new Float32Array(layer.weight.data.length);
  for (let i = 0; i < inputs; i++) {
    const from = i < columns.length ? columns[i] : i;
    const scale = i < scales.length ? scales[i] : 1;
    for (let j = 0; j < outputs; j++) data[i * outputs + j] = layer.weight.data[from * outputs + j] * scale;
  }
  return { ...layer, weight: { shape: [inputs, outputs], data } };
}
