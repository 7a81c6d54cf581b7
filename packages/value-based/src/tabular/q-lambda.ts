import {
  fraction,
  oneOf,
  type Checkpoint,
  type Env,
  type OptionCheck,
  type Stateful,
  type VectorEnv,
} from '@gradus/core';
import { bestAction } from './best-action.ts';
import { EligibilityTraces, traceKinds, type TraceKind } from './eligibility-traces.ts';
import { TabularAgent, savedOptions, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-agent.ts';

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
export class QLambda extends TabularAgent<QLambdaOptions> {
  private readonly traces: EligibilityTraces;

  /** Throws `RangeError` as {@link TabularAgent} says, and for Dutch traces in Peng's Q(λ), for which they are not defined. */
  constructor(env: Env | VectorEnv, options: Partial<QLambdaOptions> = {}) {
    super('q-lambda', env, options, qLambdaDefaults, checks);
    const { gamma, lambda, variant, traces } = this.options;
    if (variant === 'peng' && traces === 'dutch') {
      throw new RangeError(
        "q-lambda: expected traces to be 'accumulating' or 'replacing' with variant 'peng', got 'dutch'",
      );
    }
    this.traces = new EligibilityTraces(this.actionValues.length, traces, gamma * lambda);
  }

  protected override update(): void {
    if (this.options.variant === 'watkins') this.updateWatkins();
    else this.updatePeng();
    if (this.world.ended) this.traces.clear();
  }

  private updateWatkins(): void {
    const { world, traces, table, actionValues } = this;
    const nextValue = this.maximumNextValue();
    const isGreedy = this.sampledNextValue() === nextValue;
    const error = world.reward + this.options.gamma * nextValue - actionValues[world.pair];
    traces.update(actionValues, world.pair, table.nextStepSize(world.pair, this.progress), error, nextValue);
    if (!isGreedy) traces.clear();
    this.noteError(error);
  }

  private updatePeng(): void {
    const { world, traces, table, actionValues } = this;
    const { pair } = world;
    const alpha = table.nextStepSize(pair, this.progress);
    const target = world.reward + this.options.gamma * this.maximumNextValue();
    const value = this.maximumValue();
    const gap = value - actionValues[pair];
    traces.visit(pair, alpha);
    traces.apply(actionValues, target - value);
    // What the pair visited has yet to move, since its own error is larger than that of the earlier ones.
    actionValues[pair] += alpha * gap;
    this.noteError(target - value + gap);
  }

  /** v(s) of the state that the step began in. */
  private maximumValue(): number {
    const { world, actionValues, numActions } = this;
    const first = world.state * numActions;
    return actionValues[first + bestAction(actionValues, first, numActions, world.mask)];
  }

  protected override get memory(): Stateful {
    return this.traces;
  }

  /** The agent that was saved, to act and to go on learning as if uninterrupted. Throws `CheckpointError` where it does not fit. */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv): QLambda {
    return new QLambda(env, savedOptions<QLambdaOptions>(checkpoint, 'q-lambda')).load(checkpoint);
  }
}
