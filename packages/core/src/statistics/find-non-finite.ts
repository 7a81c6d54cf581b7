/** Index of the first of `values` that is NaN or infinite, −1 if there is none. */
export function findNonFinite(values: ArrayLike<number>): number {
  // x − x is 0 for every finite x and NaN otherwise.
  for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) return i;
  return -1;
}
