/**
 * Solves A x = b by Gaussian elimination with partial pivoting, in O(n³). `matrix` [n × n] and `vector` [n] are overwritten; the
 * solution is left in `vector`. False where A is singular, within rounding.
 */
export function solveLinearSystem(matrix: Float64Array, vector: Float64Array): boolean {
  const n = vector.length;
  const largest = matrix.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(matrix[row * n + column]) > Math.abs(matrix[pivot * n + column])) pivot = row;
    }
    if (!(Math.abs(matrix[pivot * n + column]) > 16 * n * Number.EPSILON * largest)) return false;
    if (pivot !== column) swapRows(matrix, vector, pivot, column);
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
  return true;
}

function swapRows(matrix: Float64Array, vector: Float64Array, a: number, b: number): void {
  const n = vector.length;
  const row = matrix.slice(a * n, (a + 1) * n);
  matrix.copyWithin(a * n, b * n, (b + 1) * n);
  matrix.set(row, b * n);
  [vector[a], vector[b]] = [vector[b], vector[a]];
}
