import { checkFeatureCount } from './features.ts';

/**
 * The vectors c that number the functions of a basis over k dimensions: all of {0, …, order}ᵏ, [(order + 1)ᵏ × k], the last element
 * changing fastest. Throws `RangeError` for an order that is not a positive integer, and for more than 2²⁴ functions.
 */
export function basisVectors(subject: string, order: number, dimensions: number): Int32Array {
  if (!Number.isSafeInteger(order) || order < 1) {
    throw new RangeError(`${subject}: expected order to be a positive integer, got ${order}`);
  }
  const count = (order + 1) ** dimensions;
  checkFeatureCount(subject, count);
  const vectors = new Int32Array(count * dimensions);
  for (let i = 0; i < count; i++) {
    for (let j = dimensions - 1, rest = i; j >= 0; j--) {
      vectors[i * dimensions + j] = rest % (order + 1);
      rest = Math.floor(rest / (order + 1));
    }
  }
  return vectors;
}
