import type { PolicySearchOptions } from './policy-search.ts';
import type { RandomSearchOptions } from './random-search.ts';

/** Options under which a published figure was reached. */
export interface ArsSettings {
  /** Environment copies. */
  readonly numEnvs: number;
  /** Environment steps of the published run. */
  readonly steps: number;
  readonly options: Partial<PolicySearchOptions & RandomSearchOptions>;
}

/** Settings of RL Baselines3 Zoo (`hyperparams/ars.yml`) by environment; what it leaves open are the defaults of sb3-contrib. */
export const arsSettings: Readonly<Record<'zoo', Readonly<Record<string, ArsSettings>>>> = {
  zoo: {
    'CartPole-v1': { numEnvs: 1, steps: 50_000, options: { directions: 2, bias: false } },
  },
};
