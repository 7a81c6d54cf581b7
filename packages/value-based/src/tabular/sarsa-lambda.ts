import {
  BaseAgent,
  fraction,
  oneOf,
  type AgentParts,
  type DeviceOption,
  type Env,
  type OptionCheck,
  type Progress,
  type VectorEnv,
} from '@gradus/core';
import { EligibilityTraces, traceKinds, type TraceKind } from './eligibility-traces.ts';
import type { TabularActionValues } from './tabular-action-values.ts';
import { TabularLearner, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-learner.ts';

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
export class SarsaLambda extends BaseAgent<SarsaLambdaOptions> {
  static readonly algorithm = 'sarsa-lambda';
  readonly values: TabularActionValues;
  readonly actionValues: TabularActionValues['of'];
  protected readonly parts: AgentParts;
  private readonly learner: TabularLearner;
  private readonly traces: EligibilityTraces;

  /** Throws `RangeError` as {@link TabularLearner} does, and for an unknown option or a wrong one. */
  constructor(env: Env | VectorEnv, options: Partial<SarsaLambdaOptions> & DeviceOption = {}) {
    const { algorithm } = SarsaLambda;
    super({ name: algorithm, algorithm, defaults: sarsaLambdaDefaults, checks: checks }, env, options);
    this.learner = new TabularLearner(this, this.training, this.random);
    this.values = this.learner.values;
    this.actionValues = this.values.of;
    const { gamma, lambda, traces } = this.options;
    this.traces = new EligibilityTraces(this.values.table.length, traces, gamma * lambda);
    this.parts = this.learner.parts({ episode: { traces: this.traces } });
  }

  protected train(totalSteps: number): Generator<Progress, void, void> {
    const { learner, traces, options } = this;
    const { world, table } = learner;
    return learner.train(totalSteps, () => {
      const nextValue = learner.sampledNextValue();
      const error = world.reward + options.gamma * nextValue - table.values[world.pair];
      const alpha = table.nextStepSize(world.pair, learner.progress);
      traces.update(table.values, world.pair, alpha, error, nextValue);
      if (world.ended) traces.clear();
      learner.noteError(error);
    });
  }
}
