import { BaseAgent, type AgentParts, type DeviceOption, type Env, type Progress, type VectorEnv } from '@gradus/core';
import type { LinearActionValues } from './linear-action-values.ts';
import { LinearLearner, linearAgentChecks, linearAgentDefaults, type LinearAgentOptions } from './linear-learner.ts';

/**
 * Semi-gradient Q-learning with linear action values and ε-greedy actions (Watkins, 1989; Sutton and Barto, 2018, §11.1; S3.1):
 *
 *     δ = r + γ (1 − terminated) max_a′ q(s′, a′) − q(s, a)
 *     w_a ← w_a + α δ x(s),   q(s, a) = w_aᵀ x(s)
 *
 * Off-policy, bootstrapping and approximating at once, it may diverge (S3.2), which is an error when it happens.
 */
export type LinearQLearningOptions = LinearAgentOptions;

/** Tile coding and step size of the book's mountain car, ε of S3.3. */
export const linearQLearningDefaults: LinearQLearningOptions = linearAgentDefaults;

/** A linear Q-learning agent; see {@link LinearQLearningOptions} for the algorithm. */
export class LinearQLearning extends BaseAgent<LinearQLearningOptions> {
  static readonly algorithm = 'linear-q-learning';
  readonly values: LinearActionValues;
  readonly actionValues: LinearActionValues['of'];
  protected readonly parts: AgentParts;
  private readonly learner: LinearLearner;

  /**
   * @param env one environment, or a `VectorEnv` with one copy; its actions are `Discrete`
   * @throws RangeError for another environment, an unknown option or a wrong one, and features that do not fit the observations.
   */
  constructor(env: Env | VectorEnv, options: Partial<LinearQLearningOptions> & DeviceOption = {}) {
    const { algorithm } = LinearQLearning;
    super({ name: algorithm, algorithm, defaults: linearQLearningDefaults, checks: linearAgentChecks }, env, options);
    this.learner = new LinearLearner(this, this.training, this.random);
    this.values = this.learner.values;
    this.actionValues = this.values.of;
    this.parts = this.learner.parts();
  }

  protected train(totalSteps: number): Generator<Progress, void, void> {
    return this.learner.train(totalSteps, (alpha, epsilon) => this.learnFromStep(alpha, epsilon));
  }

  private learnFromStep(alpha: number, epsilon: number): number {
    const { learner, env, values } = this;
    const { present, next } = learner;
    const { features } = values;
    const action = learner.explore(present, epsilon);
    const reward = learner.take(action);
    const terminated = env.terminated[0] !== 0;
    const ended = terminated || env.truncated[0] !== 0;
    features.write(ended ? env.finalObservations : env.observations, 0, next);
    let error = reward - values.value(present, action);
    // Where the episode was cut off nobody says which actions were legal.
    if (!terminated) error += this.options.gamma * values.maximum(next, ended ? undefined : learner.legalActions());
    values.add(present, action, alpha * error);
    if (ended) features.write(env.observations, 0, next);
    learner.proceed();
    return error;
  }
}
