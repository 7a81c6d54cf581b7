import { BaseAgent, type AgentParts, type DeviceOption, type Env, type Progress, type VectorEnv } from '@gradus/core';
import type { TabularActionValues } from './tabular-action-values.ts';
import { TabularLearner, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-learner.ts';

/**
 * Expected SARSA (van Seijen et al., 2009; S2.4): what SARSA learns, without the variance of drawing a′. π is how actions are tried.
 *
 *     q(s, a) ← q(s, a) + α [r + γ Σ_a′ π(a′ | s′) q(s′, a′) − q(s, a)]
 */
export class ExpectedSarsa extends BaseAgent<TabularOptions> {
  static readonly algorithm = 'expected-sarsa';
  readonly values: TabularActionValues;
  readonly actionValues: TabularActionValues['of'];
  protected readonly parts: AgentParts;
  private readonly learner: TabularLearner;

  /** Throws `RangeError` as {@link TabularLearner} does, and for an unknown option or a wrong one. */
  constructor(env: Env | VectorEnv, options: Partial<TabularOptions> & DeviceOption = {}) {
    const { algorithm } = ExpectedSarsa;
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
      learner.moveTowards(world.pair, world.reward + options.gamma * learner.expectedNextValue());
    });
  }
}
