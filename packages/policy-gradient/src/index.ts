export { Ppo, ppoDefaults, type PpoOptions } from './ppo.ts';
export { ppoSettings, type PpoSettings } from './ppo-settings.ts';
