import { Random, TransitionTable, finiteHorizonValues } from '@gradus/core';
import { aliasedGrid, makeVectorEnv, transitionTable } from '@gradus/envs';
import { LinearSoftmax, estimateGradient, sampleTrajectory } from '@gradus/policy-gradient';
import { QLearning, Sarsa, epsilonGreedy, greedyPolicy, valueIteration } from '@gradus/value-based';
import { fixed, intervalText, percentText } from '../report/numbers.ts';
import type { Estimate } from '../report/summarize-group.ts';
import { curvesFigure, type CurvePoint } from './curves-figure.ts';
import type { Experiment } from './experiment.ts';
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
  readonly mostSteps: number;
}

interface Numbers {
  readonly policies: readonly PolicyNumbers[];
  /** P(east) that REINFORCE learned for the squares that look alike: the mean over seeds and what it was at least and at most. */
  readonly learnedEast: Estimate & { readonly least: number; readonly most: number };
  /** Of the probabilities 0.01, 0.02, … 0.99 of going east, and else west, on the squares that look alike, the one of the fewest steps. */
  readonly fastestEast: number;
}

const LIMIT = 100;
const TRAINING_STEPS = 200_000;
const EPSILON = 0.1;
const OPTIONS = { gamma: 0.9, alpha: 0.1, exploration: epsilonGreedy(EPSILON) };
/** Episodes of an update of REINFORCE, and the size of the first. */
const BATCH = 100;
const FIRST_STEP_SIZE = 2;
/** Squares in which episodes start, which are the first states. */
const CORRIDOR = 5;
const NUM_ACTIONS = 4;
const EAST = 1;
/** One of the squares beside the middle. */
const BESIDE = 1;

