import { BaseAgent, type AgentParts, type DeviceOption, type Env, type Progress, type VectorEnv } from '@gradus/core';
import type { TabularActionValues } from './tabular-action-values.ts';
import { TabularLearner, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-learner.ts';

/**
 * Q-learning (Watkins, 1989; Watkins and Dayan, 1992): learns Q* whatever actions are tried, if all are again and again.
 *
 *     q(s, a) ← (1 − α) q(s, a) + α [r + γ max_a′ q(s′, a′)]
 *
 * In a deterministic world `alpha: 1` is the rule q(s, a) ← r + γ max_a′ q(s′, a′) (S2.2); else α must fall with visits, as with
 * `alpha: visitStepSize(1, 1)`, α_n = 1 / (1 + visits_n(s, a)) (S2.3), for convergence with probability 1.
 */
export class QLearning extends BaseAgent<TabularOptions> {
  static readonly algorithm = 'q-learning';
  readonly values: TabularActionValues;
  readonly actionValues: TabularActionValues['of'];
  protected readonly parts: AgentParts;
  private readonly learner: TabularLearner;

  /** Throws `RangeError` as {@link TabularLearner} does, and for an unknown option or a wrong one. */
  constructor(env: Env | VectorEnv, options: Partial<TabularOptions> & DeviceOption = {}) {
    const { algorithm } = QLearning;
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
      learner.moveTowards(world.pair, world.reward + options.gamma * learner.maximumNextValue());
    });
  }
}
