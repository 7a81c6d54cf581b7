import { positiveInteger, type OptionCheck } from '@gradus/core';
import { tabularChecks, tabularDefaults, type TabularOptions } from './tabular-learner.ts';

/** What n-step methods may be told. */
export interface NStepOptions extends TabularOptions {
  /** n, the rewards in a target, of which fewer are left at the end of an episode. Default 4. */
  readonly nSteps: number;
}

/** Those of {@link TabularOptions}, and n = 4, which does best in Sutton and Barto (2018), Figures 7.2 and 10.4. */
export const nStepDefaults: NStepOptions = { ...tabularDefaults, nSteps: 4 };

/** What the options of {@link NStepOptions} must be. */
export const nStepChecks: { readonly [Name in keyof NStepOptions]: OptionCheck } = {
  ...tabularChecks,
  nSteps: positiveInteger,
};
