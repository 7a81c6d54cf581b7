import type { ActionArray, AgentParts, Metrics, ProgramPolicy, Random, VectorEnv } from '@gradus/core';
import type * as t from '@gradus/tensor';
import type { ContinuousActions } from './continuous-actions.ts';
import type { StateNetwork } from './networks.ts';
import type { ReplayLearning } from './replay-learning.ts';

/** A deterministic actor, and what it needs to explore. */
export interface Explorer {
  readonly env: VectorEnv;
  readonly actions: ContinuousActions;
  /** Its best actions. */
  readonly policy: ProgramPolicy;
  readonly actor: StateNetwork;
  /** Makes a network like the actor, for noise on parameters. */
  readonly create: () => StateNetwork;
  readonly learning: ReplayLearning;
  readonly random: Random;
  readonly device: t.Device;
}

/** How it explores in training. */
export interface Exploration {
  /** Writes the actions to take in all copies' states; `progress` is the part of training done. */
  readonly act: (actions: ActionArray, progress: number) => void;
  /** What is to be reported of it. */
  readonly report?: (() => Metrics) | undefined;
  /** What of it is part of the agent. */
  readonly parts: Pick<AgentParts, 'networks' | 'state' | 'episode' | 'programs'>;
}
