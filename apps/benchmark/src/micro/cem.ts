import { Box, Discrete } from '@gradus/core';
import { CrossEntropyMethod, PolicyNetwork } from '@gradus/policy-search';
import type { MicroCase, MicroUpdate } from './micro-case.ts';

/**
 * An iteration of the cross-entropy method for a linear policy of CartPole, with 200 candidates, and for as many parameters as an actor 4-64-64-2 has,
 * with 100: they are drawn, and the Gaussian is fitted to the best 10. It needs no device.
 */
export const cemCases: readonly MicroCase[] = [
  { name: 'cem_p200_4-2', isLarge: false, create: () => createCem(200, []) },
  { name: 'cem_p100_4-64-64-2', isLarge: false, create: () => createCem(100, [64, 64]) },
];

/** The utility is −‖θ‖² / n, so that no environment takes part. */
function createCem(populationSize: number, hidden: readonly number[]): MicroUpdate {
  const spaces = { observationSpace: new Box(-Infinity, Infinity, [4]), actionSpace: new Discrete(2) };
  const { dimension } = new PolicyNetwork(spaces, { hidden });
  const search = new CrossEntropyMethod(new Float64Array(dimension), {
    populationSize,
    extraNoise: 1e-3,
    evaluateMean: false,
  });
  const utilities = new Float64Array(populationSize);
  const loss = new Float32Array(1);
  return {
    run: () => {
      const candidates = search.ask();
      loss[0] = 0;
      for (let k = 0; k < populationSize; k++) {
        utilities[k] = -sumOfSquares(candidates, k * dimension, (k + 1) * dimension) / dimension;
        loss[0] -= utilities[k] / populationSize;
      }
      search.tell(utilities);
      return { loss };
    },
    dispose: () => undefined,
  };
}

/** Of values start ≤ i < end, an even number of them: two sums side by side, since each addition waits for the one before it. */
function sumOfSquares(values: Float64Array, start: number, end: number): number {
  let [even, odd] = [0, 0];
  for (let i = start; i < end; i += 2) {
    even += values[i] * values[i];
    odd += values[i + 1] * values[i + 1];
  }
  return even + odd;
}
