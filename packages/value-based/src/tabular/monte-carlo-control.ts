import { BaseAgent, type AgentParts, type DeviceOption, type Env, type Progress, type VectorEnv } from '@gradus/core';
import { EpisodeBuffer } from './episode-buffer.ts';
import { visitStepSize } from './step-size.ts';
import type { TabularActionValues } from './tabular-action-values.ts';
import { TabularLearner, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-learner.ts';

/** Those of {@link TabularOptions}, but that values are the means of their returns, α_n = 1 / n. */
export const monteCarloDefaults: TabularOptions = { ...tabularDefaults, alpha: visitStepSize() };

/**
 * On-policy first-visit Monte-Carlo control (Sutton and Barto, 2018, §5.4; S2.1): after each episode, for the first visit of each pair in it,
 *
 *     G = r_t + γ r_{t+1} + γ² r_{t+2} + …,   q(s_t, a_t) ← q(s_t, a_t) + α [G − q(s_t, a_t)]
 *
 * The return of an episode that was cut off goes on with the value of its last state, Σ_a π(a | s) q(s, a). Learns the values of the
 * policy that it follows, exploration included.
 */
export class MonteCarloControl extends BaseAgent<TabularOptions> {
  static readonly algorithm = 'monte-carlo';
  readonly values: TabularActionValues;
  readonly actionValues: TabularActionValues['of'];
  protected readonly parts: AgentParts;
  private readonly learner: TabularLearner;
  private readonly trajectory: EpisodeBuffer;

  /** Throws `RangeError` as {@link TabularLearner} does, and for an unknown option or a wrong one. */
  constructor(env: Env | VectorEnv, options: Partial<TabularOptions> & DeviceOption = {}) {
    const { algorithm } = MonteCarloControl;
    super({ name: algorithm, algorithm, defaults: monteCarloDefaults, checks: tabularChecks }, env, options);
    this.learner = new TabularLearner(this, this.training, this.random);
    this.values = this.learner.values;
    this.actionValues = this.values.of;
    this.trajectory = new EpisodeBuffer(this.values.table.length);
    this.parts = this.learner.parts({ episode: { trajectory: this.trajectory } });
  }

  protected train(totalSteps: number): Generator<Progress, void, void> {
    const { learner, trajectory, options } = this;
    const { world } = learner;
    const learnReturn = (pair: number, value: number): void => {
      learner.moveTowards(pair, value);
    };
    return learner.train(totalSteps, () => {
      trajectory.push(world.pair, world.reward);
      if (world.ended) trajectory.finish(options.gamma, learner.expectedNextValue(), true, learnReturn);
    });
  }
}
