import { definePrimitive } from '../primitive.ts';
import type { DType, Shape, Tensor, TensorData, TensorLike } from '../tensor.ts';
import { currentTrace, shapeText, sizeOf, zerosOf } from '../tensor.ts';

definePrimitive('input', { kind: 'source' });
definePrimitive('variable', { kind: 'source' });
definePrimitive('constant', { kind: 'source' });
definePrimitive('constantData', { kind: 'source' });

/**
 * A scalar that is part of the program.
 * @param dtype default float32
 */
export function scalar(value: number, dtype: DType = 'float32'): Tensor {
  // JSON has no infinities and no NaN.
  const exact = dtype === 'float32' ? Math.fround(value) : Math.trunc(value);
  return currentTrace().node('constant', [], [], dtype, { value: Object.is(exact, -0) ? '-0' : String(exact) });
}

/** The value of a `constant` node. */
export function scalarValue(node: Tensor): number {
  return Number(node.attributes.value);
}

/**
 * A tensor that is part of the program.
 * @throws RangeError when the number of values does not fit the shape.
 */
export function constant(shape: Shape, values: ArrayLike<number>, dtype: DType = 'float32'): Tensor {
  const size = sizeOf(shape);
  if (values.length !== size) {
    throw new RangeError(`constant of shape ${shapeText(shape)}: expected ${size} values, got ${values.length}`);
  }
  const data: TensorData = zerosOf(dtype, size);
  data.set(values);
  const trace = currentTrace();
  for (const [id, known] of trace.constants) {
    const node = trace.nodes[id];
    if (node.dtype === dtype && node.shape.join() === shape.join() && known.every((x, i) => Object.is(x, data[i]))) {
      return node;
    }
  }
  const node = trace.fresh('constantData', [], [...shape], dtype);
  trace.constants.set(node.id, data);
  return node;
}

/** The tensor that a value stands for; numbers become scalars of type `dtype`. */
export function asTensor(value: TensorLike, dtype: DType = 'float32'): Tensor {
  if (typeof value === 'number') return scalar(value, dtype);
  if ('inputs' in value) return value;
  return currentTrace().read(value);
}
