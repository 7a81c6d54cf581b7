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
import { bestAction } from './best-action.ts';
import { EligibilityTraces, traceKinds, type TraceKind } from './eligibility-traces.ts';
import type { TabularActionValues } from './tabular-action-values.ts';
import { TabularLearner, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-learner.ts';

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
export class QLambda extends BaseAgent<QLambdaOptions> {
  static readonly algorithm = 'q-lambda';
  readonly values: TabularActionValues;
  readonly actionValues: TabularActionValues['of'];
  protected readonly parts: AgentParts;
  private readonly learner: TabularLearner;
  private readonly traces: EligibilityTraces;

  /** Throws `RangeError` as {@link TabularLearner} does, and for an unknown option or a wrong one, such as Dutch traces in Peng's Q(λ), for which they are not defined. */
  constructor(env: Env | VectorEnv, options: Partial<QLambdaOptions> & DeviceOption = {}) {
    const { algorithm } = QLambda;
    super({ name: algorithm, algorithm, defaults: qLambdaDefaults, checks: checks }, env, options);
    this.learner = new TabularLearner(this, this.training, this.random);
    this.values = this.learner.values;
    this.actionValues = this.values.of;
    const { gamma, lambda, variant, traces } = this.options;
    if (variant === 'peng' && traces === 'dutch') {
      throw new RangeError(
        "q-lambda: expected traces to be 'accumulating' or 'replacing' with variant 'peng', got 'dutch'",
      );
    }
    this.traces = new EligibilityTraces(this.values.table.length, traces, gamma * lambda);
    this.parts = this.learner.parts({ episode: { traces: this.traces } });
  }

  protected train(totalSteps: number): Generator<Progress, void, void> {
    const { learner, traces, options } = this;
    return learner.train(totalSteps, () => {
      if (options.variant === 'watkins') this.updateWatkins();
      else this.updatePeng();
      if (learner.world.ended) traces.clear();
    });
  }

  private updateWatkins(): void {
    const { learner, traces } = this;
    const { world, table } = learner;
    const nextValue = learner.maximumNextValue();
    const isGreedy = learner.sampledNextValue() === nextValue;
    const error = world.reward + this.options.gamma * nextValue - table.values[world.pair];
    traces.update(table.values, world.pair, table.nextStepSize(world.pair, learner.progress), error, nextValue);
    if (!isGreedy) traces.clear();
    learner.noteError(error);
  }

  private updatePeng(): void {
    const { learner, traces } = this;
    const { world, table } = learner;
    const { pair } = world;
    const alpha = table.nextStepSize(pair, learner.progress);
    const target = world.reward + this.options.gamma * learner.maximumNextValue();
    const value = this.maximumValue();
    const gap = value - table.values[pair];
    traces.visit(pair, alpha);
    traces.apply(table.values, target - value);
    // What the pair visited has yet to move, since its own error is larger than that of the earlier ones.
    table.values[pair] += alpha * gap;
    learner.noteError(target - value + gap);
  }

  /** v(s) of the state that the step began in. */
  private maximumValue(): number {
    const { world } = this.learner;
    const { table, numActions } = this.values;
    const first = world.state * numActions;
    return table[first + bestAction(table, first, numActions, world.mask)];
  }
}
