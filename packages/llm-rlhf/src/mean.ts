/** The arithmetic mean, taken of distances from the first: exactly the value of all where all are equal, so that nothing is learned from rounding. */
export function meanOf(values: readonly number[]): number {
  const [first] = values;
  return first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
}

/** Σ (x − mean)². */
export function squaredDistances(values: readonly number[]): number {
  const mean = meanOf(values);
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
}
