import { checkArguments, checkOptions, nonNegativeNumber, optional } from '@gradus/tensor';
import { float64Array } from '../options/argument-checks.ts';
/** What may be said about a system besides its numbers. */
export interface LinearSystemOptions {
  /**
   * What the elements of A may be off by, where they are differences of larger numbers, such as 1 − γ p: what elimination leaves of them that is of
   * this size is nothing. Default 0: they are exact but for the last place.
   */
  readonly rounding?: number | undefined;
}

/**
 * Solves A x = b by Gaussian elimination with partial pivoting, in O(n³). `matrix` [n × n] and `vector` [n] are overwritten; the
 * solution is left in `vector`. Rows and columns are brought to one scale first, so that neither the units of the equations nor those of the unknowns
 * matter. False where A is singular, within rounding.
 */
export function solveLinearSystem(
  matrix: Float64Array,
  vector: Float64Array,
  options: LinearSystemOptions = {},
): boolean {
  checkArguments('solveLinearSystem', { matrix, vector }, { matrix: float64Array, vector: float64Array });
  checkOptions('solveLinearSystem', options, { rounding: optional(nonNegativeNumber) });
  const { rounding = 0 } = options;
  const n = vector.length;
  if (matrix.length !== n * n) {
    throw new RangeError(`solveLinearSystem: expected matrix to have ${n} × ${n} numbers, got ${matrix.length}`);
  }
  const scales = equilibrate(matrix, n);
  if (scales === undefined) return false;
  const { rows, columns } = scales;
  for (let row = 0; row < n; row++) vector[row] *= rows[row];
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(matrix[row * n + column]) > Math.abs(matrix[pivot * n + column])) pivot = row;
    }
    const size = Math.abs(matrix[pivot * n + column]);
    const unscaled = size / rows[pivot] / columns[column];
    if (!(size > 16 * n * Number.EPSILON && unscaled > 16 * n * rounding)) return false;
    if (pivot !== column) {
      swapRows(matrix, vector, pivot, column);
      [rows[pivot], rows[column]] = [rows[column], rows[pivot]];
    }
    for (let row = column + 1; row < n; row++) {
      const factor = matrix[row * n + column] / matrix[column * n + column];
      if (factor === 0) continue;
      for (let k = column; k < n; k++) matrix[row * n + k] -= factor * matrix[column * n + k];
      vector[row] -= factor * vector[column];
    }
  }
  for (let row = n - 1; row >= 0; row--) {
    for (let k = row + 1; k < n; k++) vector[row] -= matrix[row * n + k] * vector[k];
    vector[row] /= matrix[row * n + row];
  }
  for (let column = 0; column < n; column++) vector[column] *= columns[column];
  return true;
}

/** Sweeps over rows and columns, each of which brings the largest elements nearer to one size. */
const SWEEPS = 4;

/**
 * Multiplies rows and columns by powers of 2, which rounds nothing, until the largest element of each is about 1 (Ruiz, 2001); the factors, or
 * undefined where a row or a column is 0 or not finite.
 */
function equilibrate(
  matrix: Float64Array,
  n: number,
): { readonly rows: Float64Array; readonly columns: Float64Array } | undefined {
  const rows = new Float64Array(n).fill(1);
  const columns = new Float64Array(n).fill(1);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const [factors, stride, step] of [
      [columns, 1, n],
      [rows, n, 1],
    ] as const) {
      for (let i = 0; i < n; i++) {
        let largest = 0;
        for (let k = 0; k < n; k++) largest = Math.max(largest, Math.abs(matrix[i * stride + k * step]));
        if (!(largest > 0 && largest < Infinity)) return undefined;
        // The root of it, so that rows and columns share what is to be done, and neither undoes the other's work; all of it in the last sweep.
        const exponent = -Math.log2(largest) / (sweep < SWEEPS - 1 ? 2 : 1);
        const factor = 2 ** Math.round(exponent);
        if (factor === 1) continue;
        factors[i] *= factor;
        for (let k = 0; k < n; k++) matrix[i * stride + k * step] *= factor;
      }
    }
  }
  return { rows, columns };
}

function swapRows(matrix: Float64Array, vector: Float64Array, a: number, b: number): void {
  const n = vector.length;
  const row = matrix.slice(a * n, (a + 1) * n);
  matrix.copyWithin(a * n, b * n, (b + 1) * n);
  matrix.set(row, b * n);
  [vector[a], vector[b]] = [vector[b], vector[a]];
}
