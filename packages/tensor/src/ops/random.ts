import { definePrimitive } from '../primitive.ts';
import { checkShape, shapeText, sizeOf, type Shape } from '../shape.ts';
import { currentTrace, type Tensor, type TensorLike } from '../tensor.ts';
import { asTensor } from './constant.ts';
import { add, cos, log, maximum, mul, neg, sqrt, sub } from './map.ts';
import { cast } from './cast.ts';
import { OP_RANDOM } from './opcodes.ts';
import { argmax } from './reduce.ts';
import { reshape, slice } from './shape.ts';

/**
 * Uniform numbers in [0, 1) with 24 random bits: a function of the key alone (Threefry-2x32 with 20 rounds; Salmon et
 * al., "Parallel random numbers: as easy as 1, 2, 3", 2011). Each call in a program draws from a stream of its own.
 * @param key two int32: give a new one to every run, such as `[seed, step]`.
 */
export function randomUniform(key: TensorLike, shape: Shape): Tensor {
  const trace = currentTrace();
  const pair = asTensor(key, 'int32', 'randomUniform');
  checkShape('randomUniform', shape);
  if (pair.dtype !== 'int32' || sizeOf(pair.shape) !== 2) {
    throw new TypeError(`randomUniform: expected a key of two int32, got ${pair.dtype} ${shapeText(pair.shape)}`);
  }
  return trace.node('randomUniform', [pair], [...shape], 'float32', { stream: trace.nextRandomStream() });
}

definePrimitive('randomUniform', {
  kind: 'kernel',
  lower: (node, emit) => {
    emit(OP_RANDOM, sizeOf(node.shape), node.attributes.stream as number, node.inputs[0], node);
  },
});

/** Standard normal numbers (Box and Muller, 1958). The key is that of {@link randomUniform}. */
export function randomNormal(key: TensorLike, shape: Shape): Tensor {
  checkShape('randomNormal', shape);
  const uniform = randomUniform(key, [2, ...shape]);
  const part = (i: number): Tensor => {
    const begin = [i, ...shape.map(() => 0)];
    return slice(uniform, begin, [1, ...shape]);
  };
  // 1 − u lies in (0, 1], whose logarithm is finite.
  const radius = sqrt(mul(-2, log(sub(1, part(0)))));
  const normal = mul(radius, cos(mul(2 * Math.PI, part(1))));
  return reshape(normal, shape);
}

/** Below every uniform number but 0, whose second logarithm would be infinite: 0 is taken for it. */
const LEAST_UNIFORM = 2 ** -25;

/**
 * Draws an index (int32) from softmax(logits) along the last axis: logits […n, k] → […n]. Gumbel-max:
 * argmax(logits − log(−log u)).
 */
export function randomCategorical(key: TensorLike, logits: TensorLike): Tensor {
  const scores = cast(logits, 'float32', 'randomCategorical');
  const uniform = maximum(randomUniform(key, scores.shape), LEAST_UNIFORM);
  const gumbel = neg(log(neg(log(uniform))));
  return argmax(add(scores, gumbel));
}
