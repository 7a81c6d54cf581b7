import { fraction, oneOf, optional, type Env, type VectorEnv } from '@gradus/core';
import { EligibilityTraces, traceKinds, type TraceKind } from './eligibility-traces.ts';
import { nextStateValue, predict, type PredictionOptions } from './predict.ts';

/** What TD(λ) may be told. By default α = 0.1. */
export interface TdLambdaOptions extends PredictionOptions {
  /** λ, from 0, TD(0), to 1, Monte Carlo. */
  readonly lambda: number;
  /** What a visit does to a trace. Default `accumulating`. */
  readonly traces?: TraceKind | undefined;
}

/**
 * The values of a policy [numStates × numActions] by TD(λ) (Sutton, 1988; S2.5), [numStates]: each step's error moves all states as far as
 * they are eligible,
 *
 *     δ = r + γ v(s′) − v(s),   v ← v + δ e,   e ← γλ e
 *
 * where e(s) grows at each visit as {@link TraceKind} says; with `dutch` traces it is true online TD(λ) (van Seijen et al., 2016). Throws as
 * {@link monteCarloPrediction} does.
 */
export function tdLambda(env: Env | VectorEnv, policy: Float64Array, options: TdLambdaOptions): Float64Array {
  return predict(env, policy, options, {
    subject: 'tdLambda',
    alpha: 0.1,
    checks: { lambda: fraction, traces: optional(oneOf(...traceKinds)) },
    learner: (prediction, { gamma, lambda, traces: kind = 'accumulating' }) => {
      const { world, table } = prediction;
      const traces = new EligibilityTraces(world.numStates, kind, gamma * lambda);
      return () => {
        const nextValue = nextStateValue(prediction);
        const error = world.reward + gamma * nextValue - table.values[world.state];
        const alpha = table.nextStepSize(world.state, prediction.progress);
        traces.update(table.values, world.state, alpha, error, nextValue);
        if (world.ended) traces.clear();
      };
    },
  });
}
