import { definePrimitive } from '../primitive.ts';
import { currentTrace, type Tensor, type TensorLike } from '../tensor.ts';
import { shapeText } from '../shape.ts';
import { cast } from './cast.ts';
import { broadcastShapes, sumTo } from './broadcast.ts';
import { reshape, transpose } from './shape.ts';

/**
 * Matrix product over the last two axes: [..., m, k] · [..., k, n] → [..., m, n]. Leading axes broadcast. Transposed
 * operands (`matmul(transpose(a), b)`) are read in place.
 * @throws RangeError when inner sizes differ or an operand has fewer than two axes.
 */
export function matmul(a: TensorLike, b: TensorLike): Tensor {
  const left = cast(a, 'float32', 'matmul');
  const right = cast(b, 'float32', 'matmul');
  const [m, k] = left.shape.slice(-2);
  const [k2, n] = right.shape.slice(-2);
  if (left.shape.length < 2 || right.shape.length < 2 || k !== k2) {
    throw new RangeError(
      `matmul: ${shapeText(left.shape)} and ${shapeText(right.shape)} do not fit: […, m, k] · […, k, n]`,
    );
  }
  const batch = broadcastShapes('matmul', left.shape.slice(0, -2), right.shape.slice(0, -2));
  return currentTrace().node('matmul', [left, right], [...batch, m, n], 'float32');
}

definePrimitive('matmul', {
  kind: 'matmul',
  gradient: (node, gradient) => {
    const [a, b] = node.inputs;
    const gradientA = sumTo(matmul(gradient, transpose(b)), a.shape);
    if (b.shape.length > 2) return [gradientA, sumTo(matmul(transpose(a), gradient), b.shape)];
    // One matrix for all rows: the sum over the batch is part of the product.
    const rows = reshape(a, [-1, a.shape[a.shape.length - 1]]);
    const rowGradients = reshape(gradient, [-1, b.shape[1]]);
    return [gradientA, matmul(transpose(rows), rowGradients)];
  },
});
