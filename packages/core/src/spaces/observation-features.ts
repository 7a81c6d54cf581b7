import {
  asTensor,
  cast,
  checkArguments,
  concat,
  constant,
  div,
  oneHot,
  slice,
  squeeze,
  sub,
  type Tensor,
  type TensorLike,
} from '@gradus/tensor';
import { aSpace } from '../options/argument-checks.ts';
import type { Box, Space } from './spaces.ts';

/** Numbers that {@link observationFeatures} gives for one observation. */
export function featureCount(space: Space): number {
  checkArguments('featureCount', { space }, { space: aSpace });
  if (space.kind === 'box') return space.size;
  return space.kind === 'discrete' ? space.n : space.counts.reduce((total, count) => total + count, 0);
}

/**
 * What a network sees of observations [batch, space.size]: real vectors as they are, those of a uint8 `Box` divided by its `high` (by 255
 * for pictures, as in Stable-Baselines3), choices as one-hot vectors.
 */
export function observationFeatures(space: Space, observations: TensorLike): Tensor {
  checkArguments('observationFeatures', { space }, { space: aSpace });
  const rows = asTensor(observations);
  if (space.kind === 'box') return space.dtype === 'uint8' ? divideByHigh(space, rows) : rows;
  const [batch] = rows.shape;
  const numbers = cast(rows, 'int32');
  if (space.kind === 'discrete') return oneHot(sub(squeeze(numbers, 1), space.start), space.n);
  return concat(space.counts.map((count, i) => oneHot(squeeze(slice(numbers, [0, i], [batch, 1]), 1), count)));
}

function divideByHigh({ high, size }: Box, rows: Tensor): Tensor {
  // An element that can only be 0 stays 0.
  const scale = high.map((bound) => Math.max(bound, 1));
  if (scale.every((bound) => bound === scale[0])) return scale[0] === 1 ? rows : div(rows, scale[0]);
  return div(rows, constant([size], scale));
}
