import { asTensor, cast, concat, oneHot, slice, squeeze, sub, type Tensor, type TensorLike } from '@gradus/tensor';
import type { Space } from './spaces.ts';

/** Numbers that {@link observationFeatures} gives for one observation. */
export function featureCount(space: Space): number {
  if (space.kind === 'box') return space.size;
  return space.kind === 'discrete' ? space.n : space.counts.reduce((total, count) => total + count, 0);
}

/** What a network sees of observations [batch, space.size]: real vectors as they are, choices as one-hot vectors. */
export function observationFeatures(space: Space, observations: TensorLike): Tensor {
  const rows = asTensor(observations);
  if (space.kind === 'box') return rows;
  const [batch] = rows.shape;
  const numbers = cast(rows, 'int32');
  if (space.kind === 'discrete') return oneHot(sub(squeeze(numbers, 1), space.start), space.n);
  return concat(space.counts.map((count, i) => oneHot(squeeze(slice(numbers, [0, i], [batch, 1]), 1), count)));
}
