import type { Checkpoint, Env, VectorEnv } from '@gradus/core';
import {
  LinearAgent,
  linearAgentChecks,
  linearAgentDefaults,
  openLinearCheckpoint,
  type LinearAgentOptions,
} from './linear-agent.ts';

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
export class LinearQLearning extends LinearAgent {
  /**
   * @param env one environment, or a `VectorEnv` with one copy; its actions are `Discrete`
   * @throws RangeError for another environment, an unknown option or a wrong one, and features that do not fit the observations.
   */
  constructor(env: Env | VectorEnv, options: Partial<LinearQLearningOptions> = {}) {
    super('linear-q-learning', env, options, linearQLearningDefaults, linearAgentChecks);
  }

  protected learnFromStep(alpha: number, epsilon: number): number {
    const { env, values, present, next } = this;
    const { features } = values;
    const action = this.explore(present, epsilon);
    const reward = this.take(action);
    const terminated = env.terminated[0] !== 0;
    const ended = terminated || env.truncated[0] !== 0;
    features.write(ended ? env.finalObservations : env.observations, 0, next);
    let error = reward - values.value(present, action);
    // Where the episode was cut off nobody says which actions were legal.
    if (!terminated) error += this.options.gamma * values.maximum(next, ended ? undefined : this.legalActions());
    values.add(present, action, alpha * error);
    if (ended) features.write(env.observations, 0, next);
    this.proceed();
    return error;
  }

  /**
   * The agent that was saved, ready to act and to go on learning in `env` exactly as if it had not been interrupted.
   * @throws CheckpointError when the checkpoint is another algorithm's, incomplete, or does not fit the environment.
   */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv): LinearQLearning {
    const { state, options } = openLinearCheckpoint<LinearQLearningOptions>(checkpoint, 'linear-q-learning');
    const agent = new LinearQLearning(env, options);
    agent.setState(state);
    return agent;
  }
}
