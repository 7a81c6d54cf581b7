import { nStepAgent, type NStepOptions } from './n-step-agent.ts';
import type { TabularAgent, TabularAgentClass } from './tabular-agent.ts';

/**
 * Q-learning with n-step returns (S2.4; Peng and Williams, 1996), for the pair of n steps ago:
 *
 *     Q⁽ⁿ⁾ = r₀ + γ r₁ + … + γⁿ⁻¹ rₙ₋₁ + γⁿ max_a q(sₙ, a),   q(s₀, a₀) ← q(s₀, a₀) + α [Q⁽ⁿ⁾ − q(s₀, a₀)]
 *
 * The actions on the way are those that were tried, and nothing corrects for that: for n > 1 it learns Q* only as far as these become
 * greedy.
 */
export const NStepQLearning: TabularAgentClass<NStepOptions> = nStepAgent('n-step-q-learning', (learner) =>
  learner.maximumNextValue(),
);

/** An n-step Q-learning agent. */
export type NStepQLearning = TabularAgent<NStepOptions>;
