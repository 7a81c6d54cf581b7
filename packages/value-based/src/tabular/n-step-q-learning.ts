import type { Checkpoint, Env, Stateful, VectorEnv } from '@gradus/core';
import { nStepChecks, nStepDefaults, type NStepOptions } from './n-step-options.ts';
import { NStepWindow } from './n-step-window.ts';
import { TabularAgent, savedOptions } from './tabular-agent.ts';

/**
 * Q-learning with n-step returns (S2.4; Peng and Williams, 1996), for the pair of n steps ago:
 *
 *     Q⁽ⁿ⁾ = r₀ + γ r₁ + … + γⁿ⁻¹ rₙ₋₁ + γⁿ max_a q(sₙ, a),   q(s₀, a₀) ← q(s₀, a₀) + α [Q⁽ⁿ⁾ − q(s₀, a₀)]
 *
 * The actions on the way are those that were tried, and nothing corrects for that: for n > 1 it learns Q* only as far as these become
 * greedy.
 */
export class NStepQLearning extends TabularAgent<NStepOptions> {
  private readonly window: NStepWindow;

  /** Throws `RangeError` as {@link TabularAgent} says. */
  constructor(env: Env | VectorEnv, options: Partial<NStepOptions> = {}) {
    super('n-step-q-learning', env, options, nStepDefaults, nStepChecks);
    this.window = new NStepWindow(this.options.nSteps, this.options.gamma);
  }

  protected override update(): void {
    const { world, window } = this;
    window.push(world.pair, world.reward);
    if (!window.isFull && !world.ended) return;
    const value = this.maximumNextValue();
    // At the end of an episode the steps that are left are due all at once.
    do {
      this.moveTowards(window.oldest, window.returnOfOldest(value));
      window.dropOldest();
    } while (world.ended && window.length > 0);
  }

  protected override get memory(): Stateful {
    return this.window;
  }

  /** The agent that was saved, to act and to go on learning as if uninterrupted. Throws `CheckpointError` where it does not fit. */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv): NStepQLearning {
    return new NStepQLearning(env, savedOptions<NStepOptions>(checkpoint, 'n-step-q-learning')).load(checkpoint);
  }
}
