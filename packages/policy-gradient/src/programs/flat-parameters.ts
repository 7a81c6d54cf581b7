import * as t from '@gradus/tensor';

/** Number of elements of all parameters. */
export function parameterCount(parameters: t.Parameters): number {
  return Object.values(parameters).reduce((total, { shape }) => total + t.sizeOf(shape), 0);
}

/** Inside a program: one vector [n] of the elements of all tensors, in order. */
export function flatten(tensors: readonly t.Tensor[]): t.Tensor {
  return t.concat(tensors.map((tensor) => t.reshape(tensor, [-1])));
}

/** Inside a program: the parts of a vector [n] in the shapes of the parameters, the inverse of {@link flatten}. */
export function unflatten(vector: t.Tensor, parameters: t.Parameters): t.Tensor[] {
  let start = 0;
  return Object.values(parameters).map(({ shape }) => {
    const size = t.sizeOf(shape);
    const part = t.reshape(t.slice(vector, [start], [size]), shape);
    start += size;
    return part;
  });
}
