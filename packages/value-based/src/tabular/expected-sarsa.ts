import { tabularAgent, type TabularAgent, type TabularAgentClass } from './tabular-agent.ts';
import { tabularOptions } from './tabular-learner.ts';

/**
 * Expected SARSA (van Seijen et al., 2009; S2.4): what SARSA learns, without the variance of drawing a′. π is how actions are tried.
 *
 *     q(s, a) ← q(s, a) + α [r + γ Σ_a′ π(a′ | s′) q(s′, a′) − q(s, a)]
 */
export const ExpectedSarsa: TabularAgentClass = tabularAgent(
  'expected-sarsa',
  tabularOptions,
  (learner, { gamma }) => ({
    update: ({ pair, reward }) => learner.moveTowards(pair, reward + gamma * learner.expectedNextValue()),
  }),
);

/** An expected SARSA agent. */
export type ExpectedSarsa = TabularAgent;
