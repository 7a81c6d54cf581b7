import type { Checkpoint, Env, VectorEnv } from '@gradus/core';
import { TabularAgent, savedOptions, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-agent.ts';

/**
 * Q-learning (Watkins, 1989; Watkins and Dayan, 1992): learns Q* whatever actions are tried, if all are again and again.
 *
 *     q(s, a) ← (1 − α) q(s, a) + α [r + γ max_a′ q(s′, a′)]
 *
 * In a deterministic world `alpha: 1` is the rule q(s, a) ← r + γ max_a′ q(s′, a′) (S2.2); else α must fall with visits, as with
 * `alpha: visitStepSize(1, 1)`, α_n = 1 / (1 + visits_n(s, a)) (S2.3), for convergence with probability 1.
 */
export class QLearning extends TabularAgent {
  /** Throws `RangeError` as {@link TabularAgent} says. */
  constructor(env: Env | VectorEnv, options: Partial<TabularOptions> = {}) {
    super('q-learning', env, options, tabularDefaults, tabularChecks);
  }

  protected override update(): void {
    const { world } = this;
    this.moveTowards(world.pair, world.reward + this.options.gamma * this.maximumNextValue());
  }

  /** The agent that was saved, to act and to go on learning as if uninterrupted. Throws `CheckpointError` where it does not fit. */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv): QLearning {
    return new QLearning(env, savedOptions(checkpoint, 'q-learning')).load(checkpoint);
  }
}
