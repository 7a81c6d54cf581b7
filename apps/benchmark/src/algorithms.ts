import type { Agent, Checkpoint, DeviceOption, VectorEnv } from '@gradus/core';
import { Ppo, ppoDefaults, ppoSettings } from '@gradus/policy-gradient';
import {
  DoubleQLearning,
  Dqn,
  ExpectedSarsa,
  LinearQLearning,
  LinearSarsa,
  MonteCarloControl,
  NStepQLearning,
  NStepSarsa,
  Pqn,
  QLambda,
  QLearning,
  Sarsa,
  SarsaLambda,
  c51Defaults,
  c51Settings,
  dqnDefaults,
  dqnSettings,
  linearQLearningDefaults,
  linearSarsaDefaults,
  monteCarloDefaults,
  nStepDefaults,
  pqnDefaults,
  pqnSettings,
  qLambdaDefaults,
  qrDqnDefaults,
  qrDqnSettings,
  rainbowDefaults,
  rainbowSettings,
  sarsaLambdaDefaults,
  tabularDefaults,
  type DqnOptions,
} from '@gradus/value-based';

/** Where published settings come from: RL Baselines3 Zoo, CleanRL, or MinAtar. */
export const settingsSources = ['zoo', 'cleanrl', 'minatar'] as const;

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
  readonly settings: Readonly<Partial<Record<SettingsSource, Readonly<Record<string, Settings>>>>>;
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
  dqn: dqnVariant({}, dqnSettings),
  c51: dqnVariant(c51Defaults, c51Settings),
  qrdqn: dqnVariant(qrDqnDefaults, qrDqnSettings),
  rainbow: dqnVariant(rainbowDefaults, rainbowSettings),
  pqn: {
    defaults: { ...pqnDefaults },
    settings: pqnSettings,
    create: (env, options) => new Pqn(env, options),
    restore: (checkpoint, env, options) => Pqn.restore(checkpoint, env, options),
  },
  'linear-sarsa': withoutNetworks(linearSarsaDefaults, LinearSarsa),
  'linear-q-learning': withoutNetworks(linearQLearningDefaults, LinearQLearning),
  'q-learning': withoutNetworks(tabularDefaults, QLearning),
  'double-q-learning': withoutNetworks(tabularDefaults, DoubleQLearning),
  sarsa: withoutNetworks(tabularDefaults, Sarsa),
  'expected-sarsa': withoutNetworks(tabularDefaults, ExpectedSarsa),
  'monte-carlo': withoutNetworks(monteCarloDefaults, MonteCarloControl),
  'n-step-q-learning': withoutNetworks(nStepDefaults, NStepQLearning),
  'n-step-sarsa': withoutNetworks(nStepDefaults, NStepSarsa),
  'sarsa-lambda': withoutNetworks(sarsaLambdaDefaults, SarsaLambda),
  'q-lambda': withoutNetworks(qLambdaDefaults, QLambda),
};

/** `Dqn` with other defaults. */
function dqnVariant(changes: Partial<DqnOptions>, settings: Algorithm['settings']): Algorithm {
  return {
    defaults: { ...dqnDefaults, ...changes },
    settings,
    create: (env, options) => new Dqn(env, { ...changes, ...options }),
    restore: (checkpoint, env, options) => Dqn.restore(checkpoint, env, options),
  };
}

/** An agent without networks, which needs no device, and for which nobody published settings by environment. */
function withoutNetworks(
  defaults: object,
  agent: {
    new (env: VectorEnv, options: AlgorithmOptions): Agent;
    restore(checkpoint: Checkpoint, env: VectorEnv): Agent;
  },
): Algorithm {
  return {
    defaults: { ...defaults },
    settings: {},
    create: (env, options) =>
      new agent(env, Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'device'))),
    restore: (checkpoint, env) => agent.restore(checkpoint, env),
  };
}
