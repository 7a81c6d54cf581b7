import type { Shape } from './tensor.ts';
import { sizeOf } from './tensor.ts';

/** What initializers draw from: uniform in [0, 1) and standard normal. The `Random` of `@gradus/core` is one. */
export interface RandomSource {
  nextFloat(): number;
  normal(): number;
}

/** Draws the first values of a weight matrix [inputs, outputs] or of filters [rows, columns, inputs, outputs]. */
export type Initializer = (shape: Shape, random: RandomSource) => Float32Array;

/** Numbers that reach one output, and that one input reaches. */
function fans(shape: Shape): { fanIn: number; fanOut: number } {
  const window = sizeOf(shape.slice(0, -2));
  return { fanIn: window * (shape.at(-2) ?? 1), fanOut: window * (shape.at(-1) ?? 1) };
}

function uniform(shape: Shape, bound: number, random: RandomSource): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, () => (2 * random.nextFloat() - 1) * bound);
}

/** All zero. */
export const zeros: Initializer = (shape) => new Float32Array(sizeOf(shape));

/** All equal to `value`. */
export function constantValue(value: number): Initializer {
  return (shape) => new Float32Array(sizeOf(shape)).fill(value);
}

/** Normal with the given standard deviation. */
export function normalInitializer(standardDeviation: number): Initializer {
  return (shape, random) => Float32Array.from({ length: sizeOf(shape) }, () => random.normal() * standardDeviation);
}

/** Uniform in ±√(6 / (fan in + fan out)) (Glorot and Bengio, 2010). */
export const glorotUniform: Initializer = (shape, random) => {
  const { fanIn, fanOut } = fans(shape);
  return uniform(shape, Math.sqrt(6 / (fanIn + fanOut)), random);
};

/** Uniform in ±√(6 / fan in), for ReLU (He et al., 2015). */
export const heUniform: Initializer = (shape, random) => uniform(shape, Math.sqrt(6 / fans(shape).fanIn), random);

/** Uniform in ±1/√(fan in): what PyTorch gives weights of linear and convolutional layers, and biases. */
export const fanInUniform: Initializer = (shape, random) => uniform(shape, 1 / Math.sqrt(fans(shape).fanIn), random);

/**
 * A random matrix with orthonormal rows or columns, whichever are fewer, times `gain` (Saxe et al., 2013). Filters count
 * as matrices [rows · columns · inputs, outputs].
 */
export function orthogonal(gain = 1): Initializer {
  return (shape, random) => {
    const outputs = shape.at(-1) ?? 1;
    const inputs = sizeOf(shape) / outputs;
    const [count, length] = inputs < outputs ? [inputs, outputs] : [outputs, inputs];
    const vectors = orthonormalVectors(count, length, random);
    const matrix = new Float32Array(inputs * outputs);
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) {
        matrix[i * outputs + o] = gain * (inputs < outputs ? vectors[i][o] : vectors[o][i]);
      }
    }
    return matrix;
  };
}

/** Gram–Schmidt on normal vectors, done twice because once loses digits. */
function orthonormalVectors(count: number, length: number, random: RandomSource): Float64Array[] {
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from({ length }, () => random.normal());
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors) {
        const overlap = vector.reduce((total, x, i) => total + x * other[i], 0);
        for (let i = 0; i < length; i++) vector[i] -= overlap * other[i];
      }
    }
    const norm = Math.hypot(...vector);
    if (norm > 1e-8) vectors.push(vector.map((x) => x / norm));
  }
  return vectors;
}
