import type { Box, Space } from '@gradus/core';

/** `space`, if it is a `Box`. Throws `RangeError`, in which `name` says what it is of, and what makes a `Box` of observations, if it is not. */
export function boxOf(name: string, space: Space): Box {
  if (space.kind === 'box') return space;
  const remedy = name.endsWith('observationSpace') ? '; flattenObservation makes one of it' : '';
  throw new RangeError(`${name}: expected a Box, got ${space.toString()}${remedy}`);
}

/** The same, if it is of real numbers: what moves or scales numbers does not leave whole ones whole. */
export function realBoxOf(name: string, space: Space): Box {
  const box = boxOf(name, space);
  if (box.dtype === 'float32') return box;
  throw new RangeError(`${name}: expected a float32 Box, got ${space.toString()}`);
}
