import type { Env, SpaceValue, Stateful } from '@gradus/core';
import { registerEnv } from '../registry.ts';
import { ant, antDefaults, type AntOptions } from './ant.ts';
import { loadEngine } from './engine.ts';
import { halfCheetah, halfCheetahDefaults } from './half-cheetah.ts';
import { hopper } from './hopper.ts';
import {
  invertedDoublePendulum,
  invertedDoublePendulumDefaults,
  type InvertedDoublePendulumOptions,
} from './inverted-double-pendulum.ts';
import { invertedPendulum, invertedPendulumDefaults } from './inverted-pendulum.ts';
import type { FallingOptions, MovingOptions, MujocoOptions } from './options.ts';
import { reacher, reacherDefaults, type ReacherOptions } from './reacher.ts';
import { envFromTask, type MujocoTask } from './simulation.ts';
import { swimmer, swimmerDefaults } from './swimmer.ts';
import { walker2d } from './walker2d.ts';
import { walkingDefaults } from './walking.ts';

export type { AntOptions, FallingOptions, InvertedDoublePendulumOptions, MovingOptions, MujocoOptions, ReacherOptions };

/** An environment of MuJoCo's. `close` frees its memory, of which all have 2 GB together. */
export type MujocoEnv = Env<SpaceValue> & Stateful;

/** The environments, each a function that makes one. */
export interface MujocoEnvs {
  readonly halfCheetah: (options?: MovingOptions) => MujocoEnv;
  readonly hopper: (options?: FallingOptions) => MujocoEnv;
  readonly walker2d: (options?: FallingOptions) => MujocoEnv;
  readonly swimmer: (options?: MovingOptions) => MujocoEnv;
  readonly invertedPendulum: (options?: MujocoOptions) => MujocoEnv;
  readonly invertedDoublePendulum: (options?: InvertedDoublePendulumOptions) => MujocoEnv;
  readonly reacher: (options?: ReacherOptions) => MujocoEnv;
  readonly ant: (options?: AntOptions) => MujocoEnv;
}

/** The ids that {@link loadMujoco} registers. */
export const mujocoIds: readonly string[] = [
  'HalfCheetah-v5',
  'Hopper-v5',
  'Walker2d-v5',
  'Swimmer-v5',
  'InvertedPendulum-v5',
  'InvertedDoublePendulum-v5',
  'Reacher-v5',
  'Ant-v5',
];

let loading: Promise<MujocoEnvs> | undefined;

/**
 * Loads MuJoCo (`@mujoco/mujoco`, 10 MB of WebAssembly) and registers its environments. Called again, it gives the same ones.
 * Throws `Error`, saying what to install, where it is not there.
 */
export async function loadMujoco(): Promise<MujocoEnvs> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(): Promise<MujocoEnvs> {
  const engine = await loadEngine();
  const make =
    <Options extends object>(task: (options: Options) => MujocoTask) =>
    (options?: Options): MujocoEnv =>
      envFromTask(engine, task((options ?? {}) as Options));
  const envs: MujocoEnvs = {
    halfCheetah: make(halfCheetah),
    hopper: make(hopper),
    walker2d: make(walker2d),
    swimmer: make(swimmer),
    invertedPendulum: make(invertedPendulum),
    invertedDoublePendulum: make(invertedDoublePendulum),
    reacher: make(reacher),
    ant: make(ant),
  };
  registerEnv({ id: 'HalfCheetah-v5', defaults: halfCheetahDefaults, create: envs.halfCheetah });
  registerEnv({ id: 'Hopper-v5', defaults: walkingDefaults, create: envs.hopper });
  registerEnv({ id: 'Walker2d-v5', defaults: walkingDefaults, create: envs.walker2d });
  registerEnv({ id: 'Swimmer-v5', defaults: swimmerDefaults, create: envs.swimmer });
  registerEnv({ id: 'InvertedPendulum-v5', defaults: invertedPendulumDefaults, create: envs.invertedPendulum });
  registerEnv({
    id: 'InvertedDoublePendulum-v5',
    defaults: invertedDoublePendulumDefaults,
    create: envs.invertedDoublePendulum,
  });
  registerEnv({ id: 'Reacher-v5', defaults: reacherDefaults, create: envs.reacher });
  registerEnv({ id: 'Ant-v5', defaults: antDefaults, create: envs.ant });
  return envs;
}
