import { savedValues } from '@gradus/core';
import { bestAction } from './best-action.ts';
import { tabularAgent, type TabularAgent, type TabularAgentClass } from './tabular-agent.ts';
import { tabularOptions } from './tabular-learner.ts';
import { ValueTable } from './value-table.ts';

/**
 * Double Q-learning (van Hasselt, 2010; S2.4): of two tables a coin chooses one to learn; it chooses the next action, which the other
 * one values, so that no value is the largest of several noisy ones.
 *
 *     q₁(s, a) ← q₁(s, a) + α [r + γ q₂(s′, argmax_a′ q₁(s′, a′)) − q₁(s, a)],   or the same with q₁ and q₂ exchanged
 *
 * The values by which it acts and explores are (q₁ + q₂) / 2. Rules of visits count the updates of each table.
 */
export const DoubleQLearning: TabularAgentClass = tabularAgent(
  'double-q-learning',
  tabularOptions,
  (learner, { alpha, gamma, initialValue }) => {
    const { table, numActions } = learner.values;
    const first = new ValueTable(table.length, initialValue, alpha);
    const second = new ValueTable(table.length, initialValue, alpha);
    return {
      learned: { first: first.values, second: second.values },
      state: { updates: savedValues({ first: first.updates, second: second.updates }) },
      update: ({ pair, reward, terminated, nextState, nextMask }) => {
        const isFirst = learner.random.nextFloat() < 0.5;
        const chooser = isFirst ? first : second;
        const other = isFirst ? second : first;
        const row = nextState * numActions;
        const nextPair = row + bestAction(chooser.values, row, numActions, nextMask);
        const target = reward + gamma * (terminated ? 0 : other.values[nextPair]);
        learner.noteError(chooser.moveTowards(pair, target, learner.progress));
        table[pair] = (first.values[pair] + second.values[pair]) / 2;
      },
    };
  },
);

/** A double Q-learning agent. */
export type DoubleQLearning = TabularAgent;
