import * as t from '@gradus/tensor';

/**
 * How heads look at what came before: queries [rows, heads, time, size], keys and values [rows, keyValueHeads, time, size] of a layer →
 * [rows, heads, time, size]. Training has all of a text at once, generation one token and what it remembers.
 */
export type Attend = (layer: number, queries: t.Tensor, keys: t.Tensor, values: t.Tensor) => t.Tensor;

/** The positions that somebody reads: [rows, time, width] → [rows, count, width]. */
export type Read = (x: t.Tensor) => t.Tensor;

/** What is different between families of decoders. Names and shapes of parameters are those of Hugging Face's files. */
export interface Architecture {
  readonly parameters: t.Parameters;
  /** int32 tokens and positions [rows, time] → [rows, time, width]. */
  readonly embed: (tokens: t.Tensor, positions: t.Tensor) => t.Tensor;
  /** One layer: [rows, time, width] → the same, or what `read` takes of it. All positions are looked at, those that are read go on. */
  readonly block: (x: t.Tensor, layer: number, positions: t.Tensor, attend: Attend, read: Read) => t.Tensor;
  /** The normalization after the last layer. */
  readonly normalize: (x: t.Tensor) => t.Tensor;
  /** [rows, time, width] → [rows, time, vocabulary]. */
  readonly head: (x: t.Tensor) => t.Tensor;
}

/** Functions between the two layers of a feed-forward network, by Hugging Face's names. */
export const feedForwardActivations: Readonly<Record<string, (x: t.Tensor) => t.Tensor>> = {
  gelu: (x) => t.gelu(x),
  gelu_new: (x) => t.gelu(x, { approximate: 'tanh' }),
  gelu_pytorch_tanh: (x) => t.gelu(x, { approximate: 'tanh' }),
  gelu_fast: (x) => t.gelu(x, { approximate: 'tanh' }),
  relu: (x) => t.relu(x),
  silu: (x) => t.silu(x),
};

/** What is added to x W of the linear layer of that name, of the same shape; undefined: nothing. */
export type Adapt = (name: string, x: t.Tensor) => t.Tensor | undefined;

/** Makes parameters, or has somebody else's, and remembers them by their names. */
export class ParameterList {
  readonly parameters: Record<string, t.Variable> = {};
  private readonly make: (name: string, shape: t.Shape, initializer: t.Initializer) => t.Variable;
  private readonly adapt: Adapt | undefined;

  constructor(make: ParameterList['make'], adapt?: Adapt) {
    this.make = make;
    this.adapt = adapt;
  }

  /** Drawn from a normal distribution with that deviation. */
  normal(name: string, shape: t.Shape, deviation: number): t.Variable {
    return (this.parameters[name] = this.make(name, shape, t.normalInitializer(deviation)));
  }

  /** All the same. */
  constant(name: string, shape: t.Shape, value: number): t.Variable {
    return (this.parameters[name] = this.make(name, shape, t.constantValue(value)));
  }

  /** x Wᵀ + b with PyTorch's layout, W [output, input]: parameters `<name>.weight` and, with `bias`, `<name>.bias`. */
  linear(name: string, input: number, output: number, deviation: number, bias: boolean): (x: t.Tensor) => t.Tensor {
    const weight = this.normal(`${name}.weight`, [output, input], deviation);
    const shift = bias ? this.constant(`${name}.bias`, [output], 0) : undefined;
    return (x) => {
      const product = this.adapted(name, x, t.matmul(x, t.transpose(weight)));
      return shift === undefined ? product : t.add(product, shift);
    };
  }

  /** x W of a linear layer, and what is added to it. */
  adapted(name: string, x: t.Tensor, product: t.Tensor): t.Tensor {
    const added = this.adapt?.(name, x);
    return added === undefined ? product : t.add(product, added);
  }

  /** Layer normalization: parameters `<name>.weight` and `<name>.bias`. */
  layerNorm(name: string, width: number, epsilon: number): (x: t.Tensor) => t.Tensor {
    const scale = this.constant(`${name}.weight`, [width], 1);
    const shift = this.constant(`${name}.bias`, [width], 0);
    return (x) => t.layerNorm(x, { scale, shift, epsilon });
  }

  /** Normalization by the root mean square: parameter `<name>.weight`. */
  rmsNorm(name: string, width: number, epsilon: number): (x: t.Tensor) => t.Tensor {
    const scale = this.constant(`${name}.weight`, [width], 1);
    return (x) => t.rmsNorm(x, { scale, epsilon });
  }
}

/** [rows, time, heads · size] → [rows, heads, time, size]. */
export function splitHeads(x: t.Tensor, heads: number): t.Tensor {
  const [rows, time, width] = x.shape;
  return t.transpose(t.reshape(x, [rows, time, heads, width / heads]), [0, 2, 1, 3]);
}

/** [rows, heads, time, size] → [rows, time, heads · size]. */
export function joinHeads(x: t.Tensor): t.Tensor {
  const [rows, heads, time, size] = x.shape;
  return t.reshape(t.transpose(x, [0, 2, 1, 3]), [rows, time, heads * size]);
}
