import type { Agent, Checkpoint, DeviceOption, VectorEnv } from '@gradus/core';
import { Ppo, ppoDefaults, ppoSettings } from '@gradus/policy-gradient';
import { Dqn, dqnDefaults, dqnSettings } from '@gradus/value-based';

/** Where published settings come from: RL Baselines3 Zoo, or CleanRL. */
export const settingsSources = ['zoo', 'cleanrl'] as const;

/** One of {@link settingsSources}. */
type SettingsSource = (typeof settingsSources)[number];

/** Options under which a published figure was reached. */
export interface Settings {
  /** Environment copies. */
  readonly numEnvs: number;
  /** Environment steps. */
  readonly steps: number;
  readonly options: AlgorithmOptions;
}

/** An algorithm's options by name; the algorithm rejects what it does not know. */
export type AlgorithmOptions = Readonly<Record<string, unknown>>;

/** An algorithm, as the command needs it. */
export interface Algorithm {
  /** All of its options. */
  readonly defaults: AlgorithmOptions;
  /** Its settings by source and environment. */
  readonly settings: Readonly<Record<SettingsSource, Readonly<Record<string, Settings>>>>;
  readonly create: (env: VectorEnv, options: AlgorithmOptions & DeviceOption) => Agent;
  readonly restore: (checkpoint: Checkpoint, env: VectorEnv, options: DeviceOption) => Agent;
}

/** All algorithms by name. */
export const algorithms: Readonly<Record<string, Algorithm>> = {
  ppo: {
    defaults: { ...ppoDefaults },
    settings: ppoSettings,
    create: (env, options) => new Ppo(env, options),
    restore: (checkpoint, env, options) => Ppo.restore(checkpoint, env, options),
  },
  dqn: {
    defaults: { ...dqnDefaults },
    settings: dqnSettings,
    create: (env, options) => new Dqn(env, options),
    restore: (checkpoint, env, options) => Dqn.restore(checkpoint, env, options),
  },
};
