import {
  A2c,
  Ddpg,
  DiscreteSac,
  OneStepActorCritic,
  Sac,
  Td3,
  a2cDefaults,
  a2cSettings,
  ddpgDefaults,
  ddpgSettings,
  discreteSacDefaults,
  oneStepActorCriticDefaults,
  sacDefaults,
  sacSettings,
  td3Defaults,
  td3Settings,
} from '@gradus/actor-critic';
import type { Agent, Checkpoint, DeviceOption, VectorEnv } from '@gradus/core';
import {
  GradientBandit,
  NaturalPolicyGradient,
  Ppo,
  RecurrentPpo,
  Reinforce,
  Trpo,
  gradientBanditDefaults,
  naturalPolicyGradientDefaults,
  ppoDefaults,
  ppoSettings,
  recurrentPpoDefaults,
  recurrentPpoSettings,
  reinforceDefaults,
  trpoDefaults,
  trpoSettings,
} from '@gradus/policy-gradient';
import {
  PolicySearch,
  arsSettings,
  policySearchDefaults,
  searchMethods,
  type PolicySearchOptions,
  type SearchMethod,
} from '@gradus/policy-search';
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

const known: Record<string, Algorithm> = {
  ppo: {
    defaults: { ...ppoDefaults },
    settings: ppoSettings,
    create: (env, options) => new Ppo(env, options),
    restore: (checkpoint, env, options) => Ppo.restore(checkpoint, env, options),
  },
  'recurrent-ppo': {
    defaults: { ...recurrentPpoDefaults },
    settings: recurrentPpoSettings,
    create: (env, options) => new RecurrentPpo(env, options),
    restore: (checkpoint, env, options) => RecurrentPpo.restore(checkpoint, env, options),
  },
  trpo: {
    defaults: { ...trpoDefaults },
    settings: trpoSettings,
    create: (env, options) => new Trpo(env, options),
    restore: (checkpoint, env, options) => Trpo.restore(checkpoint, env, options),
  },
  npg: {
    defaults: { ...naturalPolicyGradientDefaults },
    settings: {},
    create: (env, options) => new NaturalPolicyGradient(env, options),
    restore: (checkpoint, env, options) => NaturalPolicyGradient.restore(checkpoint, env, options),
  },
  reinforce: {
    defaults: { ...reinforceDefaults },
    settings: {},
    create: (env, options) => new Reinforce(env, options),
    restore: (checkpoint, env, options) => Reinforce.restore(checkpoint, env, options),
  },
  'gradient-bandit': withoutNetworks(gradientBanditDefaults, GradientBandit),
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
  a2c: {
    defaults: { ...a2cDefaults },
    settings: a2cSettings,
    create: (env, options) => new A2c(env, options),
    restore: (checkpoint, env, options) => A2c.restore(checkpoint, env, options),
  },
  'one-step-actor-critic': {
    defaults: { ...oneStepActorCriticDefaults },
    settings: {},
    create: (env, options) => new OneStepActorCritic(env, options),
    restore: (checkpoint, env, options) => OneStepActorCritic.restore(checkpoint, env, options),
  },
  ddpg: {
    defaults: { ...ddpgDefaults },
    settings: ddpgSettings,
    create: (env, options) => new Ddpg(env, options),
    restore: (checkpoint, env, options) => Ddpg.restore(checkpoint, env, options),
  },
  td3: {
    defaults: { ...td3Defaults },
    settings: td3Settings,
    create: (env, options) => new Td3(env, options),
    restore: (checkpoint, env, options) => Td3.restore(checkpoint, env, options),
  },
  sac: {
    defaults: { ...sacDefaults },
    settings: sacSettings,
    create: (env, options) => new Sac(env, options),
    restore: (checkpoint, env, options) => Sac.restore(checkpoint, env, options),
  },
  'discrete-sac': {
    defaults: { ...discreteSacDefaults },
    settings: {},
    create: (env, options) => new DiscreteSac(env, options),
    restore: (checkpoint, env, options) => DiscreteSac.restore(checkpoint, env, options),
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
  cem: policySearch(searchMethods.cem),
  ars: policySearch(searchMethods.ars, arsSettings),
  es: policySearch(searchMethods.es),
  'cma-es': policySearch(searchMethods.cmaEs),
  ga: policySearch(searchMethods.ga),
  'finite-differences': policySearch(searchMethods.finiteDifferences),
  'pattern-search': policySearch(searchMethods.patternSearch),
};

/** All algorithms by name. */
export const algorithms: Readonly<Record<string, Algorithm>> = known;

/** Makes an algorithm available by its name. Throws `RangeError` if the name is taken. */
export function registerAlgorithm(name: string, algorithm: Algorithm): void {
  if (Object.hasOwn(known, name)) throw new RangeError(`registerAlgorithm: the name '${name}' is taken`);
  known[name] = algorithm;
}

/** `Dqn` with other defaults. */
function dqnVariant(changes: Partial<DqnOptions>, settings: Algorithm['settings']): Algorithm {
  return {
    defaults: { ...dqnDefaults, ...changes },
    settings,
    create: (env, options) => new Dqn(env, { ...changes, ...options }),
    restore: (checkpoint, env, options) => Dqn.restore(checkpoint, env, options),
  };
}

/** An agent without networks, for which nobody published settings by environment. */
function withoutNetworks(
  defaults: object,
  agent: {
    new (env: VectorEnv, options: AlgorithmOptions & DeviceOption): Agent;
    restore(checkpoint: Checkpoint, env: VectorEnv): Agent;
  },
): Algorithm {
  return {
    defaults: { ...defaults },
    settings: {},
    create: (env, options) => new agent(env, options),
    restore: (checkpoint, env) => agent.restore(checkpoint, env),
  };
}

/** A search of the parameters of a policy. */
function policySearch<Options extends object>(
  method: SearchMethod<Options>,
  settings: Algorithm['settings'] = {},
): Algorithm {
  // Whatever its options are.
  const untyped: SearchMethod<object> = method;
  return {
    defaults: { ...policySearchDefaults, ...method.defaults },
    settings,
    // The agent rejects what is no option of it.
    create: (env, options) => new PolicySearch(env, method, options as Partial<PolicySearchOptions & Options>),
    restore: (checkpoint, env) => PolicySearch.load(checkpoint, { env, method: untyped }),
  };
}
