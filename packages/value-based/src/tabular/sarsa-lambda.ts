import {
  fraction,
  oneOf,
  type Checkpoint,
  type Env,
  type OptionCheck,
  type Stateful,
  type VectorEnv,
} from '@gradus/core';
import { EligibilityTraces, traceKinds, type TraceKind } from './eligibility-traces.ts';
import { TabularAgent, savedOptions, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-agent.ts';

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
export class SarsaLambda extends TabularAgent<SarsaLambdaOptions> {
  private readonly traces: EligibilityTraces;

  /** Throws `RangeError` as {@link TabularAgent} says. */
  constructor(env: Env | VectorEnv, options: Partial<SarsaLambdaOptions> = {}) {
    super('sarsa-lambda', env, options, sarsaLambdaDefaults, checks);
    const { gamma, lambda, traces } = this.options;
    this.traces = new EligibilityTraces(this.actionValues.length, traces, gamma * lambda);
  }

  protected override update(): void {
    const { world, traces, table, actionValues } = this;
    const nextValue = this.sampledNextValue();
    const error = world.reward + this.options.gamma * nextValue - actionValues[world.pair];
    traces.update(actionValues, world.pair, table.nextStepSize(world.pair, this.progress), error, nextValue);
    if (world.ended) traces.clear();
    this.noteError(error);
  }

  protected override get memory(): Stateful {
    return this.traces;
  }

  /** The agent that was saved, to act and to go on learning as if uninterrupted. Throws `CheckpointError` where it does not fit. */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv): SarsaLambda {
    return new SarsaLambda(env, savedOptions<SarsaLambdaOptions>(checkpoint, 'sarsa-lambda')).load(checkpoint);
  }
}
