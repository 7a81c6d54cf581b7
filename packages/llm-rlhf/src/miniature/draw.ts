import type { RandomSource } from '@gradus/core';

/** One of several, each as likely. */
export function drawOne<T>(random: RandomSource, from: readonly T[]): T {
  return from[random.integer(from.length)];
}

/** `count` different ones, in random order. */
export function drawDistinct<T>(random: RandomSource, from: readonly T[], count: number): T[] {
  const left = [...from];
  return Array.from({ length: count }, () => left.splice(random.integer(left.length), 1)[0]);
}

/** Whether something that has this probability happens. */
export function happens(random: RandomSource, probability: number): boolean {
  return random.nextFloat() < probability;
}
