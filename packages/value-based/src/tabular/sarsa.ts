import { BaseAgent, type AgentParts, type DeviceOption, type Env, type Progress, type VectorEnv } from '@gradus/core';
import type { TabularActionValues } from './tabular-action-values.ts';
import { TabularLearner, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-learner.ts';

/**
 * SARSA (Rummery and Niranjan, 1994; S2.4): learns the values of the policy that it follows, exploration included. a′ is the action that
 * is taken next.
 *
 *     q(s, a) ← q(s, a) + α [r + γ q(s′, a′) − q(s, a)]
 */
export class Sarsa extends BaseAgent<TabularOptions> {
  static readonly algorithm = 'sarsa';
  readonly values: TabularActionValues;
  readonly actionValues: TabularActionValues['of'];
  protected readonly parts: AgentParts;
  private readonly learner: TabularLearner;

  /** Throws `RangeError` as {@link TabularLearner} does, and for an unknown option or a wrong one. */
  constructor(env: Env | VectorEnv, options: Partial<TabularOptions> & DeviceOption = {}) {
    const { algorithm } = Sarsa;
    super({ name: algorithm, algorithm, defaults: tabularDefaults, checks: tabularChecks }, env, options);
    this.learner = new TabularLearner(this, this.training, this.random);
    this.values = this.learner.values;
    this.actionValues = this.values.of;
    this.parts = this.learner.parts();
  }

  protected train(totalSteps: number): Generator<Progress, void, void> {
    const { learner, options } = this;
    const { world } = learner;
    return learner.train(totalSteps, () => {
      learner.moveTowards(world.pair, world.reward + options.gamma * learner.sampledNextValue());
    });
  }
}
