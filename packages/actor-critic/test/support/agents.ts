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
import { CrossQ, D4pg, Ddpg, Sac, Td3, Tqc } from '@gradus/actor-critic';

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

/** Agents that learn real actions from a replay buffer, with options for what little time tests have. */
export const continuousAgents: readonly (readonly [
  name: string,
  Agent: AgentClass,
  changes: {
    /** Targets follow quickly, and values are those of rewards alone. */
    readonly values: Partial<SharedOptions>;
    /** Networks are small. */
    readonly small?: Partial<SharedOptions>;
    /** Entropy is worth little beside rewards of 1. */
    readonly learning: Partial<SharedOptions>;
  },
])[] = [
  ['ddpg', Ddpg, { values: { tau: 0.05 } as object, learning: {} }],
  ['td3', Td3, { values: { tau: 0.05 } as object, learning: {} }],
  // The fixed points 1 and 4 are no atoms.
  [
    'd4pg',
    D4pg,
    {
      values: { tau: 0.05, targetUpdateInterval: 1, low: -1.7, high: 8, atoms: 21, nSteps: 1 } as object,
      learning: {
        tau: 0.005,
        targetUpdateInterval: 1,
        low: 0,
        high: 1,
        noise: { kind: 'gaussian', deviation: 0.1 },
      } as object,
    },
  ],
  [
    'sac',
    Sac,
    {
      values: { tau: 0.05, entropyCoefficient: 0 } as object,
      learning: { entropyCoefficient: 0.01 } as object,
    },
  ],
  [
    'tqc',
    Tqc,
    {
      values: { tau: 0.05, entropyCoefficient: 0, quantiles: 5, droppedQuantiles: 0 } as object,
      learning: { entropyCoefficient: 0.01 } as object,
    },
  ],
  // Running statistics, by which it acts, count early in so short a training.
  [
    'crossq',
    CrossQ,
    {
      small: { criticHidden: [8] } as object,
      values: { entropyCoefficient: 0, criticHidden: [8], warmUpSteps: 200 } as object,
      learning: { entropyCoefficient: 0.01, criticHidden: [64, 64], warmUpSteps: 200 } as object,
    },
  ],
];
