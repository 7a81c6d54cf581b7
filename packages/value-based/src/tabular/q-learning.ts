import { tabularAgent, type TabularAgent, type TabularAgentClass } from './tabular-agent.ts';
import { tabularOptions } from './tabular-learner.ts';

/**
 * Q-learning (Watkins, 1989; Watkins and Dayan, 1992): learns Q* whatever actions are tried, if all are again and again.
 *
 *     q(s, a) ← (1 − α) q(s, a) + α [r + γ max_a′ q(s′, a′)]
 *
 * In a deterministic world `alpha: 1` is the rule q(s, a) ← r + γ max_a′ q(s′, a′) (S2.2); else α must fall with visits, as with
 * `alpha: visitStepSize(1, 1)`, α_n = 1 / (1 + visits_n(s, a)) (S2.3), for convergence with probability 1.
 */
export const QLearning: TabularAgentClass = tabularAgent('q-learning', tabularOptions, (learner, { gamma }) => ({
  update: ({ pair, reward }) => learner.moveTowards(pair, reward + gamma * learner.maximumNextValue()),
}));

/** A Q-learning agent. */
export type QLearning = TabularAgent;
