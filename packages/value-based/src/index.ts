export { Dqn, dqnDefaults, type DqnOptions } from './dqn.ts';
export { dqnSettings, type DqnSettings } from './dqn-settings.ts';
