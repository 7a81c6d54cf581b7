import type { Checkpoint, Env, VectorEnv } from '@gradus/core';
import { TabularAgent, savedOptions, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-agent.ts';

/**
 * Expected SARSA (van Seijen et al., 2009; S2.4): what SARSA learns, without the variance of drawing a′. π is how actions are tried.
 *
 *     q(s, a) ← q(s, a) + α [r + γ Σ_a′ π(a′ | s′) q(s′, a′) − q(s, a)]
 */
export class ExpectedSarsa extends TabularAgent {
  /** Throws `RangeError` as {@link TabularAgent} says. */
  constructor(env: Env | VectorEnv, options: Partial<TabularOptions> = {}) {
    super('expected-sarsa', env, options, tabularDefaults, tabularChecks);
  }

  protected override update(): void {
    const { world } = this;
    this.moveTowards(world.pair, world.reward + this.options.gamma * this.expectedNextValue());
  }

  /** The agent that was saved, to act and to go on learning as if uninterrupted. Throws `CheckpointError` where it does not fit. */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv): ExpectedSarsa {
    return new ExpectedSarsa(env, savedOptions(checkpoint, 'expected-sarsa')).load(checkpoint);
  }
}
