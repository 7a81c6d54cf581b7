import { similarNames } from '@gradus/core';

/** What to tell who asked for a name that is not known: `did you mean ppo?`, or all names where none is similar. */
export function nameHint(wanted: string, known: readonly string[]): string {
  const similar = similarNames(wanted, known);
  return similar.length > 0 ? `did you mean ${similar.join(' or ')}?` : `known are ${known.join(', ')}`;
}
