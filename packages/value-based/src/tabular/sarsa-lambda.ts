import { fraction, oneOf, type OptionCheck } from '@gradus/core';
import { EligibilityTraces, traceKinds, type TraceKind } from './eligibility-traces.ts';
import { tabularAgent, type TabularAgent, type TabularAgentClass } from './tabular-agent.ts';
import { tabularChecks, tabularDefaults, type TabularOptions } from './tabular-learner.ts';

/** What SARSA(λ) may be told. */
export interface SarsaLambdaOptions extends TabularOptions {
  /** λ, from 0, SARSA, to 1, Monte Carlo. Default 0.9. */
  readonly lambda: number;
  /** What a visit does to a trace. Default `replacing`. */
  readonly traces: TraceKind;
}

/** Those of {@link TabularOptions}, λ = 0.9 and replacing traces, about the best of Sutton and Barto (2018), Figure 12.10. */
export const sarsaLambdaDefaults: SarsaLambdaOptions = { ...tabularDefaults, lambda: 0.9, traces: 'replacing' };

const checks: { readonly [Name in keyof SarsaLambdaOptions]: OptionCheck } = {
  ...tabularChecks,
  lambda: fraction,
  traces: oneOf(...traceKinds),
};

/**
 * SARSA(λ) (Rummery and Niranjan, 1994; S2.5): each step's error moves all pairs as far as they are eligible,
 *
 *     δ = r + γ q(s′, a′) − q(s, a),   q ← q + δ e,   e ← γλ e
 *
 * where e(s, a) grows at each visit as {@link TraceKind} says; with `dutch` traces it is true online SARSA(λ) (van Seijen et al., 2016).
 */
export const SarsaLambda: TabularAgentClass<SarsaLambdaOptions> = tabularAgent(
  'sarsa-lambda',
  { defaults: sarsaLambdaDefaults, checks },
  (learner, { gamma, lambda, traces: kind }) => {
    const { table } = learner;
    const traces = new EligibilityTraces(table.values.length, kind, gamma * lambda);
    return {
      episode: { traces },
      update: ({ pair, reward, ended }) => {
        const nextValue = learner.sampledNextValue();
        const error = reward + gamma * nextValue - table.values[pair];
        traces.update(table.values, pair, table.nextStepSize(pair, learner.progress), error, nextValue);
        if (ended) traces.clear();
        learner.noteError(error);
      },
    };
  },
);

/** A SARSA(λ) agent. */
export type SarsaLambda = TabularAgent<SarsaLambdaOptions>;
