import { readNumber, type StateDict } from '@gradus/core';
import { checkArguments, finiteNumber, nonNegativeNumber, positiveInteger, positiveNumber } from '@gradus/tensor';

/** Options of {@link AdaptiveKlCoefficient}. */
export interface AdaptiveKlOptions {
  /** β at first. */
  readonly initial: number;
  /** The KL divergence of whole completions, in nats, that is aimed at. Ziegler et al.: 6. */
  readonly target: number;
  /** Completions after which β may have changed by e^±0.2. Ziegler et al.: 10,000. */
  readonly horizon: number;
}

/** β that holds the KL divergence near a target (Ziegler et al., 2019, section 2.2): β ← β (1 + clip(KL / target − 1, ±0.2) n / horizon). */
export class AdaptiveKlCoefficient {
  private readonly options: AdaptiveKlOptions;
  private coefficient: number;

  constructor(options: AdaptiveKlOptions) {
    checkArguments('AdaptiveKlCoefficient', options, {
      initial: nonNegativeNumber,
      target: positiveNumber,
      horizon: positiveNumber,
    });
    this.options = options;
    this.coefficient = options.initial;
  }

  get value(): number {
    return this.coefficient;
  }

  /** After `completions` of them with a mean divergence of `kl` nats. */
  update(kl: number, completions: number): void {
    checkArguments('update', { kl, completions }, { kl: finiteNumber, completions: positiveInteger });
    const { target, horizon } = this.options;
    if (completions > horizon) {
      throw new RangeError(`update: expected at most horizon, ${horizon}, completions at a time, got ${completions}`);
    }
    const error = Math.min(Math.max(kl / target - 1, -0.2), 0.2);
    this.coefficient *= 1 + (error * completions) / horizon;
  }

  getState(): StateDict {
    return { coefficient: this.coefficient };
  }

  setState(state: StateDict): void {
    this.coefficient = readNumber(state, 'coefficient');
  }
}
