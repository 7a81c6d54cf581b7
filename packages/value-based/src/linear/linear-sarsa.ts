import {
  BaseAgent,
  fraction,
  oneOf,
  savedValues,
  type AgentParts,
  type DeviceOption,
  type Env,
  type OptionCheck,
  type Progress,
  type VectorEnv,
} from '@gradus/core';
import { EligibilityTrace } from './eligibility-trace.ts';
import type { LinearActionValues } from './linear-action-values.ts';
import { LinearLearner, linearAgentChecks, linearAgentDefaults, type LinearAgentOptions } from './linear-learner.ts';

/**
 * Semi-gradient SARSA(λ) with linear action values and ε-greedy actions (Rummery and Niranjan, 1994; Sutton and Barto, 2018, §10.1 and §12.7;
 * S3.1):
 *
 *     δ = r + γ (1 − terminated) q(s′, a′) − q(s, a)
 *     z ← γ λ z,   z_a ← z_a + x(s),   w ← w + α δ z,   q(s, a) = w_aᵀ x(s)
 *
 * Replacing traces set the elements of z_a where x(s) is 1 to 1 instead of adding to them (Singh and Sutton, 1996).
 */
export interface LinearSarsaOptions extends LinearAgentOptions {
  /** λ, from 0 (one-step SARSA) to 1 (Monte Carlo). Default 0. */
  readonly lambda: number;
  /** `replacing` is for features that are 0 or 1. Default `accumulating`. */
  readonly traces: 'accumulating' | 'replacing';
}

/** Tile coding and step size of the book's mountain car, ε of S3.3, one-step. */
export const linearSarsaDefaults: LinearSarsaOptions = { ...linearAgentDefaults, lambda: 0, traces: 'accumulating' };

const optionChecks: { readonly [Name in keyof LinearSarsaOptions]: OptionCheck } = {
  ...linearAgentChecks,
  lambda: fraction,
  traces: oneOf('accumulating', 'replacing'),
};

/** A linear SARSA(λ) agent; see {@link LinearSarsaOptions} for the algorithm. */
export class LinearSarsa extends BaseAgent<LinearSarsaOptions> {
  static readonly algorithm = 'linear-sarsa';
  readonly values: LinearActionValues;
  readonly actionValues: LinearActionValues['of'];
  protected readonly parts: AgentParts;
  private readonly learner: LinearLearner;
  private readonly trace: EligibilityTrace;
  /** a, chosen when the state was reached; −1 before the first. */
  private readonly chosen = { action: -1 };

  /**
   * @param env one environment, or a `VectorEnv` with one copy; its actions are `Discrete`
   * @throws RangeError for another environment, an unknown option or a wrong one, features that do not fit the observations, and
   *   replacing traces for features that are not 0 or 1.
   */
  constructor(env: Env | VectorEnv, options: Partial<LinearSarsaOptions> & DeviceOption = {}) {
    const { algorithm } = LinearSarsa;
    super({ name: algorithm, algorithm, defaults: linearSarsaDefaults, checks: optionChecks }, env, options);
    this.learner = new LinearLearner(this, this.training, this.random);
    this.values = this.learner.values;
    this.actionValues = this.values.of;
    if (this.options.traces === 'replacing' && !this.values.features.isBinary) {
      throw new RangeError(
        `linear-sarsa: expected features of 0 and 1 for replacing traces, got '${this.options.features.kind}'`,
      );
    }
    this.trace = new EligibilityTrace(this.values.weights.length);
    this.parts = this.learner.parts({ episode: { trace: this.trace, chosen: savedValues(this.chosen) } });
  }

  protected train(totalSteps: number): Generator<Progress, void, void> {
    return this.learner.train(totalSteps, (alpha, epsilon) => this.learnFromStep(alpha, epsilon));
  }

  private learnFromStep(alpha: number, epsilon: number): number {
    const { learner, env, values, trace, chosen } = this;
    const { present, next } = learner;
    const { gamma, lambda, traces } = this.options;
    const { features, numActions } = values;
    const action = chosen.action === -1 ? learner.explore(present, epsilon) : chosen.action;
    const reward = learner.take(action);
    const terminated = env.terminated[0] !== 0;
    const ended = terminated || env.truncated[0] !== 0;
    features.write(ended ? env.finalObservations : env.observations, 0, next);
    let nextAction = 0;
    let error = reward - values.value(present, action);
    if (!terminated) {
      // Where the episode was cut off nobody says which actions were legal.
      nextAction = ended ? values.explore(next, epsilon, this.random) : learner.explore(next, epsilon);
      error += gamma * values.value(next, nextAction);
    }
    trace.decay(gamma * lambda);
    if (traces === 'replacing') trace.replace(present, numActions, action);
    else trace.accumulate(present, 1, numActions, action);
    trace.addTo(values.weights, alpha * error);
    if (ended) {
      trace.decay(0);
      features.write(env.observations, 0, next);
      nextAction = learner.explore(next, epsilon);
    }
    chosen.action = nextAction;
    learner.proceed();
    return error;
  }
}
