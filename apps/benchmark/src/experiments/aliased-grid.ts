import { TransitionTable } from '@gradus/core';
import { aliasedGrid, makeEnv, transitionTable } from '@gradus/envs';
import { QLearning, Sarsa, epsilonGreedy, greedyPolicy, valueIteration } from '@gradus/value-based';
import { fixed, intervalText, percentText } from '../report/numbers.ts';
import type { Estimate } from '../report/summarize-group.ts';
import { curvesFigure, type CurvePoint } from './curves-figure.ts';
import type { Experiment } from './experiment.ts';
import { finiteHorizonValues } from './finite-horizon.ts';
import { learnUntil } from './learn-until.ts';
import { forSeeds, overSeeds } from './over-seeds.ts';

interface PolicyNumbers {
  readonly label: string;
  /** P(treasure reached) after so many steps, from a random start: a mean over seeds. */
  readonly reached: readonly CurvePoint[];
  /** Share of the starts from which it is reached at all; its highest over seeds. */
  readonly starts: number;
  readonly mostStarts: number;
  /** Mean steps to the treasure, counting the limit where it is not reached. */
  readonly steps: Estimate;
}

interface Numbers {
  readonly policies: readonly PolicyNumbers[];
}

const LIMIT = 100;
const TRAINING_STEPS = 50_000;
const EPSILON = 0.1;
const OPTIONS = { gamma: 0.9, alpha: 0.1, exploration: epsilonGreedy(EPSILON) };
/** Squares in which episodes start, which are the first states. */
const CORRIDOR = 5;
const NUM_ACTIONS = 4;

/** Value-based agents in the aliased gridworld (S5.7). */
export const aliasedGridExperiment: Experiment<Numbers> = {
  name: 'aliased-grid',
  title: 'The aliased grid, where acting greedily gets stuck',
  question: 'Where two places look the same but ask for opposite actions, how does an agent fare that acts on values?',
  section: 'S5.7',
  method: [
    'A corridor of five squares has the treasure below the middle one and skulls below its ends; the two squares beside the middle look the same (Silver, 2015, lecture 7). A policy that always does the same on both can leave only one of them towards the middle. Two of the five starts then never lead to the treasure; going east or west with probability ½ leads there from all of them.',
    `Q-learning and SARSA see what the environment shows and learn for ${TRAINING_STEPS.toLocaleString('en-US')} steps with ε = ${EPSILON}, α = ${OPTIONS.alpha}, γ = ${OPTIONS.gamma}. Their policies are then examined exactly, from the transition table: how probable it is that the treasure has been reached after so many steps of an episode, which begins in any square of the corridor alike and ends after ${LIMIT} steps. Greedy: the action of largest value; ε-greedy: as during training. For comparison, the best policy that sees where it is, and the one that is a coin toss on the squares that look alike.`,
  ],
  remarks: [
    'Q-learning and SARSA, greedy, are one curve in the figure. Exploring goes on getting unstuck by chance, and slowly.',
  ],
  seeds: 20,

  run({ seeds }) {
    const table = treasureTable();
    const seen = observations();
    const agents = { 'Q-learning': QLearning, SARSA: Sarsa };
    const learned = Object.entries(agents).map(([label, Agent]) => ({
      label,
      values: forSeeds(seeds, (seed) => {
        const agent = new Agent(makeEnv('AliasedGrid-v0'), { ...OPTIONS, seed });
        learnUntil(agent, TRAINING_STEPS);
        return greedyPolicy(agent.actionValues, NUM_ACTIONS);
      }),
    }));
    const spread = (policy: Float64Array): Float64Array => policy.map((p) => (1 - EPSILON) * p + EPSILON / NUM_ACTIONS);
    const policies = [
      ...learned.map(({ label, values }) => ({ label: `${label}, greedy`, policies: values })),
      { label: 'Q-learning, ε-greedy', policies: learned[0].values.map(spread) },
    ].map(({ label, policies: all }) =>
      describe(
        label,
        table,
        all.map((policy) => inStates(policy, seen)),
      ),
    );
    return {
      policies: [
        ...policies,
        describe('coin toss', table, [inStates(coinToss(), seen)]),
        describe('sees its place', table, [valueIteration(table, 0.9).policy]),
      ],
    };
  },

  figures: ({ policies }) => [
    curvesFigure({
      name: 'figure',
      title: 'Aliased grid: treasure reached',
      curves: policies.map(({ label, reached }) => ({ label, points: reached.slice(0, 41) })),
      x: { label: 'steps' },
      y: { label: 'share of episodes at the treasure', domain: [0, 1], tickFormat: '.0%' },
    }),
  ],

  table: ({ policies }) => ({
    head: [
      'policy',
      'starts that lead to the treasure',
      `within ${LIMIT} steps`,
      `mean steps, ${LIMIT} where not reached`,
      '95 %',
    ],
    rows: policies.map(({ label, starts, reached, steps }) => [
      label,
      percentText(starts),
      percentText(reached[LIMIT].value),
      fixed(steps.value, 1),
      intervalText(steps, (value) => fixed(value, 1)),
    ]),
  }),

  verdict({ policies: [qLearning, sarsa, exploring, coin] }) {
    return [
      ...[qLearning, sarsa].map(({ label, mostStarts, starts }) => ({
        claim: `${label}: with no seed more than 3 of 5 starts lead to the treasure`,
        holds: mostStarts <= 0.6,
        found: `at most ${percentText(mostStarts)} of the starts do, ${percentText(starts)} on average`,
      })),
      {
        claim: 'the coin toss reaches it from every start, after 3.8 steps on average',
        holds: coin.starts === 1 && Math.abs(coin.steps.value - 3.8) < 0.05,
        found: `from ${percentText(coin.starts)} of the starts, after ${fixed(coin.steps.value, 2)} steps`,
      },
      {
        claim: 'the ε-greedy policy takes more than three times as many steps as the coin toss',
        holds: exploring.steps.value > 3 * coin.steps.value,
        found: `${fixed(exploring.steps.value, 1)} against ${fixed(coin.steps.value, 1)} steps`,
      },
    ];
  },
};

