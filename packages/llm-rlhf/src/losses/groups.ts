/** Throws `RangeError` unless `values` are groups of `size` ≥ 2. */
export function checkGroups(operation: string, values: ArrayLike<number>, size: number): void {
  if (!Number.isInteger(size) || size < 2) {
    throw new RangeError(
      `${operation}: expected at least 2 completions of each prompt to compare, got ${String(size)}`,
    );
  }
  if (values.length === 0 || values.length % size !== 0) {
    throw new RangeError(`${operation}: expected a multiple of ${size} rewards, got ${values.length}`);
  }
}
