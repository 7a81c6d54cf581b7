import {
  A2c,
  A3c,
  CrossQ,
  D4pg,
  Ddpg,
  DiscreteSac,
  OneStepActorCritic,
  Sac,
  Td3,
  Tqc,
  a2cDefaults,
  a2cSettings,
  a3cDefaults,
  a3cSettings,
  crossQDefaults,
  crossQSettings,
  d4pgDefaults,
  d4pgSettings,
  ddpgDefaults,
  ddpgSettings,
  discreteSacDefaults,
  discreteSacSettings,
  oneStepActorCriticDefaults,
  sacDefaults,
  sacSettings,
  td3Defaults,
  td3Settings,
  tqcDefaults,
  tqcSettings,
} from '@gradus/actor-critic';
import {
  aFunction,
  checkArguments,
  objectOf,
  someOptions,
  type Agent,
  type Checkpoint,
  type DeviceOption,
  type LoadAgentOptions,
  type OptionCheck,
  type VectorEnv,
} from '@gradus/core';
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
  Drrn,
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
  Tdqn,
  c51Defaults,
  c51Settings,
  dqnDefaults,
  dqnSettings,
  drrnDefaults,
  drrnSettings,
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
  tdqnDefaults,
  tdqnSettings,
} from '@gradus/value-based';

/** Where published settings come from, RL Baselines3 Zoo, CleanRL, or MinAtar; `gradus` are ours. */
export const settingsSources = ['zoo', 'cleanrl', 'minatar', 'gradus'] as const;

/** One of {@link settingsSources}. */
type SettingsSource = (typeof settingsSources)[number];

/** Options under which a figure was reached. */
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
  /**
   * The agent that was saved: without an `env` it need only act, with one it goes on learning, as its `resumed` says. Other options take the place of those that
   * it was made with.
   */
  readonly load: (checkpoint: Checkpoint, options: LoadAgentOptions) => Agent;
}

const known: Record<string, Algorithm> = {
  ppo: agents(Ppo, ppoDefaults, ppoSettings),
  'recurrent-ppo': agents(RecurrentPpo, recurrentPpoDefaults, recurrentPpoSettings),
  trpo: agents(Trpo, trpoDefaults, trpoSettings),
  npg: agents(NaturalPolicyGradient, naturalPolicyGradientDefaults),
  reinforce: agents(Reinforce, reinforceDefaults),
  'gradient-bandit': agents(GradientBandit, gradientBanditDefaults),
  dqn: agents(Dqn, dqnDefaults, dqnSettings),
  c51: agents(Dqn, dqnDefaults, c51Settings, c51Defaults),
  qrdqn: agents(Dqn, dqnDefaults, qrDqnSettings, qrDqnDefaults),
  rainbow: agents(Dqn, dqnDefaults, rainbowSettings, rainbowDefaults),
  pqn: agents(Pqn, pqnDefaults, pqnSettings),
  drrn: agents(Drrn, drrnDefaults, drrnSettings),
  tdqn: agents(Tdqn, tdqnDefaults, tdqnSettings),
  a2c: agents(A2c, a2cDefaults, a2cSettings),
  a3c: agents(A3c, a3cDefaults, a3cSettings),
  'one-step-actor-critic': agents(OneStepActorCritic, oneStepActorCriticDefaults),
  crossq: agents(CrossQ, crossQDefaults, crossQSettings),
  d4pg: agents(D4pg, d4pgDefaults, d4pgSettings),
  ddpg: agents(Ddpg, ddpgDefaults, ddpgSettings),
  td3: agents(Td3, td3Defaults, td3Settings),
  sac: agents(Sac, sacDefaults, sacSettings),
  tqc: agents(Tqc, tqcDefaults, tqcSettings),
  'discrete-sac': agents(DiscreteSac, discreteSacDefaults, discreteSacSettings),
  'linear-sarsa': agents(LinearSarsa, linearSarsaDefaults),
  'linear-q-learning': agents(LinearQLearning, linearQLearningDefaults),
  'q-learning': agents(QLearning, tabularDefaults),
  'double-q-learning': agents(DoubleQLearning, tabularDefaults),
  sarsa: agents(Sarsa, tabularDefaults),
  'expected-sarsa': agents(ExpectedSarsa, tabularDefaults),
  'monte-carlo': agents(MonteCarloControl, monteCarloDefaults),
  'n-step-q-learning': agents(NStepQLearning, nStepDefaults),
  'n-step-sarsa': agents(NStepSarsa, nStepDefaults),
  'sarsa-lambda': agents(SarsaLambda, sarsaLambdaDefaults),
  'q-lambda': agents(QLambda, qLambdaDefaults),
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

/** What can be a word of a command line, and is no option there. */
const aName: OptionCheck = {
  expected: 'a name without spaces',
  accepts: (value) => typeof value === 'string' && /^[^\s-]\S*$/.test(value),
};

const anAlgorithm = objectOf('an algorithm', {
  defaults: someOptions,
  settings: someOptions,
  create: aFunction,
  load: aFunction,
});

/** Makes an algorithm available by its name. Throws `RangeError` for what is none, and if the name is taken. */
export function registerAlgorithm(name: string, algorithm: Algorithm): void {
  checkArguments('registerAlgorithm', { name, algorithm }, { name: aName, algorithm: anAlgorithm });
  if (Object.hasOwn(known, name)) throw new RangeError(`registerAlgorithm: the name '${name}' is taken`);
  known[name] = algorithm;
}

/** The agents of a class; `changes` are what is other than its defaults. */
function agents(
  agent: {
    new (env: VectorEnv, options: AlgorithmOptions & DeviceOption): Agent;
    load(checkpoint: Checkpoint, options: LoadAgentOptions): Agent;
  },
  defaults: object,
  settings: Algorithm['settings'] = {},
  changes: object = {},
): Algorithm {
  return {
    defaults: { ...defaults, ...changes },
    settings,
    create: (env, options) => new agent(env, { ...changes, ...options }),
    load: (checkpoint, options) => agent.load(checkpoint, options),
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
    load: (checkpoint, options) => PolicySearch.load(checkpoint, { ...options, method: untyped }),
  };
}
