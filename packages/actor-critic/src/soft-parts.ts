import type { AgentParts } from '@gradus/core';
import type * as t from '@gradus/tensor';
import type { EntropyCoefficient } from './entropy-coefficient.ts';
import type { ReplayLearning } from './replay-learning.ts';
import type { StochasticPolicies } from './stochastic-policy.ts';

/** What agents have that learn as soft actor-critic does. */
interface SoftAgent {
  readonly learning: ReplayLearning;
  readonly policies: StochasticPolicies;
  /** Weights by the names of their files. */
  readonly networks: Readonly<Record<string, t.Parameters>>;
  readonly optimizers: Readonly<Record<'actor' | 'critics', t.Optimizer>>;
  readonly alpha: EntropyCoefficient;
  /** All programs but the policies. */
  readonly programs: NonNullable<AgentParts['programs']>;
}

/** The parts of such an agent. */
export function softParts({ learning, policies, networks, optimizers, alpha, programs }: SoftAgent): AgentParts {
  const { policy, behavior, noise } = policies;
  return {
    policy,
    networks: { ...networks, entropyCoefficient: alpha.parameters },
    optimizers: {
      actorOptimizer: optimizers.actor,
      criticsOptimizer: optimizers.critics,
      ...(alpha.optimizer && { entropyOptimizer: alpha.optimizer }),
    },
    state: { learning, noise },
    programs: [...programs, policy, behavior],
  };
}
