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
import { spaceLeaves, type Box, type LeafSpace, type Space } from './spaces.ts';

/** Numbers that {@link observationFeatures} gives for one observation. */
export function featureCount(space: Space): number {
  checkArguments('featureCount', { space }, { space: aSpace });
  return spaceLeaves(space).reduce((total, leaf) => total + leafCount(leaf.space), 0);
}

function leafCount(space: LeafSpace): number {
  switch (space.kind) {
    case 'box':
    case 'multi-binary':
      return space.size;
    case 'discrete':
      return space.n;
    case 'multi-discrete':
      return space.counts.reduce((total, count) => total + count, 0);
  }
}

/**
 * What a network sees of observations [batch, space.size]: numbers as they are, those of a uint8 `Box` divided by its `high` (by 255
 * for pictures, as in Stable-Baselines3), bits as 0 and 1, choices as one-hot vectors; of a `Dict` those of each part, one after the
 * other in the order of its layout.
 */
export function observationFeatures(space: Space, observations: TensorLike): Tensor {
  checkArguments('observationFeatures', { space }, { space: aSpace });
  const rows = asTensor(observations);
  const [batch] = rows.shape;
  const leaves = spaceLeaves(space);
  // A space of its own needs no slice.
  if (leaves.length === 1) return leafFeatures(leaves[0].space, rows);
  return concat(
    leaves.map((leaf) => leafFeatures(leaf.space, slice(rows, [0, leaf.start], [batch, leaf.end - leaf.start]))),
  );
}

function leafFeatures(space: LeafSpace, rows: Tensor): Tensor {
  switch (space.kind) {
    case 'box':
      return space.dtype === 'uint8' ? divideByHigh(space, rows) : rows;
    case 'multi-binary':
      return rows;
    case 'discrete':
      return oneHot(sub(squeeze(cast(rows, 'int32'), 1), space.start), space.n);
    case 'multi-discrete': {
      const [batch] = rows.shape;
      const numbers = cast(rows, 'int32');
      const choice = (i: number): Tensor => sub(squeeze(slice(numbers, [0, i], [batch, 1]), 1), space.start[i]);
      return concat(space.counts.map((count, i) => oneHot(choice(i), count)));
    }
  }
}

function divideByHigh({ high, size }: Box, rows: Tensor): Tensor {
  // An element that can only be 0 stays 0.
  const scale = high.map((bound) => Math.max(bound, 1));
  if (scale.every((bound) => bound === scale[0])) return scale[0] === 1 ? rows : div(rows, scale[0]);
  return div(rows, constant([size], scale));
}
