/**
 * A copy of θ at first. Throws `RangeError` unless `initial` is one or more finite numbers. `name` begins the message.
 */
export function readInitial(name: string, initial: ArrayLike<number>): Float64Array {
  const given: unknown = initial;
  if (!isArrayLike(given)) {
    throw new RangeError(
      `${name}: expected initial parameters as an array of numbers, got ${given === null ? 'null' : typeof given}`,
    );
  }
  if (given.length === 0) throw new RangeError(`${name}: expected at least one initial parameter, got none`);
  const parameters = new Float64Array(given.length);
  for (let i = 0; i < parameters.length; i++) {
    const value: unknown = given[i];
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      const got = typeof value === 'number' ? value : typeof value;
      throw new RangeError(`${name}: expected finite initial parameters, got ${got} at index ${i}`);
    }
    parameters[i] = value;
  }
  return parameters;
}

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
