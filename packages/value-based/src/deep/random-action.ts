import type { Discrete, Random, VectorEnv } from '@gradus/core';

/** An action of copy `copy` of `env`, each as likely as any other; a legal one where there are masks. */
export function randomAction({ actionMasks }: VectorEnv, { n, start }: Discrete, copy: number, random: Random): number {
  let action;
  do action = random.integer(n);
  while (actionMasks?.[copy * n + action] === 0);
  return start + action;
}
