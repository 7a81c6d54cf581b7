export { Ddpg, ddpgDefaults, type DdpgOptions } from './ddpg.ts';
export type { ExplorationNoise, GaussianNoise, OrnsteinUhlenbeckNoise } from './exploration-noise.ts';
export type { PrioritizedSampling, SamplingOptions } from './minibatches.ts';
export type { NetworkDescription, NetworkLayers } from './networks.ts';
export type { ReplayOptions } from './replay-learning.ts';
export { ddpgSettings, td3Settings, type ActorCriticSettings } from './settings.ts';
export { Td3, td3Defaults, type Td3Options } from './td3.ts';
