import { Random } from '@gradus/core';

/** A B, both [n × n]. */
export function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => {
    let sum = 0;
    for (let k = 0; k < n; k++) sum += a[Math.floor(at / n) * n + k] * b[k * n + (at % n)];
    return sum;
  });
}

/** Aᵀ. */
export function transpose(a: Float64Array, n: number): Float64Array {
  return a.map((_, at) => a[(at % n) * n + Math.floor(at / n)]);
}

/** A x. */
export function times(a: Float64Array, x: ArrayLike<number>): Float64Array {
  const n = x.length;
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = 0;
    for (let j = 0; j < n; j++) sum += a[i * n + j] * x[j];
    return sum;
  });
}

/** The diagonal matrix of `values`. */
export function diagonal(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  return Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? values[at / (n + 1)] : 0));
}

/** A random rotation or reflection: Gaussian rows, made orthonormal (Gram–Schmidt, twice). */
export function randomOrthogonal(n: number, seed: number): Float64Array {
  const random = new Random(seed);
  const rows: Float64Array[] = [];
  while (rows.length < n) {
    let row = Float64Array.from({ length: n }, () => random.normal());
    for (let pass = 0; pass < 2; pass++) {
      for (const other of rows) {
        const part = dot(row, other);
        row = row.map((value, i) => value - part * other[i]);
      }
    }
    const length = Math.sqrt(dot(row, row));
    rows.push(row.map((value) => value / length));
  }
  return Float64Array.from(rows.flatMap((row) => [...row]));
}

/** A⁻¹ by Gauss–Jordan elimination, for matrices that need no pivoting (positive definite ones). */
function inverse(a: Float64Array, n: number): Float64Array {
  const work = a.slice();
  const result = diagonal(new Float64Array(n).fill(1));
  for (let k = 0; k < n; k++) {
    const pivot = work[k * n + k];
    for (let j = 0; j < n; j++) {
      work[k * n + j] /= pivot;
      result[k * n + j] /= pivot;
    }
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = work[i * n + k];
      for (let j = 0; j < n; j++) {
        work[i * n + j] -= factor * work[k * n + j];
        result[i * n + j] -= factor * result[k * n + j];
      }
    }
  }
  return result;
}

/** A^(−½) of a positive definite matrix by Denman and Beavers' iteration, which needs no eigenvectors. */
export function inverseRoot(a: Float64Array, n: number): Float64Array {
  let root = a;
  let result = diagonal(new Float64Array(n).fill(1));
  for (let k = 0; k < 30; k++) {
    const rootInverse = inverse(root, n);
    const resultInverse = inverse(result, n);
    root = root.map((value, at) => (value + resultInverse[at]) / 2);
    result = result.map((value, at) => (value + rootInverse[at]) / 2);
  }
  return result;
}

/** Largest |a_i − b_i|. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((max, value, i) => Math.max(max, Math.abs(value - b[i])), 0);
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
