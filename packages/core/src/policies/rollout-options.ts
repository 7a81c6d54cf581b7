import { flag, fraction, naturalNumber, nullable, positiveInteger, type OptionCheck } from '@gradus/tensor';

/** Options about rollouts that algorithms with an actor and a critic share. */
export interface RolloutOptions {
  /** γ. Default 0.99. */
  readonly gamma: number;
  /** λ of generalized advantage estimation. Default 0.95. */
  readonly gaeLambda: number;
  /** Whether observations are normalized by their running mean and variance. Default false. */
  readonly normalizeObservation: boolean;
  /** Whether rewards are divided by the running standard deviation of the return. Default false. */
  readonly normalizeReward: boolean;
  /**
   * gSDE (Raffin et al., 2021) for continuous actions: their noise is a function of the state (see `stateDependentGaussian`), the same one for so many steps, and
   * a new one in each round: as many as a round has for one a round. `null`: independent noise, whose deviation does not depend on the state, at every step. Default `null`.
   */
  readonly stateDependentExploration: number | null;
  /** Seeds weights, actions, minibatches and environments. Default 0. */
  readonly seed: number;
}

/** Stable-Baselines3's defaults. */
export const rolloutDefaults: RolloutOptions = {
  gamma: 0.99,
  gaeLambda: 0.95,
  normalizeObservation: false,
  normalizeReward: false,
  stateDependentExploration: null,
  seed: 0,
};

/** What each of these options must be. */
export const rolloutChecks: { readonly [Name in keyof RolloutOptions]: OptionCheck } = {
  gamma: fraction,
  gaeLambda: fraction,
  normalizeObservation: flag,
  normalizeReward: flag,
  stateDependentExploration: nullable(positiveInteger),
  seed: naturalNumber,
};
