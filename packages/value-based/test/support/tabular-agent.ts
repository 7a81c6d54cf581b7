import type { BaseAgent, Env, VectorEnv } from '@gradus/core';
import type { QLearning } from '@gradus/value-based';

/** Any of the agents with a table. */
export type TabularAgent = BaseAgent & Pick<QLearning, 'values' | 'actionValues'>;

/** Its class. */
export type TabularAgentClass = new (env: Env | VectorEnv, options?: object) => TabularAgent;
