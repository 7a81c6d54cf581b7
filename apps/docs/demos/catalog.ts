import type { ChosenValues, Speed } from './demo.ts';

/** Something that the reader chooses before a demo begins. */
export type Choice =
  | {
      readonly kind: 'select';
      readonly name: string;
      readonly label: string;
      readonly initial: string;
      readonly options: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'switch';
      readonly name: string;
      readonly label: string;
      readonly initial: boolean;
      /** Whether it is heeded at once, where all else begins anew. */
      readonly isHeededAtOnce?: boolean;
    }
  | {
      readonly kind: 'slider';
      readonly name: string;
      readonly label: string;
      readonly initial: number;
      /** What can be chosen, from left to right. */
      readonly stops: readonly number[];
    };

/** What a page has to know of a demo before it runs: words alone, so that nothing of the engine is loaded with them. */
export interface CatalogEntry {
  readonly title: string;
  readonly choices: readonly Choice[];
  /** What stands in the place of what is shown, before anything is. */
  readonly hint?: string;
  /** What the learning curve shows. */
  readonly y: string;
  /** From which score on it counts as solved, where there is such a score. */
  readonly target?: (chosen: ChosenValues) => number | undefined;
  /** The file in `pretrained/`, without its ending, where there is one. */
  readonly pretrained?: (chosen: ChosenValues) => string | undefined;
  /** The seed at first. */
  readonly seed: number;
  /** The speed at first. Default `full`. */
  readonly speed?: Speed;
  /** Whether nothing moves in it unless it learns. Default: no. */
  readonly isStill?: boolean;
}

const cartPoleOrAcrobot = { 'cart-pole': 'CartPole', acrobot: 'Acrobot' };

/** All demos, by the names that pages call them by. */
export const catalog = {
  grid: {
    title: 'Value iteration and Q-learning on a grid that you draw',
    choices: [
      {
        kind: 'select',
        name: 'method',
        label: 'Method',
        initial: 'value-iteration',
        options: { 'value-iteration': 'value iteration', 'q-learning': 'Q-learning' },
      },
      { kind: 'slider', name: 'gamma', label: 'γ', initial: 0.9, stops: [0.5, 0.8, 0.9, 0.95, 0.99] },
      { kind: 'slider', name: 'slip', label: 'slipping', initial: 0, stops: [0, 0.1, 0.2, 0.4] },
    ],
    y: 'value of the start',
    seed: 1,
    speed: 10,
  },
  'aliased-grid': {
    title: 'Two squares that look the same: values beside probabilities',
    choices: [],
    y: 'return, mean of 100 episodes',
    seed: 1,
  },
  bandits: {
    title: 'Ten arms, four ways to explore',
    choices: [],
    y: 'share of pulls of the best arm, 50 bandits',
    seed: 1,
    isStill: true,
  },
  tricks: {
    title: 'The cross-entropy method, and REINFORCE with its tricks, on CartPole',
    choices: [
      {
        kind: 'select',
        name: 'method',
        label: 'Method',
        initial: 'reinforce',
        options: { reinforce: 'REINFORCE', cem: 'cross-entropy method' },
      },
      { kind: 'switch', name: 'toGo', label: 'reward to go', initial: true },
      { kind: 'switch', name: 'baseline', label: 'baseline', initial: true },
      { kind: 'switch', name: 'normalize', label: 'normalization', initial: true },
    ],
    y: 'return',
    target: () => 475,
    pretrained: ({ method }) => (method === 'reinforce' ? 'reinforce-cart-pole' : undefined),
    seed: 1,
  },
  'ppo-and-dqn': {
    title: 'PPO and DQN on CartPole and Acrobot',
    choices: [
      {
        kind: 'select',
        name: 'algorithm',
        label: 'Algorithm',
        initial: 'ppo',
        options: { ppo: 'PPO', dqn: 'DQN' },
      },
      {
        kind: 'select',
        name: 'environment',
        label: 'Environment',
        initial: 'cart-pole',
        options: cartPoleOrAcrobot,
      },
    ],
    y: 'return',
    target: ({ environment }) => (environment === 'acrobot' ? -100 : 475),
    pretrained: ({ algorithm, environment }) => `${algorithm}-${environment}`,
    seed: 1,
  },
  'lunar-lander': {
    title: 'PPO learns to land',
    choices: [],
    y: 'return',
    target: () => 200,
    pretrained: () => 'ppo-lunar-lander',
    seed: 1,
  },
  pendulum: {
    title: 'DDPG and SAC on Pendulum, and what they replay',
    choices: [
      {
        kind: 'select',
        name: 'algorithm',
        label: 'Algorithm',
        initial: 'sac',
        options: { sac: 'SAC', ddpg: 'DDPG' },
      },
      {
        kind: 'select',
        name: 'replay',
        label: 'Replay',
        initial: 'uniform',
        options: {
          uniform: 'uniform',
          low: 'good and bad, low threshold',
          high: 'good and bad, high threshold',
          softmax: 'softmax of rewards',
          prioritized: 'prioritized by errors',
        },
      },
      {
        kind: 'slider',
        name: 'bufferSize',
        label: 'transitions kept',
        initial: 10_000,
        stops: [500, 2000, 10_000, 100_000],
      },
    ],
    y: 'return',
    target: () => -200,
    pretrained: ({ algorithm }) => `${algorithm}-pendulum`,
    seed: 1,
  },
  breakout: {
    title: 'A pixel game: PQN learns Breakout from 10 × 10 pictures',
    choices: [],
    y: 'return',
    target: () => 10,
    pretrained: () => 'pqn-breakout',
    seed: 1,
  },
  'text-world': {
    title: 'A world in words: you beside DRRN',
    choices: [
      {
        kind: 'select',
        name: 'world',
        label: 'World',
        initial: 'coin',
        options: { coin: 'coin collector', treasure: 'treasure hunt', cooking: 'cooking' },
      },
    ],
    hint: 'Start trains an agent in this page, and has you play in the same world; nothing is loaded before.',
    y: 'score of a game',
    target: ({ world }) => (world === 'cooking' ? 6 : 1),
    seed: 1,
  },
  backgammon: {
    title: 'Backgammon against a net that learned from itself',
    choices: [
      {
        kind: 'switch',
        name: 'looksAhead',
        label: 'the net looks at your replies (2-ply)',
        initial: false,
        isHeededAtOnce: true,
      },
    ],
    hint: 'Pretrained agent has a net play against you that has learned from 400,000 games; Start trains one in this page. Nothing is loaded before.',
    y: 'points a game against a linear evaluator',
    pretrained: () => 'td-gammon',
    seed: 1,
    isStill: true,
  },
  rlhf: {
    title: 'Learning from human feedback, and too much of it',
    choices: [{ kind: 'slider', name: 'beta', label: 'β', initial: 0, stops: [0, 0.02, 0.05, 0.1, 0.2, 0.5] }],
    y: 'gained since supervised fine-tuning',
    seed: 1,
    isStill: true,
  },
} as const satisfies Readonly<Record<string, CatalogEntry>>;

/** The name of a demo. */
export type DemoName = keyof typeof catalog;

/** What a demo begins with where the reader changes nothing. */
export function initialChoices({ choices }: Pick<CatalogEntry, 'choices'>): ChosenValues {
  return Object.fromEntries(choices.map(({ name, initial }) => [name, initial]));
}
