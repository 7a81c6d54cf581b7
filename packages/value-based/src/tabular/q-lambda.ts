import { fraction, oneOf, type OptionCheck } from '@gradus/core';
import { EligibilityTraces, traceKinds, type TraceKind } from './eligibility-traces.ts';
import { tabularAgent, type TabularAgent, type TabularAgentClass } from './tabular-agent.ts';
import type { TabularEnv } from './tabular-env.ts';
import { tabularChecks, tabularDefaults, type TabularOptions } from './tabular-learner.ts';

/** What Q(λ) may be told. */
export interface QLambdaOptions extends TabularOptions {
  /** λ, in [0, 1]; with 0 it is Q-learning. Default 0.9. */
  readonly lambda: number;
  /** Whose Q(λ). Default `watkins`. */
  readonly variant: 'watkins' | 'peng';
  /** What a visit does to a trace; `dutch` only with `watkins`. Default `replacing`. */
  readonly traces: TraceKind;
}

/** Those of {@link TabularOptions}, and Watkins's Q(λ) with λ = 0.9 and replacing traces, as of SARSA(λ). */
export const qLambdaDefaults: QLambdaOptions = {
  ...tabularDefaults,
  lambda: 0.9,
  variant: 'watkins',
  traces: 'replacing',
};

const checks: { readonly [Name in keyof QLambdaOptions]: OptionCheck } = {
  ...tabularChecks,
  lambda: fraction,
  variant: oneOf('watkins', 'peng'),
  traces: oneOf(...traceKinds),
};

/**
 * Q-learning with eligibility traces (S2.5). With v(s) = max_a q(s, a):
 *
 * - Watkins's Q(λ) (1989) looks ahead only as far as actions were greedy: δ = r + γ v(s′) − q(s, a), q ← q + δ e, e ← γλ e, and e ← 0 as soon
 *   as the next action is none of the best, so that it learns Q* whatever is tried.
 * - Peng's Q(λ) (Peng and Williams, 1996) never cuts: it learns from Q^λ = r + γ [(1 − λ) v(s′) + λ Q^λ(s′, a′)]. The pair visited moves by
 *   r + γ v(s′) − q(s, a), earlier ones by r + γ v(s′) − v(s), as far as they are eligible. It learns faster, and Q* only as far as the actions
 *   tried become greedy.
 */
export const QLambda: TabularAgentClass<QLambdaOptions> = tabularAgent(
  'q-lambda',
  { defaults: qLambdaDefaults, checks },
  (learner, { gamma, lambda, variant, traces: kind }) => {
    if (variant === 'peng' && kind === 'dutch') {
      throw new RangeError(
        "q-lambda: expected traces to be 'accumulating' or 'replacing' with variant 'peng', got 'dutch'",
      );
    }
    const { table } = learner;
    const { values } = table;
    const traces = new EligibilityTraces(values.length, kind, gamma * lambda);
    const watkins = ({ pair, reward }: TabularEnv): void => {
      const nextValue = learner.maximumNextValue();
      const isGreedy = learner.sampledNextValue() === nextValue;
      const error = reward + gamma * nextValue - values[pair];
      traces.update(values, pair, table.nextStepSize(pair, learner.progress), error, nextValue);
      if (!isGreedy) traces.clear();
      learner.noteError(error);
    };
    const peng = ({ pair, reward }: TabularEnv): void => {
      const alpha = table.nextStepSize(pair, learner.progress);
      const target = reward + gamma * learner.maximumNextValue();
      const value = learner.maximumValue();
      const gap = value - values[pair];
      traces.visit(pair, alpha);
      traces.apply(values, target - value);
      // What the pair visited has yet to move, since its own error is larger than that of the earlier ones.
      values[pair] += alpha * gap;
      learner.noteError(target - value + gap);
    };
    const learn = variant === 'watkins' ? watkins : peng;
    return {
      episode: { traces },
      update: (transition) => {
        learn(transition);
        if (transition.ended) traces.clear();
      },
    };
  },
);

/** A Q(λ) agent. */
export type QLambda = TabularAgent<QLambdaOptions>;
