import type { Checkpoint, Env, VectorEnv } from '@gradus/core';
import { TabularAgent, savedOptions, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-agent.ts';

/**
 * SARSA (Rummery and Niranjan, 1994; S2.4): learns the values of the policy that it follows, exploration included. a′ is the action that
 * is taken next.
 *
 *     q(s, a) ← q(s, a) + α [r + γ q(s′, a′) − q(s, a)]
 */
export class Sarsa extends TabularAgent {
  /** Throws `RangeError` as {@link TabularAgent} says. */
  constructor(env: Env | VectorEnv, options: Partial<TabularOptions> = {}) {
    super('sarsa', env, options, tabularDefaults, tabularChecks);
  }

  protected override update(): void {
    const { world } = this;
    this.moveTowards(world.pair, world.reward + this.options.gamma * this.sampledNextValue());
  }

  /** The agent that was saved, to act and to go on learning as if uninterrupted. Throws `CheckpointError` where it does not fit. */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv): Sarsa {
    return new Sarsa(env, savedOptions(checkpoint, 'sarsa')).load(checkpoint);
  }
}
