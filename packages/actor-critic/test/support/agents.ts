import type {
  Agent,
  AgentOptions,
  Checkpoint,
  DeviceOption,
  Env,
  Observation,
  Schedule,
  VectorEnv,
} from '@gradus/core';
import { Ddpg, Td3 } from '@gradus/actor-critic';

/** What all agents that learn real actions from a replay buffer have. */
export type ReplayAgent = Agent & {
  readonly options: AgentOptions;
  stateValue(observations: Observation | Float32Array): Float32Array;
};

/** Options that all of them have. */
export interface SharedOptions extends DeviceOption {
  readonly hidden: readonly number[];
  readonly learningRate: Schedule;
  readonly learningStarts: number;
  readonly batchSize: number;
  readonly bufferSize: number;
  readonly gamma: number;
  readonly trainFrequency: number;
  readonly gradientSteps: number;
  readonly seed: number;
}

interface AgentClass {
  new (env: Env | VectorEnv, options?: Partial<SharedOptions>): ReplayAgent;
  load(checkpoint: Checkpoint, options?: DeviceOption & { readonly env?: Env | VectorEnv }): Agent;
  readonly algorithm: string;
}

/** Agents that learn real actions from a replay buffer, and options with which their targets follow quickly. */
export const continuousAgents: readonly (readonly [name: string, Agent: AgentClass, quick: Partial<SharedOptions>])[] =
  [
    ['ddpg', Ddpg, { tau: 0.05 } as object],
    ['td3', Td3, { tau: 0.05 } as object],
  ];
