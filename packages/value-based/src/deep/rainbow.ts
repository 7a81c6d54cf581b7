import { linear } from '@gradus/core';
import type { DqnOptions } from './dqn-options.ts';

/**
 * Rainbow (Hessel et al., 2018) as a sum of options of `Dqn`, where they differ from `dqnDefaults`: double Q-learning, dueling streams,
 * prioritized replay, three-step returns, noisy layers instead of ε, and C51's distribution, with the paper's numbers.
 *
 *     new Dqn(env, { ...rainbowDefaults, seed: 1 })
 */
export const rainbowDefaults: Partial<DqnOptions> = {
  double: true,
  dueling: true,
  replay: 'prioritized',
  priorityExponent: 0.5,
  importanceExponent: linear(0.4, 1),
  nSteps: 3,
  noisy: true,
  epsilon: 0,
  distribution: { kind: 'categorical', atoms: 51, low: -10, high: 10 },
  learningRate: 6.25e-5,
  adamEpsilon: 1.5e-4,
};
