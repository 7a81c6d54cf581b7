import type { Agent } from '@gradus/core';

/** Trains an agent up to so many environment steps, counted from its first. */
export function learnUntil(agent: Agent, steps: number): void {
  const learning = agent.learn({ steps });
  while (learning.next().done !== true);
}
