/** More than a machine has. */
const LARGEST_BYTES = 2 ** 35;

/**
 * `length` zeros. Throws `RangeError` where they do not fit into memory: `CmaEs: expected a covariance matrix that fits into memory, got one of 74.5 GiB`.
 * `name` begins the message, `what` says what they are.
 */
export function allocate(name: string, what: string, length: number): Float64Array {
  const bytes = length * Float64Array.BYTES_PER_ELEMENT;
  try {
    if (bytes <= LARGEST_BYTES) return new Float64Array(length);
  } catch {
    // There was less than that.
  }
  throw new RangeError(`${name}: expected ${what} that fit into memory, got ${(bytes / 2 ** 30).toFixed(1)} GiB`);
}