/** Agents that act on values and one that learns probabilities in the aliased gridworld (S5.7). */
export const aliasedGridExperiment: Experiment<Numbers> = {
  name: 'aliased-grid',
  title: 'The aliased grid: acting on values gets stuck, learned probabilities do not',
  question:
    'Where two places look the same but ask for opposite actions, how does an agent fare that acts on values, and how one that learns probabilities?',
  section: 'S5.7',
  method: [
    'A corridor of five squares has the treasure below the middle one and skulls below its ends; the two squares beside the middle look the same (Silver, 2015, lecture 7). A policy that always does the same on both can leave only one of them towards the middle. Two of the five starts then never lead to the treasure; going east or west with probability ½ leads there from all of them.',
    `Q-learning and SARSA see what the environment shows and learn for ${TRAINING_STEPS.toLocaleString('en-US')} steps with ε = ${EPSILON}, α = ${OPTIONS.alpha}, γ = ${OPTIONS.gamma}. REINFORCE (Williams, 1992) learns as long, from preferences for what the environment shows, one for each action, by the softmax: reward to go with γᵗ, the mean return of the other episodes as baseline, ${BATCH} episodes for an update, and a step size that falls linearly from ${FIRST_STEP_SIZE} to 0. All policies are then examined exactly, from the transition table: how probable it is that the treasure has been reached after so many steps of an episode, which begins in any square of the corridor alike and ends after ${LIMIT} steps. Greedy: the action of largest value; ε-greedy: as during training. For comparison, the best policy that sees where it is, and the one that is a coin toss on the squares that look alike.`,
    'Why these step sizes: near the coin toss ∂J/∂θ of going east is −0.062 d, d being how much larger that preference θ is than the one for west, and its estimate from one episode has a variance of 0.026. With a constant step size α and batches of n episodes P(east) would thus scatter with a standard deviation of 0.16 √(α / n), which is 0.023 for the first step size; with the falling one less than 0.01 is left. And P(east) lacks half of what north and south still have, which vanishes as 1 / Σ α and ends at about 0.02.',
  ],
  remarks: [
    'In the figure REINFORCE’s curve is nearly that of the coin toss. Exploring goes on getting unstuck by chance, and slowly.',
  ],
  seeds: 20,
  cost: { seconds: 40, repetitions: 60 },

  run({ seeds }) {
    const table = treasureTable();
    const seen = observations();
    const agents = { 'Q-learning': QLearning, SARSA: Sarsa };
    const learned = Object.entries(agents).map(([label, Agent]) => ({
      label,
      values: forSeeds(seeds, (seed) => {
        const agent = new Agent(makeVectorEnv('AliasedGrid-v0', 1), { ...OPTIONS, seed });
        learnUntil(agent, TRAINING_STEPS);
        return greedyPolicy(agent.values.table, NUM_ACTIONS);
      }),
    }));
    const probabilities = forSeeds(seeds, (seed) => reinforce(seen, seed));
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
    const east = probabilities.map((policy) => policy[BESIDE * NUM_ACTIONS + EAST]);
    return {
      policies: [
        ...policies,
        describe('REINFORCE', table, probabilities),
        describe('coin toss', table, [inStates(coinToss(), seen)]),
        describe('sees its place', table, [valueIteration(table, 0.9).policy]),
      ],
      learnedEast: { ...overSeeds(east), least: Math.min(...east), most: Math.max(...east) },
      fastestEast: fastestToss(table, seen),
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

  verdict({ policies: [qLearning, sarsa, exploring, learned, coin], learnedEast, fastestEast }) {
    return [
      ...[qLearning, sarsa].map(({ label, mostStarts, starts }) => ({
        claim: `${label}: with no seed more than 3 of 5 starts lead to the treasure`,
        holds: mostStarts <= 0.6,
        found: `at most ${percentText(mostStarts)} of the starts do, ${percentText(starts)} on average`,
      })),
      {
        claim:
          'the coin toss reaches it from every start, after 3.8 steps on average, and no other probability in fewer',
        holds: coin.starts === 1 && Math.abs(coin.steps.value - 3.8) < 0.05 && fastestEast === 0.5,
        found: `from ${percentText(coin.starts)} of the starts, after ${fixed(coin.steps.value, 2)} steps; the fewest are those of P(east) = ${fixed(fastestEast, 2)}`,
      },
      {
        claim: 'the ε-greedy policy takes more than three times as many steps as the coin toss',
        holds: exploring.steps.value > 3 * coin.steps.value,
        found: `${fixed(exploring.steps.value, 1)} against ${fixed(coin.steps.value, 1)} steps`,
      },
      {
        claim: 'REINFORCE: with every seed P(east) is within 0.5 ± 0.05 on the squares that look alike',
        holds: learnedEast.least >= 0.45 && learnedEast.most <= 0.55,
        found: `between ${fixed(learnedEast.least, 3)} and ${fixed(learnedEast.most, 3)}, ${fixed(learnedEast.value, 3)} on average`,
      },
      {
        claim: 'REINFORCE: with every seed it takes at most 1.5 times as many steps as the coin toss',
        holds: learned.mostSteps <= 1.5 * coin.steps.value,
        found: `at most ${fixed(learned.mostSteps, 2)} against ${fixed(coin.steps.value, 2)} steps`,
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

/** What REINFORCE learns, [states × actions]. It sees what the environment shows, and plays episodes to their end. */
function reinforce(seen: Float32Array, seed: number): Float64Array {
  const table = transitionTable('AliasedGrid-v0');
  const policy = new LinearSoftmax({
    numActions: NUM_ACTIONS,
    numFeatures: new Set(seen).size * NUM_ACTIONS,
    features: (state: number, action, target) => (target[seen[state] * NUM_ACTIONS + action] = 1),
  });
  const random = new Random(seed);
  for (let steps = 0; steps < TRAINING_STEPS;) {
    const stepSize = FIRST_STEP_SIZE * (1 - steps / TRAINING_STEPS);
    const trajectories = Array.from({ length: BATCH }, () => sampleTrajectory(table, policy, random));
    const gradient = estimateGradient(policy, trajectories, { gamma: OPTIONS.gamma, baseline: 'mean' });
    gradient.forEach((slope, i) => (policy.parameters[i] += stepSize * slope));
    for (const { rewards } of trajectories) steps += rewards.length;
  }
  return Float64Array.from(Array.from(seen.keys()).flatMap((state) => [...policy.probabilities(state)]));
}

/** Towards the middle from the ends, down in the middle, and east or west where the squares look alike, east with the given probability. */
function coinToss(east = 0.5): Float64Array {
  const [north, goEast, south, west] = [0, 1, 2, 3].map((action) =>
    Array.from({ length: 4 }, (_, a) => Number(a === action)),
  );
  return Float64Array.from([goEast, [0, east, 0, 1 - east], south, west, north].flat());
}

/** The probability of going east, of 0.01, 0.02, … 0.99, with which the treasure is reached in the fewest steps on average. */
function fastestToss(table: TransitionTable, seen: Float32Array): number {
  const steps = Array.from({ length: 99 }, (_, i) =>
    meanSteps(horizons(table, inStates(coinToss((i + 1) / 100), seen))),
  );
  return (steps.indexOf(Math.min(...steps)) + 1) / 100;
}

/** The probability that the treasure has been reached after 0, 1, … steps, from each square of the corridor. */
function horizons(table: TransitionTable, policy: Float64Array): Float64Array[] {
  const { stateValues } = finiteHorizonValues(table, policy, { horizon: LIMIT });
  return stateValues.map((row) => row.subarray(0, CORRIDOR)).reverse();
}

/** The same from a random square. */
function shareOf(row: Float64Array): number {
  return row.reduce((sum, value) => sum + value, 0) / CORRIDOR;
}

function meanSteps(reached: readonly Float64Array[]): number {
  return reached.slice(0, LIMIT).reduce((sum, row) => sum + 1 - shareOf(row), 0);
}

function describe(label: string, table: TransitionTable, policies: readonly Float64Array[]): PolicyNumbers {
  const reached = policies.map((policy) => horizons(table, policy));
  const starts = reached.map((rows) => rows[LIMIT].filter((probability) => probability > 0).length / CORRIDOR);
  const steps = reached.map(meanSteps);
  return {
    label,
    reached: Array.from({ length: LIMIT + 1 }, (_, x) => ({
      x,
      ...overSeeds(reached.map((rows) => shareOf(rows[x]))),
    })),
    starts: overSeeds(starts).value,
    mostStarts: Math.max(...starts),
    steps: overSeeds(steps),
    mostSteps: Math.max(...steps),
  };
}
