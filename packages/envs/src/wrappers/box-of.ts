import type { Box, Space, SpaceValue } from '@gradus/core';

/** `space`, if it is a `Box`. Throws `RangeError`, in which `name` says what it is of, if it is not. */
export function boxOf(name: string, space: Space): Box {
  if (space.kind === 'box') return space;
  throw new RangeError(`${name}: expected a Box, got ${space.toString()}`);
}

/** A member of any space as a list of its numbers. */
export function toNumbers(value: SpaceValue): ArrayLike<number> {
  return typeof value === 'number' ? [value] : value;
}
