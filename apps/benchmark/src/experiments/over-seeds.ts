import { meanScore } from '@gradus/core';
import { estimate, REPETITIONS, type Estimate } from '../report/summarize-group.ts';

/** The mean of one number from each seed, and its 95 % bootstrap interval. */
export function overSeeds(values: readonly number[]): Estimate {
  return estimate({ seeds: values }, meanScore, REPETITIONS.figure);
}

/** The mean of some numbers. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Told of every repetition that {@link forSeeds} has computed. */
let listener: (() => void) | undefined;

/** Has `onRepetition` called after each repetition that is computed, until the function that it returns is called. */
export function watchRepetitions(onRepetition: () => void): () => void {
  listener = onRepetition;
  return () => {
    listener = undefined;
  };
}

/** What `compute` gives for each seed 0 … seeds − 1. */
export function forSeeds<T>(seeds: number, compute: (seed: number) => T): T[] {
  return Array.from({ length: seeds }, (_, seed) => {
    const result = compute(seed);
    listener?.();
    return result;
  });
}

/** {@link forSeeds} of what takes time to come. */
export async function repeatForSeeds<T>(seeds: number, compute: (seed: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    results.push(await compute(seed));
    listener?.();
  }
  return results;
}
