/** How long {@link conjugateGradient} goes on. */
export interface ConjugateGradientOptions {
  /** Products with A at most. */
  readonly iterations: number;
  /** Ends when |b − A x|² is at most this times |b|². Default 1e-10. */
  readonly tolerance?: number | undefined;
}

/**
 * Solves A x = b for a symmetric positive definite A that is known by its products alone, by conjugate gradients (Hestenes and Stiefel,
 * 1952). From x = 0 each iteration finds the x that minimizes ½ xᵀ A x − bᵀ x in one more dimension, so that n iterations solve n equations
 * but for rounding, and fewer do where A has fewer different eigenvalues. Throughout, xᵀ A x = bᵀ x.
 * @param product writes A v to `result`
 * @param solution x is written there
 * @returns the number of iterations
 */
export function conjugateGradient(
  product: (v: Float64Array, result: Float64Array) => void,
  b: Float64Array,
  solution: Float64Array,
  { iterations, tolerance = 1e-10 }: ConjugateGradientOptions,
): number {
  const residual = b.slice();
  const direction = b.slice();
  const image = new Float64Array(b.length);
  let square = dot(residual, residual);
  const enough = tolerance * square;
  solution.fill(0);
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (square <= enough) return iteration;
    product(direction, image);
    const curvature = dot(direction, image);
    // Not positive by rounding alone, in a direction that A hardly changes, or NaN: x is as good as it gets.
    if (!(curvature > 0)) return iteration;
    const step = square / curvature;
    for (let i = 0; i < b.length; i++) {
      solution[i] += step * direction[i];
      residual[i] -= step * image[i];
    }
    const before = square;
    square = dot(residual, residual);
    for (let i = 0; i < b.length; i++) direction[i] = residual[i] + (square / before) * direction[i];
  }
  return iterations;
}

/** xᵀ y. */
export function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
  return sum;
}
