/** target ← target + scale · (the row of `rows` that begins at `first`). */
export function addScaled(target: Float64Array, scale: number, rows: Float64Array, first: number): void {
  for (let i = 0; i < target.length; i++) target[i] += scale * rows[first + i];
}

/** The lower triangle of A ← A + scale · v vᵀ. */
export function addOuter(matrix: Float64Array, scale: number, vector: Float64Array): void {
  const n = vector.length;
  for (let i = 0; i < n; i++) {
    const scaled = scale * vector[i];
    for (let j = 0; j <= i; j++) matrix[i * n + j] += scaled * vector[j];
  }
}

/** ‖v‖. */
export function norm(vector: Float64Array): number {
  let squares = 0;
  for (const value of vector) squares += value * value;
  return Math.sqrt(squares);
}

/** Where the first number is that is not finite; −1 where all are. A loop, since a call for each of them would take a tenth of a search's time. */
export function firstInfinite(values: Float64Array): number {
  for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) return i;
  return -1;
}