/** The grid with no other reward than 1 at the treasure, so that returns are probabilities of getting there. */
function treasureTable(): TransitionTable {
  const table = transitionTable('AliasedGrid-v0');
  const { numStates, numActions, initialDistribution } = table;
  return new TransitionTable({
    numStates,
    numActions,
    initialDistribution,
    outcomes: (state, action) =>
      table.outcomes(state, action).map((outcome) => ({ ...outcome, reward: Math.max(outcome.reward, 0) })),
  });
}

/** What the environment shows in each state. */
function observations(): Float32Array {
  const { numStates } = transitionTable('AliasedGrid-v0');
  const seen = new Float32Array(numStates);
  aliasedGrid().observe({ state: Float64Array.from(seen.keys()) }, seen, 0, numStates);
  return seen;
}

/** A policy over observations as one over states, [states × actions]. */
function inStates(policy: Float64Array, seen: Float32Array): Float64Array {
  return Float64Array.from({ length: seen.length * NUM_ACTIONS }, (_, pair) => {
    return policy[seen[Math.floor(pair / NUM_ACTIONS)] * NUM_ACTIONS + (pair % NUM_ACTIONS)];
  });
}

/** Towards the middle from the ends, down in the middle, and east or west where the squares look alike. */
function coinToss(): Float64Array {
  const [north, east, south, west] = [0, 1, 2, 3].map((action) =>
    Array.from({ length: 4 }, (_, a) => Number(a === action)),
  );
  return Float64Array.from([east, [0, 0.5, 0, 0.5], south, west, north].flat());
}

function describe(label: string, table: TransitionTable, policies: readonly Float64Array[]): PolicyNumbers {
  const reached = policies.map((policy) =>
    finiteHorizonValues(table, policy, LIMIT).map((row) => row.subarray(0, CORRIDOR)),
  );
  const starts = reached.map((horizons) => horizons[LIMIT].filter((probability) => probability > 0).length / CORRIDOR);
  const shares = reached.map((horizons) =>
    horizons.map((row) => row.reduce((sum, value) => sum + value, 0) / CORRIDOR),
  );
  return {
    label,
    reached: Array.from({ length: LIMIT + 1 }, (_, x) => ({ x, ...overSeeds(shares.map((share) => share[x])) })),
    starts: overSeeds(starts).value,
    mostStarts: Math.max(...starts),
    steps: overSeeds(shares.map((share) => share.slice(0, LIMIT).reduce((sum, value) => sum + 1 - value, 0))),
  };
}
