import type { Checkpoint } from '@gradus/core';
import { decodeSafetensors } from '@gradus/tensor';

/** Parameters of networks in one list, in the order of their file. */
export function parametersOf({ files }: Checkpoint, file: string): number[] {
  const tensors = decodeSafetensors(files[`${file}.safetensors`]);
  return Object.values(tensors).flatMap(({ data }) => [...data]);
}

/** What a network is in float64: a function of its parameters, which begin at `start` of a list, and of its input. */
export type ReferenceNetwork = (theta: readonly number[], x: readonly number[], start?: number) => number[];

/** Numbers in a layer from `input` to `output` numbers. */
const sizeOf = (input: number, output: number): number => (input + 1) * output;

/** Parameters of layers of these sizes, the first that of the input. */
export function parameterCount(sizes: readonly number[]): number {
  return sizes.slice(1).reduce((total, size, i) => total + sizeOf(sizes[i], size), 0);
}

/** Layers of these sizes with tanh between them. A layer's parameters are its weights [input × output], then its biases. */
export function tanhNetwork(sizes: readonly number[]): ReferenceNetwork {
  return (theta, x, start = 0) => {
    let [position, values] = [start, [...x]];
    sizes.slice(1).forEach((size, layer) => {
      const input = sizes[layer];
      const sums = Array.from({ length: size }, (_, o) =>
        values.reduce(
          (sum, each, i) => sum + each * theta[position + i * size + o],
          theta[position + input * size + o],
        ),
      );
      position += sizeOf(input, size);
      values = layer === sizes.length - 2 ? sums : sums.map(Math.tanh);
    });
    return values;
  };
}

/** The gradient by central differences. */
export function gradientOf(loss: (theta: readonly number[]) => number, theta: readonly number[]): number[] {
  const width = 1e-5;
  return theta.map((x, i) => (loss(theta.with(i, x + width)) - loss(theta.with(i, x - width))) / (2 * width));
}

/** Adam (Kingma and Ba, 2015) in float64. */
export class ReferenceAdam {
  private readonly moments = new Map<number, { m: number; v: number }>();
  private steps = 0;
  private readonly beta1: number;
  private readonly epsilon: number;

  constructor({ beta1 = 0.9, epsilon = 1e-8 }: { readonly beta1?: number; readonly epsilon?: number } = {}) {
    this.beta1 = beta1;
    this.epsilon = epsilon;
  }

  /** θ after a step along its gradient. */
  step(theta: readonly number[], gradient: readonly number[], rate: number): number[] {
    const { beta1, epsilon } = this;
    const t = ++this.steps;
    return theta.map((x, i) => {
      const { m: m0, v: v0 } = this.moments.get(i) ?? { m: 0, v: 0 };
      const m = beta1 * m0 + (1 - beta1) * gradient[i];
      const v = 0.999 * v0 + 0.001 * gradient[i] ** 2;
      this.moments.set(i, { m, v });
      return x - (rate * (m / (1 - beta1 ** t))) / (Math.sqrt(v / (1 - 0.999 ** t)) + epsilon);
    });
  }
}

/** θ⁻ ← τ θ + (1 − τ) θ⁻ */
export function follow(target: readonly number[], theta: readonly number[], tau: number): number[] {
  return target.map((x, i) => tau * theta[i] + (1 - tau) * x);
}

/** The mean of numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}
