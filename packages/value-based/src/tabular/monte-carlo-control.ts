import { EpisodeBuffer } from './episode-buffer.ts';
import { visitStepSize } from './step-size.ts';
import { tabularAgent, type TabularAgent, type TabularAgentClass } from './tabular-agent.ts';
import { tabularChecks, tabularDefaults, type TabularOptions } from './tabular-learner.ts';

/** Those of {@link TabularOptions}, but that values are the means of their returns, α_n = 1 / n. */
export const monteCarloDefaults: TabularOptions = { ...tabularDefaults, alpha: visitStepSize() };

/**
 * On-policy first-visit Monte-Carlo control (Sutton and Barto, 2018, §5.4; S2.1): after each episode, for the first visit of each pair in it,
 *
 *     G = r_t + γ r_{t+1} + γ² r_{t+2} + …,   q(s_t, a_t) ← q(s_t, a_t) + α [G − q(s_t, a_t)]
 *
 * The return of an episode that was cut off goes on with the value of its last state, Σ_a π(a | s) q(s, a). Learns the values of the
 * policy that it follows, exploration included.
 */
export const MonteCarloControl: TabularAgentClass = tabularAgent(
  'monte-carlo',
  { defaults: monteCarloDefaults, checks: tabularChecks },
  (learner, { gamma }) => {
    const trajectory = new EpisodeBuffer(learner.values.table.length);
    const learnReturn = (pair: number, value: number): void => learner.moveTowards(pair, value);
    return {
      episode: { trajectory },
      update: ({ pair, reward, ended }) => {
        trajectory.push(pair, reward);
        if (ended) trajectory.finish(gamma, learner.expectedNextValue(), true, learnReturn);
      },
    };
  },
);

/** A Monte-Carlo control agent. */
export type MonteCarloControl = TabularAgent;
