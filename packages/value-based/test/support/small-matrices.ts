/** A B of matrices whose rows lie one after another; B has `columns` columns. */
export function multiply(a: ArrayLike<number>, b: ArrayLike<number>, columns: number): Float64Array {
  const inner = b.length / columns;
  return Float64Array.from({ length: (a.length / inner) * columns }, (_, k) => {
    const [row, column] = [Math.floor(k / columns), k % columns];
    let sum = 0;
    for (let i = 0; i < inner; i++) sum += a[row * inner + i] * b[i * columns + column];
    return sum;
  });
}

/** Aᵀ of a square matrix. */
export function transpose(a: Float64Array, n: number): Float64Array {
  return a.map((_, k) => a[(k % n) * n + Math.floor(k / n)]);
}

/** A⁻¹ by Gauss–Jordan elimination without pivoting, which positive definite matrices need not have. */
export function inverse(a: Float64Array, n: number): Float64Array {
  const left = a.slice();
  const right = a.map((_, k) => (k % (n + 1) === 0 ? 1 : 0));
  for (let pivot = 0; pivot < n; pivot++) {
    const scale = 1 / left[pivot * n + pivot];
    for (const matrix of [left, right]) for (let j = 0; j < n; j++) matrix[pivot * n + j] *= scale;
    for (let row = 0; row < n; row++) {
      if (row === pivot) continue;
      const factor = left[row * n + pivot];
      for (const matrix of [left, right]) {
        for (let j = 0; j < n; j++) matrix[row * n + j] -= factor * matrix[pivot * n + j];
      }
    }
  }
  return right;
}
