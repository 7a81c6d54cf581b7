import { nearestNames } from '@gradus/core';

/** What to tell who asked for a name that is not known: `did you mean ppo?`, or all names where none comes near. */
export function nameHint(wanted: string, known: readonly string[]): string {
  const near = nearestNames(wanted, known);
  return near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known are ${known.join(', ')}`;
}
