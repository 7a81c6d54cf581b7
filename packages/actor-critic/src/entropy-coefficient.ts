import { finiteNumber, nonNegativeNumber, nullable, positiveNumber, type OptionCheck } from '@gradus/core';
import * as t from '@gradus/tensor';

/** Options about α, what entropy is worth. */
export interface EntropyOptions {
  /** α; `auto`: it is learned, so that the entropy approaches `targetEntropy` (Haarnoja et al., 2018b). Default `auto`. */
  readonly entropyCoefficient: number | 'auto';
  /** α at first, where it is learned. Default 1 (SB3). */
  readonly initialEntropyCoefficient: number;
  /** The entropy that α is learned for. `null`: for real actions minus their number of elements (SB3), for n choices 0.98 log n (Christodoulou, 2019). Default `null`. */
  readonly targetEntropy: number | null;
}

/** Stable-Baselines3's defaults. */
export const entropyDefaults: EntropyOptions = {
  entropyCoefficient: 'auto',
  initialEntropyCoefficient: 1,
  targetEntropy: null,
};

/** What each of these options must be. */
export const entropyChecks: { readonly [Name in keyof EntropyOptions]: OptionCheck } = {
  entropyCoefficient: {
    expected: "'auto' or a number of at least 0",
    accepts: (value) => value === 'auto' || nonNegativeNumber.accepts(value),
    explain: (value) =>
      String(value).startsWith('auto_') ? 'what α begins with is initialEntropyCoefficient' : undefined,
  },
  initialEntropyCoefficient: positiveNumber,
  targetEntropy: nullable(finiteNumber),
};

/** α and how it is learned. */
export interface EntropyCoefficient {
  /** log α, empty where it is not learned. */
  readonly parameters: t.Parameters;
  readonly optimizer: t.Optimizer | undefined;
  /** Inside a program: α, without a gradient. */
  present(): t.Tensor;
  /**
   * Inside a program: the present α; afterwards log α descends on −log α · E[log π + target], given E[log π], a scalar.
   */
  learn(meanLogProbability: t.Tensor, learningRate: t.Tensor): t.Tensor;
}

/** A new one; `usualTarget` is the entropy for `targetEntropy: null`. */
export function createEntropyCoefficient(
  { entropyCoefficient, initialEntropyCoefficient, targetEntropy }: EntropyOptions,
  usualTarget: number,
): EntropyCoefficient {
  if (entropyCoefficient !== 'auto') {
    const constant = (): t.Tensor => t.scalar(entropyCoefficient);
    return { parameters: {}, optimizer: undefined, present: constant, learn: constant };
  }
  const logAlpha = t.variable([], [Math.log(initialEntropyCoefficient)], { name: 'logAlpha' });
  const parameters = { logAlpha };
  const adam = t.adam(parameters);
  const present = (): t.Tensor => t.stopGradient(t.exp(logAlpha));
  return {
    parameters,
    optimizer: adam,
    present,
    learn: (meanLogProbability, learningRate) => {
      const alpha = present();
      const surplus = t.stopGradient(t.add(meanLogProbability, targetEntropy ?? usualTarget));
      adam.minimize(t.neg(t.mul(logAlpha, surplus)), { learningRate });
      return alpha;
    },
  };
}
