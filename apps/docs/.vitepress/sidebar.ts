import { existsSync, readFileSync } from 'node:fs';
import type { DefaultTheme } from 'vitepress';

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link });

/** The parts of the reference, as `scripts/generate.ts` found them. */
function referenceParts(): DefaultTheme.SidebarItem[] {
  const file = new URL('../generated/entries.json', import.meta.url);
  const entries = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : [];
  return entries.map((entry) => page(`@gradus/${entry}`, `/reference/${entry}/`));
}

/** The pages beside each page, by the folder that it is in. A new page is a line here. */
export const sidebar: DefaultTheme.SidebarMulti = {
  '/guides/': [
    {
      text: 'Guides',
      items: [
        page('First agent in five minutes', '/guides/first-agent'),
        page('Your own environment', '/guides/own-environment'),
        page('Your own network and loss', '/guides/own-network'),
        page('Coming from Python', '/guides/coming-from'),
        page('From Python, and back', '/guides/bridges'),
        page('In the browser', '/guides/browser'),
        page('Resuming and checkpoints', '/guides/checkpoints'),
        page('Benchmarks and statistics', '/guides/statistics'),
        page('Many machines', '/guides/many-machines'),
        page('Contributing', '/guides/contributing'),
      ],
    },
  ],
  '/course/': [
    {
      text: 'Course',
      items: [
        page('How to read it', '/course/'),
        page('1 Decision processes', '/course/decision-processes'),
        page('2 Values in tables', '/course/tabular'),
        page('3 Values by approximation', '/course/function-approximation'),
        page('4 Search without gradients', '/course/search'),
        page('5 Policy gradients', '/course/policy-gradients'),
        page('6 Actors and critics', '/course/actors-and-critics'),
        page('7 Language models', '/course/language-models'),
        page('8 Themes', '/course/themes'),
      ],
    },
  ],
  '/algorithms/': [
    { text: 'Algorithms', items: [page('Which one?', '/algorithms/')] },
    {
      text: 'Exact',
      items: [
        page('Value iteration', '/algorithms/value-iteration'),
        page('Policy iteration', '/algorithms/policy-iteration'),
        page('Backward induction', '/algorithms/backward-induction'),
      ],
    },
    {
      text: 'Tabular',
      items: [
        page('Q-learning', '/algorithms/q-learning'),
        page('Double Q-learning', '/algorithms/double-q-learning'),
        page('SARSA', '/algorithms/sarsa'),
        page('Expected SARSA', '/algorithms/expected-sarsa'),
        page('Monte-Carlo control', '/algorithms/monte-carlo-control'),
        page('n-step Q-learning', '/algorithms/n-step-q-learning'),
        page('n-step SARSA', '/algorithms/n-step-sarsa'),
        page('SARSA(λ)', '/algorithms/sarsa-lambda'),
        page('Q(λ)', '/algorithms/q-lambda'),
      ],
    },
    {
      text: 'Prediction',
      items: [
        page('Monte-Carlo prediction', '/algorithms/monte-carlo-prediction'),
        page('TD(0) and n-step TD', '/algorithms/td-prediction'),
        page('TD(λ)', '/algorithms/td-lambda'),
      ],
    },
    {
      text: 'Linear',
      items: [
        page('Linear SARSA(λ)', '/algorithms/linear-sarsa'),
        page('Linear Q-learning', '/algorithms/linear-q-learning'),
        page('Linear TD', '/algorithms/linear-td'),
        page('Linear TD(λ)', '/algorithms/linear-td-lambda'),
        page('TDC', '/algorithms/tdc'),
        page('LSTD', '/algorithms/lstd'),
      ],
    },
    {
      text: 'Deep values',
      items: [
        page('DQN', '/algorithms/dqn'),
        page('C51', '/algorithms/c51'),
        page('QR-DQN', '/algorithms/qr-dqn'),
        page('Rainbow', '/algorithms/rainbow'),
        page('PQN', '/algorithms/pqn'),
        page('TD-Gammon', '/algorithms/td-gammon'),
        page('DRRN', '/algorithms/drrn'),
        page('Template DQN', '/algorithms/tdqn'),
      ],
    },
    {
      text: 'Policy gradients',
      items: [
        page('Gradient bandit', '/algorithms/gradient-bandit'),
        page('REINFORCE', '/algorithms/reinforce'),
        page('PPO', '/algorithms/ppo'),
        page('Recurrent PPO', '/algorithms/recurrent-ppo'),
        page('Natural policy gradient', '/algorithms/natural-policy-gradient'),
        page('TRPO', '/algorithms/trpo'),
      ],
    },
    {
      text: 'Actors and critics',
      items: [
        page('One-step actor-critic', '/algorithms/one-step-actor-critic'),
        page('A2C', '/algorithms/a2c'),
        page('A3C', '/algorithms/a3c'),
        page('DDPG', '/algorithms/ddpg'),
        page('TD3', '/algorithms/td3'),
        page('D4PG', '/algorithms/d4pg'),
        page('SAC', '/algorithms/sac'),
        page('Discrete SAC', '/algorithms/discrete-sac'),
        page('TQC', '/algorithms/tqc'),
        page('CrossQ', '/algorithms/crossq'),
      ],
    },
    {
      text: 'Search',
      items: [
        page('Cross-entropy method', '/algorithms/cross-entropy-method'),
        page('Random search (ARS)', '/algorithms/random-search'),
        page('Evolution strategies', '/algorithms/evolution-strategies'),
        page('CMA-ES', '/algorithms/cma-es'),
        page('Genetic algorithm', '/algorithms/genetic-algorithm'),
        page('Finite differences', '/algorithms/finite-differences'),
        page('Pattern search', '/algorithms/pattern-search'),
      ],
    },
    {
      text: 'Language models',
      items: [
        page('Supervised fine-tuning', '/algorithms/sft'),
        page('Reward model', '/algorithms/reward-model'),
        page('DPO', '/algorithms/dpo'),
        page('REINFORCE of texts', '/algorithms/reinforce-of-texts'),
        page('RLOO', '/algorithms/rloo'),
        page('GRPO', '/algorithms/grpo'),
        page('PPO of texts', '/algorithms/ppo-of-texts'),
        page('REBEL', '/algorithms/rebel'),
      ],
    },
  ],
  '/reference/': [{ text: 'Reference', items: referenceParts() }],
  '/demos/': [
    {
      text: 'Demos',
      items: [
        page('All of them', '/demos/'),
        page('A grid that you draw', '/demos/grid'),
        page('Two squares alike', '/demos/aliased-grid'),
        page('Ten arms', '/demos/bandits'),
        page('CEM, and REINFORCE’s tricks', '/demos/tricks'),
        page('PPO and DQN', '/demos/ppo-and-dqn'),
        page('Landing on the moon', '/demos/lunar-lander'),
        page('Pendulum and replay', '/demos/pendulum'),
        page('A pixel game', '/demos/breakout'),
        page('A world in words', '/demos/text-world'),
        page('Backgammon', '/demos/backgammon'),
        page('Too much feedback', '/demos/rlhf'),
        page('Playground', '/demos/playground'),
      ],
    },
  ],
};
