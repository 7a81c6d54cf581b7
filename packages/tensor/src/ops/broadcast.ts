// Repeating and adding up: each is the other's gradient.
import { definePrimitive } from '../primitive.ts';
import { checkShape, sameShape, shapeText, type Shape } from '../shape.ts';
import { currentTrace, type Tensor, type TensorLike } from '../tensor.ts';
import { checkedTensor, reduce, type AxisOptions } from './axes.ts';
import { cast } from './cast.ts';
import { asTensor, scalar } from './constant.ts';
import { reshape } from './shape.ts';

/** The shape two operands have together: sizes agree or are 1. @throws RangeError when they do not fit. */
export function broadcastShapes(operation: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let axis = 0; axis < rank; axis++) {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new RangeError(`${operation}: shapes ${shapeText(a)} and ${shapeText(b)} do not fit together`);
    }
    shape[axis] = sizeA === 1 ? sizeB : sizeA;
  }
  return shape;
}

/** Repeats a tensor along new leading axes and axes of size 1, as NumPy does. @throws RangeError when it does not fit. */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  checkShape('broadcastTo', shape);
  const tensor = asTensor(x, 'float32', 'broadcastTo');
  if (sameShape(tensor.shape, shape)) return tensor;
  if (!sameShape(broadcastShapes('broadcastTo', tensor.shape, shape), shape)) {
    throw new RangeError(`broadcastTo: a tensor of shape ${shapeText(tensor.shape)} cannot become ${shapeText(shape)}`);
  }
  return currentTrace().node('broadcast', [tensor], [...shape], tensor.dtype);
}

definePrimitive('broadcast', {
  kind: 'view',
  gradient: (node, gradient) => [sumTo(gradient, node.inputs[0].shape)],
  view: (node, source) => {
    const from = node.inputs[0].shape;
    const missing = node.shape.length - from.length;
    const strides = node.shape.map((_, axis) => {
      const own = axis - missing;
      return own < 0 || from[own] === 1 ? 0 : source.strides[own];
    });
    return { ...source, strides };
  },
});

/** Sums what broadcasting repeated: the transpose of {@link broadcastTo}. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const missing = x.shape.length - shape.length;
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis < missing || shape[axis - missing] === 1);
  return reshape(sum(x, { axis: axes }), shape);
}

/** Σ x; of integers modulo 2³², of bools their number. */
export function sum(x: TensorLike, options: AxisOptions = {}): Tensor {
  const tensor = checkedTensor('sum', x, options, {});
  if (tensor.dtype === 'bool') return sum(cast(tensor, 'int32'), options);
  return reduce('sum', tensor, options, tensor.dtype);
}

definePrimitive('sum', { kind: 'reduce', gradient: (node, gradient) => [spread(node, gradient)] });

/** Repeats a reduction's gradient (or result) over the axes that were reduced. */
export function spread(node: Tensor, value: Tensor): Tensor {
  const { start, end } = node.attributes as { start: number; end: number };
  const { shape } = node.inputs[0];
  return broadcastTo(
    reshape(
      value,
      shape.map((extent, axis) => (axis >= start && axis < end ? 1 : extent)),
    ),
    shape,
  );
}

/** A tensor filled with one value. */
export function full(shape: Shape, value: number): Tensor {
  checkShape('full', shape);
  return broadcastTo(scalar(value), shape);
}
