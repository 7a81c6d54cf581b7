import { BaseAgent, type AgentParts, type DeviceOption, type Env, type Progress, type VectorEnv } from '@gradus/core';
import { nStepChecks, nStepDefaults, type NStepOptions } from './n-step-options.ts';
import { NStepWindow } from './n-step-window.ts';
import type { TabularActionValues } from './tabular-action-values.ts';
import { TabularLearner } from './tabular-learner.ts';

/**
 * n-step SARSA (Sutton and Barto, 2018, §7.2; S2.4), for the pair of n steps ago; aₙ is the action that is taken next:
 *
 *     G = r₀ + γ r₁ + … + γⁿ⁻¹ rₙ₋₁ + γⁿ q(sₙ, aₙ),   q(s₀, a₀) ← q(s₀, a₀) + α [G − q(s₀, a₀)]
 */
export class NStepSarsa extends BaseAgent<NStepOptions> {
  static readonly algorithm = 'n-step-sarsa';
  readonly values: TabularActionValues;
  readonly actionValues: TabularActionValues['of'];
  protected readonly parts: AgentParts;
  private readonly learner: TabularLearner;
  private readonly window: NStepWindow;

  /** Throws `RangeError` as {@link TabularLearner} does, and for an unknown option or a wrong one. */
  constructor(env: Env | VectorEnv, options: Partial<NStepOptions> & DeviceOption = {}) {
    const { algorithm } = NStepSarsa;
    super({ name: algorithm, algorithm, defaults: nStepDefaults, checks: nStepChecks }, env, options);
    this.learner = new TabularLearner(this, this.training, this.random);
    this.values = this.learner.values;
    this.actionValues = this.values.of;
    this.window = new NStepWindow(this.options.nSteps, this.options.gamma);
    this.parts = this.learner.parts({ episode: { window: this.window } });
  }

  protected train(totalSteps: number): Generator<Progress, void, void> {
    const { learner, window } = this;
    const { world } = learner;
    return learner.train(totalSteps, () => {
      window.push(world.pair, world.reward);
      if (!window.isFull && !world.ended) return;
      const value = learner.sampledNextValue();
      // At the end of an episode the steps that are left are due all at once.
      do {
        learner.moveTowards(window.oldest, window.returnOfOldest(value));
        window.dropOldest();
      } while (world.ended && window.length > 0);
    });
  }
}
