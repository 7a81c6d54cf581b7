import { oneOf, valueText, type OptionCheck } from './check-options.ts';
import { checkMemory, memoryText } from './memory.ts';

/** Element types. All are stored in 32 bits; a bool is an int32 that is 0 or 1. */
export type DType = 'float32' | 'int32' | 'bool';

/** Elements of a tensor on the host: `Float32Array` for float32, `Int32Array` for int32 and bool. */
export type TensorData = Float32Array | Int32Array;

/**
 * An array of zeros of the type that holds `dtype`.
 * @throws RangeError when there is not memory enough, beginning with `subject`.
 */
export function zerosOf(dtype: DType, size: number, subject: string): TensorData {
  checkMemory(subject, 4 * size);
  try {
    return dtype === 'float32' ? new Float32Array(size) : new Int32Array(size);
  } catch (error) {
    throw new RangeError(`${subject} would take ${memoryText(4 * size)} of memory, which are not there`, {
      cause: error,
    });
  }
}

/** The names of element types, as a check of arguments. */
export const isDType: OptionCheck = oneOf('float32', 'int32', 'bool');

/**
 * A number as an element of `dtype`: the rule of `cast`. To int32 towards zero, from −2³¹ to 2³¹ − 1, where what lies outside
 * becomes the nearer end and NaN becomes 0; to bool 0 for 0, else 1.
 */
export function elementOf(dtype: DType, value: number): number {
  if (dtype === 'float32') return Math.fround(value);
  if (dtype === 'bool') return Number(value !== 0);
  return Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1) | 0;
}

/**
 * Numbers as elements of `dtype`, by the rule of {@link elementOf}: themselves where nothing has to be done.
 * @throws RangeError for what is no array of `size` numbers.
 */
export function elementsOf(subject: string, dtype: DType, size: number, values: ArrayLike<number>): ArrayLike<number> {
  const given = (typeof values === 'object' ? values : null) as Partial<ArrayLike<unknown>> | null;
  if (given?.length !== size) {
    throw new RangeError(`${subject}: expected ${size} values, got ${given?.length ?? valueText(values)}`);
  }
  if (values instanceof Float32Array ? dtype === 'float32' : values instanceof Int32Array && dtype !== 'bool') {
    return values;
  }
  for (let i = 0; i < size; i++) {
    const value: unknown = values[i];
    if (typeof value !== 'number') throw new RangeError(`${subject}: expected numbers, got ${valueText(value)}`);
  }
  if (dtype === 'float32') return values;
  return Int32Array.from(values, (value) => elementOf(dtype, value));
}
