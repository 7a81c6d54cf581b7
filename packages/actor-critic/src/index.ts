export { Ddpg, ddpgDefaults, type DdpgOptions } from './ddpg.ts';
export type {
  ActionNoise,
  ExplorationNoise,
  GaussianNoise,
  OrnsteinUhlenbeckNoise,
  ParameterNoise,
} from './exploration-noise.ts';
export type { LayerSizes, NetworkDescription, NetworkLayers } from './networks.ts';
export type { ReplayOptions } from './replay-learning.ts';
export { Sac, sacDefaults, type SacOptions } from './sac.ts';
export {
  a2cSettings,
  a3cSettings,
  crossQSettings,
  d4pgSettings,
  ddpgSettings,
  discreteSacSettings,
  sacSettings,
  td3Settings,
  tqcSettings,
  type ActorCriticSettings,
} from './settings.ts';
export { Td3, td3Defaults, type Td3Options } from './td3.ts';
export type { EntropyOptions } from './entropy-coefficient.ts';
export type { SquashedActorOptions } from './squashed-actor.ts';
export { DiscreteSac, discreteSacDefaults, type DiscreteSacOptions } from './discrete-sac.ts';
export { A2c, a2cDefaults, type A2cOptions } from './a2c.ts';
export { A3c, a3cDefaults, type A3cOptions } from './a3c.ts';
export {
  OneStepActorCritic,
  oneStepActorCriticDefaults,
  type OneStepActorCriticOptions,
} from './one-step-actor-critic.ts';
export { Tqc, tqcDefaults, type TqcOptions } from './tqc.ts';
export { CrossQ, crossQDefaults, type CrossQOptions } from './crossq.ts';
export { D4pg, d4pgDefaults, type D4pgOptions } from './d4pg.ts';
