import { definePrimitive } from '../primitive.ts';
import { checkArguments, valueText, type OptionCheck } from '../check-options.ts';
import { elementOf, elementsOf, isDType, zerosOf, type DType } from '../dtype.ts';
import { checkShape, shapeText, sizeOf, type Shape } from '../shape.ts';
import { currentTrace, Trace, type Tensor, type TensorLike } from '../tensor.ts';
import { isVariable } from '../variable.ts';

definePrimitive('input', { kind: 'source' });
definePrimitive('variable', { kind: 'source' });
definePrimitive('constant', { kind: 'source' });
definePrimitive('constantData', { kind: 'source' });

/**
 * A scalar that is part of the program, by the rule of `cast`.
 * @param dtype default float32
 */
export function scalar(value: number, dtype: DType = 'float32'): Tensor {
  checkArguments('scalar', { value, dtype }, { value: anyNumber, dtype: isDType });
  const exact = elementOf(dtype, value);
  // JSON has no infinities and no NaN.
  return currentTrace().node('constant', [], [], dtype, { value: Object.is(exact, -0) ? '-0' : String(exact) });
}

const anyNumber: OptionCheck = { expected: 'a number', accepts: (value) => typeof value === 'number' };

/** The value of a `constant` node. */
export function scalarValue(node: Tensor): number {
  return Number(node.attributes.value);
}

/**
 * A tensor that is part of the program; its elements by the rule of `cast`.
 * @throws RangeError when the number of values does not fit the shape.
 */
export function constant(shape: Shape, values: ArrayLike<number>, dtype: DType = 'float32'): Tensor {
  checkShape('constant', shape);
  checkArguments('constant', { dtype }, { dtype: isDType });
  const subject = `constant of shape ${shapeText(shape)}`;
  const data = zerosOf(dtype, sizeOf(shape), subject);
  data.set(elementsOf(subject, dtype, data.length, values));
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

/**
 * The tensor that a value stands for; numbers become scalars of type `dtype`.
 * @param operation begins the error for what stands for none, or belongs to another program.
 */
export function asTensor(value: TensorLike, dtype: DType = 'float32', operation = 'asTensor'): Tensor {
  if (typeof value === 'number') return scalar(value, dtype);
  const trace = currentTrace();
  if (isVariable(value)) return trace.read(value);
  if (!isTensor(value)) {
    throw new TypeError(`${operation}: expected ${isTensorLike.expected}, got ${valueText(value)}`);
  }
  if (value.trace === trace) return value;
  throw new Error(`${operation}: an input belongs to another program; read its output instead`);
}

/** A check of arguments. */
export const isTensorLike: OptionCheck = {
  expected: 'a tensor, a variable or a number',
  accepts: (value) => typeof value === 'number' || isTensor(value) || isVariable(value),
};

/** A check of arguments. */
export const isTraced: OptionCheck = { expected: 'a tensor', accepts: isTensor };
/** A check of arguments. */
export const isTracedList: OptionCheck = {
  expected: 'a list of tensors',
  accepts: (value) => Array.isArray(value) && value.every(isTensor),
};
/** A check of arguments. */
export const isFunction: OptionCheck = { expected: 'a function', accepts: (value) => typeof value === 'function' };

export function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'trace' in value && value.trace instanceof Trace;
}
