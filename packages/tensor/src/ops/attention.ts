import { definePrimitive } from '../primitive.ts';
import { currentTrace, type Tensor, type TensorLike } from '../tensor.ts';
import { shapeText, sizeOf } from '../shape.ts';
import { cast } from './cast.ts';
import { mul, sub, withGradient } from './map.ts';
import { triangularMatmul } from './matmul.ts';
import { OP_CAUSAL_SOFTMAX } from './opcodes.ts';
import { sum, sumTo } from './broadcast.ts';
import { transpose } from './shape.ts';

/**
 * Causal scaled dot-product attention: position i looks at positions 0 to i (Vaswani et al., 2017).
 *
 * softmax(q kᵀ / √d + mask) v, where the mask is −∞ for j > i: queries and keys […, time, d], values […, time, width] →
 * […, time, width]. Leading axes (batch, heads) broadcast. Only what the mask leaves is computed; nothing at a later
 * position, infinite or not a number as it may be, reaches an earlier one.
 * @throws RangeError when the shapes do not fit.
 */
export function causalAttention(queries: TensorLike, keys: TensorLike, values: TensorLike): Tensor {
  const [q, k, v] = [queries, keys, values].map((each) => cast(each, 'float32', 'causalAttention'));
  const shapes = [q, k, v].map(({ shape }) => shape);
  const [time, size] = q.shape.slice(-2);
  if (shapes.some((shape) => shape.length < 2 || shape.at(-2) !== time) || k.shape.at(-1) !== size) {
    throw new RangeError(
      `causalAttention: queries, keys and values ${shapes.map(shapeText).join(', ')} do not fit: […, time, d], […, time, d], […, time, width]`,
    );
  }
  const scale = 1 / Math.sqrt(size);
  const weights = causalSoftmax(mul(triangularMatmul(q, transpose(k), 'lowerResult'), scale));
  // Σⱼ wᵢⱼ ∂L/∂wᵢⱼ, which the gradient of softmax takes off, is ∂L/∂yᵢ · yᵢ: so that gradient needs no pass over the weights
  // of its own (Dao et al., 2022).
  return withGradient(triangularMatmul(weights, v, 'lowerLeft'), [q, k, v], (output, gradient) => {
    const gradientWeights = triangularMatmul(gradient, transpose(v), 'lowerResult');
    const mean = sum(mul(gradient, output), { axis: -1, keepDims: true });
    const gradientScores = mul(sub(gradientWeights, mean), weights);
    return [
      sumTo(mul(triangularMatmul(gradientScores, k, 'lowerLeft'), scale), q.shape),
      sumTo(mul(triangularMatmul(transpose(gradientScores), q, 'upperLeft'), scale), k.shape),
      sumTo(triangularMatmul(transpose(weights), gradient, 'upperLeft'), v.shape),
    ];
  });
}

/** softmax over the elements of each row on and before the diagonal, zeros behind: […, m, n] → […, m, n]. */
function causalSoftmax(scores: Tensor): Tensor {
  return currentTrace().node('causalSoftmax', [scores], scores.shape, 'float32');
}

definePrimitive('causalSoftmax', {
  kind: 'kernel',
  inPlace: true,
  gradient: (node, gradient) => [mul(node, sub(gradient, sum(mul(gradient, node), { axis: -1, keepDims: true })))],
  lower: (node, emit) => {
    const [rows, columns] = node.shape.slice(-2);
    emit(OP_CAUSAL_SOFTMAX, sizeOf(node.shape.slice(0, -2)), rows, columns, node.inputs[0], node);
  },
});
