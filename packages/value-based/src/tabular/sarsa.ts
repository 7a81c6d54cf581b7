import { tabularAgent, type TabularAgent, type TabularAgentClass } from './tabular-agent.ts';
import { tabularOptions } from './tabular-learner.ts';

/**
 * SARSA (Rummery and Niranjan, 1994; S2.4): learns the values of the policy that it follows, exploration included. a′ is the action that
 * is taken next.
 *
 *     q(s, a) ← q(s, a) + α [r + γ q(s′, a′) − q(s, a)]
 */
export const Sarsa: TabularAgentClass = tabularAgent('sarsa', tabularOptions, (learner, { gamma }) => ({
  update: ({ pair, reward }) => learner.moveTowards(pair, reward + gamma * learner.sampledNextValue()),
}));

/** A SARSA agent. */
export type Sarsa = TabularAgent;
