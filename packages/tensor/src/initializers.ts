import { checkArguments, finiteNumber, nonNegativeNumber, type OptionCheck } from './check-options.ts';
import { checkShape, shapeText, sizeOf, type Shape } from './shape.ts';
import { zerosOf } from './dtype.ts';

/** What initializers draw from: uniform in [0, 1) and standard normal. The `Random` of `@gradus/core` is one. */
export interface RandomSource {
  nextFloat(): number;
  normal(): number;
}

/** Draws the first values of a weight matrix [inputs, outputs] or of filters [rows, columns, inputs, outputs]. */
export type Initializer = (shape: Shape, random: RandomSource) => Float32Array;

/** A check of arguments. */
export const isRandomSource: OptionCheck = {
  expected: 'a source of random numbers with nextFloat() and normal()',
  accepts: (value) => {
    if (typeof value !== 'object' || value === null) return false;
    const { nextFloat, normal } = value as Partial<RandomSource>;
    return typeof nextFloat === 'function' && typeof normal === 'function';
  },
};

/** As many numbers as a shape has elements. */
function drawn(name: string, shape: Shape, random: RandomSource, draw: () => number): Float32Array {
  checkArguments(name, { random }, { random: isRandomSource });
  const values = emptyWeights(name, shape);
  for (let i = 0; i < values.length; i++) values[i] = draw();
  return values;
}

function emptyWeights(name: string, shape: Shape): Float32Array {
  checkShape(name, shape);
  return zerosOf('float32', sizeOf(shape), `${name}: weights of shape ${shapeText(shape)}`) as Float32Array;
}

/** Numbers that reach one output, and that one input reaches. */
function fans(name: string, shape: Shape): { fanIn: number; fanOut: number } {
  checkShape(name, shape);
  const window = sizeOf(shape.slice(0, -2));
  return { fanIn: window * (shape.at(-2) ?? 1), fanOut: window * (shape.at(-1) ?? 1) };
}

/** Uniform in ±`bound`. */
export function uniform(name: string, shape: Shape, bound: number, random: RandomSource): Float32Array {
  return drawn(name, shape, random, () => (2 * random.nextFloat() - 1) * bound);
}

/** All zero. */
export const zeros: Initializer = (shape) => emptyWeights('zeros', shape);

/** All equal to `value`. */
export function constantValue(value: number): Initializer {
  checkArguments('constantValue', { value }, { value: finiteNumber });
  return (shape) => emptyWeights('constantValue', shape).fill(value);
}

/** Normal with the given standard deviation. */
export function normalInitializer(standardDeviation: number): Initializer {
  checkArguments('normalInitializer', { standardDeviation }, { standardDeviation: nonNegativeNumber });
  return (shape, random) => drawn('normalInitializer', shape, random, () => random.normal() * standardDeviation);
}

/** Uniform in ±√(6 / (fan in + fan out)) (Glorot and Bengio, 2010). */
export const glorotUniform: Initializer = (shape, random) => {
  const { fanIn, fanOut } = fans('glorotUniform', shape);
  return uniform('glorotUniform', shape, Math.sqrt(6 / (fanIn + fanOut)), random);
};

/** Uniform in ±√(6 / fan in), for ReLU (He et al., 2015). */
export const heUniform: Initializer = (shape, random) =>
  uniform('heUniform', shape, Math.sqrt(6 / fans('heUniform', shape).fanIn), random);

/** Uniform in ±1/√(fan in): what PyTorch gives weights of linear and convolutional layers, and biases. */
export const fanInUniform: Initializer = (shape, random) =>
  uniform('fanInUniform', shape, 1 / Math.sqrt(fans('fanInUniform', shape).fanIn), random);

/**
 * A random matrix with orthonormal rows or columns, whichever are fewer, times `gain` (Saxe et al., 2013). Filters count
 * as matrices [rows · columns · inputs, outputs].
 */
export function orthogonal(gain = 1): Initializer {
  checkArguments('orthogonal', { gain }, { gain: finiteNumber });
  return (shape, random) => {
    checkArguments('orthogonal', { random }, { random: isRandomSource });
    const matrix = emptyWeights('orthogonal', shape);
    const outputs = shape.at(-1) ?? 1;
    const inputs = sizeOf(shape) / outputs;
    const [count, length] = inputs < outputs ? [inputs, outputs] : [outputs, inputs];
    const vectors = orthonormalVectors(count, length, random);
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
        let overlap = 0;
        // A function for each of a billion elements would take ten times as long.
        for (let i = 0; i < length; i++) overlap += vector[i] * other[i];
        for (let i = 0; i < length; i++) vector[i] -= overlap * other[i];
      }
    }
    const norm = lengthOf(vector);
    if (norm > 1e-8) vectors.push(vector.map((x) => x / norm));
  }
  return vectors;
}

/** √ Σ x²: relative to the largest, and what each addition loses is made good by the next (Kahan, 1965). */
function lengthOf(vector: Float64Array): number {
  const largest = vector.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  if (largest === 0) return 0;
  let total = 0;
  let lost = 0;
  for (const x of vector) {
    const part = Math.abs(x) / largest;
    const term = part * part - lost;
    const next = total + term;
    lost = next - total - term;
    total = next;
  }
  return Math.sqrt(total) * largest;
}
