import { positiveInteger, type OptionCheck } from '@gradus/core';
import { NStepWindow } from './n-step-window.ts';
import { tabularAgent, type TabularAgentClass } from './tabular-agent.ts';
import { tabularChecks, tabularDefaults, type TabularLearner, type TabularOptions } from './tabular-learner.ts';

/** What n-step methods may be told. */
export interface NStepOptions extends TabularOptions {
  /** n, the rewards in a target, of which fewer are left at the end of an episode. Default 4. */
  readonly nSteps: number;
}

/** Those of {@link TabularOptions}, and n = 4, which does best in Sutton and Barto (2018), Figures 7.2 and 10.4. */
export const nStepDefaults: NStepOptions = { ...tabularDefaults, nSteps: 4 };

const checks: { readonly [Name in keyof NStepOptions]: OptionCheck } = {
  ...tabularChecks,
  nSteps: positiveInteger,
};

/** The class of agents that learn from n-step returns, which go on with `nextValue`. */
export function nStepAgent(
  algorithm: string,
  nextValue: (learner: TabularLearner) => number,
): TabularAgentClass<NStepOptions> {
  return tabularAgent(algorithm, { defaults: nStepDefaults, checks }, (learner, { nSteps, gamma }) => {
    const window = new NStepWindow(nSteps, gamma);
    const learnReturn = (pair: number, value: number): void => learner.moveTowards(pair, value);
    return {
      episode: { window },
      update: (transition) => window.add(transition.pair, transition, () => nextValue(learner), learnReturn),
    };
  });
}
