/**
 * Eigenvalues and eigenvectors of a symmetric matrix, A = Σ_i λ_i v_i v_iᵀ, in O(n³): Householder reflections to tridiagonal form, then
 * implicit QR steps with Wilkinson's shift (Golub and Van Loan, 2013, §8.3). Eigenvalues are exact to rounding of the largest; their order is
 * arbitrary.
 *
 * `matrix` [n × n], of which the lower triangle is read, is not changed; v_i becomes row i of `vectors` [n × n], λ_i entry i of `values` [n].
 * Throws `RangeError` where an entry is not finite.
 */
export function symmetricEigen(matrix: Float64Array, vectors: Float64Array, values: Float64Array): void {
  const n = values.length;
  const work = new Float64Array(n * n);
  const scale = copyScaled(matrix, work, n);
  const offDiagonal = new Float64Array(n);
  vectors.fill(0);
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1;
  tridiagonalize(work, vectors, offDiagonal, n);
  for (let i = 0; i < n; i++) values[i] = work[i * n + i];
  diagonalize(values, offDiagonal, vectors, n);
  for (let i = 0; i < n; i++) values[i] *= scale;
}

/** Writes A / max |a_ij|, so that no square under- or overflows, and returns the divisor. */
function copyScaled(matrix: Float64Array, work: Float64Array, n: number): number {
  let scale = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const entry = matrix[i * n + j];
      if (!Number.isFinite(entry)) throw new RangeError(`symmetricEigen: expected finite entries, got ${entry}`);
      scale = Math.max(scale, Math.abs(entry));
    }
  }
  if (scale === 0) scale = 1;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) work[i * n + j] = work[j * n + i] = matrix[i * n + j] / scale;
  }
  return scale;
}

/**
 * A ← H A H with reflections H = I − β w wᵀ, one for each column, until A is tridiagonal; the reflections are gathered in the rows of `vectors`,
 * what remains beside the diagonal in `offDiagonal`.
 */
function tridiagonalize(a: Float64Array, vectors: Float64Array, offDiagonal: Float64Array, n: number): void {
  const w = new Float64Array(n);
  const p = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    let squared = 0;
    for (let i = k + 2; i < n; i++) squared += a[i * n + k] ** 2;
    const first = a[(k + 1) * n + k];
    if (squared === 0) {
      offDiagonal[k] = first;
      continue;
    }
    // Of the two signs, the one that does not cancel.
    const norm = Math.sqrt(squared + first * first) * (first > 0 ? -1 : 1);
    offDiagonal[k] = norm;
    for (let i = k + 1; i < n; i++) w[i] = a[i * n + k];
    w[k + 1] = first - norm;
    const beta = 2 / (squared + w[k + 1] ** 2);
    reflectBothSides(a, w, p, beta, k + 1, n);
    reflectRows(vectors, w, p, beta, k + 1, n);
  }
}

/** A ← A − w qᵀ − q wᵀ over rows and columns from `start` on, with p = β A w and q = p − ½ β (wᵀp) w: both reflections at once. */
function reflectBothSides(
  a: Float64Array,
  w: Float64Array,
  p: Float64Array,
  beta: number,
  start: number,
  n: number,
): void {
  let product = 0;
  for (let i = start; i < n; i++) {
    let sum = 0;
    for (let j = start; j < n; j++) sum += a[i * n + j] * w[j];
    p[i] = beta * sum;
    product += p[i] * w[i];
  }
  for (let i = start; i < n; i++) p[i] -= 0.5 * beta * product * w[i];
  for (let i = start; i < n; i++) {
    for (let j = start; j < n; j++) a[i * n + j] -= w[i] * p[j] + p[i] * w[j];
  }
}

/** V ← (I − β w wᵀ) V; w counts from `start` on. */
function reflectRows(
  vectors: Float64Array,
  w: Float64Array,
  sums: Float64Array,
  beta: number,
  start: number,
  n: number,
): void {
  sums.fill(0);
  for (let i = start; i < n; i++) {
    for (let j = 0; j < n; j++) sums[j] += w[i] * vectors[i * n + j];
  }
  for (let i = start; i < n; i++) {
    for (let j = 0; j < n; j++) vectors[i * n + j] -= beta * w[i] * sums[j];
  }
}

/** Iterates until what is beside the diagonal vanishes, from the last row up. Each eigenvalue takes two or three steps. */
function diagonalize(d: Float64Array, e: Float64Array, vectors: Float64Array, n: number): void {
  let last = n - 1;
  while (last > 0) {
    let first = last;
    while (first > 0 && !isNegligible(e[first - 1], d[first - 1], d[first])) first--;
    if (first === last) last--;
    else chase(d, e, vectors, first, last, n);
  }
}

function isNegligible(entry: number, above: number, below: number): boolean {
  // The second term is for zeros on the diagonal; the largest entry of the matrix is 1.
  return Math.abs(entry) <= Number.EPSILON * (Math.abs(above) + Math.abs(below)) + 1e-300;
}

/** One QR step on rows first … last: rotations of neighbours (k, k + 1) chase the entry `bulge` outside the three diagonals down and out. */
function chase(d: Float64Array, e: Float64Array, vectors: Float64Array, first: number, last: number, n: number): void {
  const half = (d[last - 1] - d[last]) / 2;
  const corner = e[last - 1];
  const shift = d[last] - corner ** 2 / (half + (half < 0 ? -1 : 1) * Math.hypot(half, corner));
  let x = d[first] - shift;
  let bulge = e[first];
  for (let k = first; k < last; k++) {
    const length = Math.hypot(x, bulge);
    const c = length === 0 ? 1 : x / length;
    const s = length === 0 ? 0 : bulge / length;
    if (k > first) e[k - 1] = length;
    const [above, beside, below] = [d[k], e[k], d[k + 1]];
    d[k] = c * c * above + 2 * c * s * beside + s * s * below;
    d[k + 1] = s * s * above - 2 * c * s * beside + c * c * below;
    e[k] = c * s * (below - above) + (c * c - s * s) * beside;
    if (k + 1 < last) {
      x = e[k];
      bulge = s * e[k + 1];
      e[k + 1] *= c;
    }
    for (let j = k * n; j < (k + 1) * n; j++) {
      const upper = vectors[j];
      const lower = vectors[j + n];
      vectors[j] = c * upper + s * lower;
      vectors[j + n] = c * lower - s * upper;
    }
  }
}
