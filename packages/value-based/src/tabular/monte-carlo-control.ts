import type { Checkpoint, Env, Stateful, VectorEnv } from '@gradus/core';
import { EpisodeBuffer } from './episode-buffer.ts';
import { visitStepSize } from './step-size.ts';
import { TabularAgent, savedOptions, tabularChecks, tabularDefaults, type TabularOptions } from './tabular-agent.ts';

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
export class MonteCarloControl extends TabularAgent {
  private readonly episode: EpisodeBuffer;
  private readonly learnReturn = (pair: number, value: number): void => {
    this.moveTowards(pair, value);
  };

  /** Throws `RangeError` as {@link TabularAgent} says. */
  constructor(env: Env | VectorEnv, options: Partial<TabularOptions> = {}) {
    super('monte-carlo', env, options, monteCarloDefaults, tabularChecks);
    this.episode = new EpisodeBuffer(this.actionValues.length);
  }

  protected override update(): void {
    const { world, episode } = this;
    episode.push(world.pair, world.reward);
    if (world.ended) episode.finish(this.options.gamma, this.expectedNextValue(), true, this.learnReturn);
  }

  protected override get memory(): Stateful {
    return this.episode;
  }

  /** The agent that was saved, to act and to go on learning as if uninterrupted. Throws `CheckpointError` where it does not fit. */
  static restore(checkpoint: Checkpoint, env: Env | VectorEnv): MonteCarloControl {
    return new MonteCarloControl(env, savedOptions(checkpoint, 'monte-carlo')).load(checkpoint);
  }
}
