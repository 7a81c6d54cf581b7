/** What an algorithm can learn in: kinds of spaces, for people. */
export interface SupportedSpaces {
  readonly observations: string;
  readonly actions: string;
}

/** Networks that take whatever there is, and policies for all kinds of actions. */
const all: SupportedSpaces = { observations: 'all', actions: 'all' };
/** A value for each action. */
const values: SupportedSpaces = { observations: 'all', actions: 'Discrete' };
/** A critic whose gradient goes through the action. */
const continuous: SupportedSpaces = { observations: 'all', actions: 'Box with finite bounds' };
const texts: SupportedSpaces = { observations: 'words of a text game', actions: 'valid ones, in words' };
const tables: SupportedSpaces = { observations: 'Discrete or MultiDiscrete', actions: 'Discrete' };
const contexts: SupportedSpaces = { observations: 'Discrete', actions: 'Discrete' };
const features: SupportedSpaces = {
  observations: 'Discrete or MultiDiscrete, or Box with features',
  actions: 'Discrete',
};

/** The spaces that each algorithm of the command takes. Those of the user's own are not among them. */
export const supportedSpaces: Readonly<Record<string, SupportedSpaces>> = {
  ppo: all,
  'recurrent-ppo': all,
  trpo: all,
  npg: all,
  reinforce: all,
  'gradient-bandit': contexts,
  dqn: values,
  c51: values,
  qrdqn: values,
  rainbow: values,
  pqn: values,
  drrn: texts,
  tdqn: { ...texts, actions: 'valid ones, of templates and nouns' },
  a2c: all,
  a3c: all,
  'one-step-actor-critic': all,
  crossq: continuous,
  d4pg: continuous,
  ddpg: continuous,
  td3: continuous,
  sac: continuous,
  tqc: continuous,
  'discrete-sac': { observations: 'all', actions: 'Discrete without masks' },
  'linear-sarsa': features,
  'linear-q-learning': features,
  'q-learning': tables,
  'double-q-learning': tables,
  sarsa: tables,
  'expected-sarsa': tables,
  'monte-carlo': tables,
  'n-step-q-learning': tables,
  'n-step-sarsa': tables,
  'sarsa-lambda': tables,
  'q-lambda': tables,
  cem: all,
  ars: all,
  es: all,
  'cma-es': all,
  ga: all,
  'finite-differences': all,
  'pattern-search': all,
};
