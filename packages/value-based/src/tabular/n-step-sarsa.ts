import { nStepAgent, type NStepOptions } from './n-step-agent.ts';
import type { TabularAgent, TabularAgentClass } from './tabular-agent.ts';

/**
 * n-step SARSA (Sutton and Barto, 2018, §7.2; S2.4), for the pair of n steps ago; aₙ is the action that is taken next:
 *
 *     G = r₀ + γ r₁ + … + γⁿ⁻¹ rₙ₋₁ + γⁿ q(sₙ, aₙ),   q(s₀, a₀) ← q(s₀, a₀) + α [G − q(s₀, a₀)]
 */
export const NStepSarsa: TabularAgentClass<NStepOptions> = nStepAgent('n-step-sarsa', (learner) =>
  learner.sampledNextValue(),
);

/** An n-step SARSA agent. */
export type NStepSarsa = TabularAgent<NStepOptions>;
