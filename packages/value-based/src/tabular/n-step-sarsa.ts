import type { Checkpoint, Env, Stateful, VectorEnv } from '@gradus/core';
import { nStepChecks, nStepDefaults, type NStepOptions } from './n-step-options.ts';
import { NStepWindow } from './n-step-window.ts';
import { TabularAgent, savedOptions } from './tabular-agent.ts';

/**
 * n-step SARSA (Sutton and Barto, 2018, §7.2; S2.4), for the pair of n steps ago; aₙ is the action that is taken next:
 *
 *     G = r₀ + γ r₁ + … + γⁿ⁻¹ rₙ₋₁ + γⁿ q(sₙ, aₙ),   q(s₀, a₀) ← q(s₀, a₀) + α [G − q(s₀, a₀)]
 */
export class NStepSarsa extends TabularAgent<NStepOptions> {
  private readonly window: NStepWindow;

  /** Throws `RangeError` as {@link TabularAgent} says. */
  constructor(env: Env | VectorEnv, options: Partial<NStepOptions> = {}) {
    super('n-step-sarsa', env, options, nStepDefaults, nStepChecks);
    this.window = new NStepWindow(this.options.nSteps, this.options.gamma);
  }

  protected override update(): void {
    const { world, window } = this;
    window.push(world.pair, world.reward);
    if (!window.isFull && !world.ended) return;
    const value = this.sampledNextValue();
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
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv): NStepSarsa {
    return new NStepSarsa(env, savedOptions<NStepOptions>(checkpoint, 'n-step-sarsa')).load(checkpoint);
  }
}
