import { Random, TransitionTable, dynamicsFromTable, envFromDynamics } from '@gradus/core';
import { transitionTable } from '@gradus/envs';
import { QLearning, epsilonGreedy, terminalStates, valueIteration } from '@gradus/value-based';
import { fixed } from '../report/numbers.ts';
import { curvesFigure, type CurvePoint } from './curves-figure.ts';
import type { Experiment } from './experiment.ts';
import { learnUntil } from './learn-until.ts';
import { forSeeds, overSeeds } from './over-seeds.ts';

interface ProcessNumbers {
  readonly process: string;
  /** max |Q̂ − Q*| after so many full intervals, relative to that before the first: 0, 1, …. */
  readonly errors: readonly CurvePoint[];
  /** Largest factor, over all seeds and intervals, by which an interval left the error. */
  readonly worstFactor: number;
  /** Updates by which an entry fell. */
  readonly decreases: number;
  /** The most by which an entry ever was above Q*. */
  readonly largestExcess: number;
  readonly updates: number;
}

interface Numbers {
  readonly gamma: number;
  readonly processes: readonly ProcessNumbers[];
}

const GAMMA = 0.9;
const INTERVALS = 15;
/** Steps after which an episode begins anew, in a state drawn from all but the terminal ones. */
const EPISODE = 20;
/** What rounding may do to a number between 0 and 100. */
const ROUNDING = 1e-9;

/** Q-learning's theorem for deterministic processes (S2.2), watched at every update. */
export const qLearningContraction: Experiment<Numbers> = {
  name: 'q-learning-contraction',
  title: 'Q-learning contracts, and grows from below',
  question:
    'In a deterministic process, does every full interval shrink the largest error by γ at least, and do entries that begin at 0 only ever grow, never beyond Q*?',
  section: 'S2.2',
  method: [
    'Q̂(s, a) ← r + γ max Q̂(s′, ·), from Q̂ = 0, with uniformly random actions; all rewards are 0 or more. A full interval ends when every pair of state and action has been visited since the last one ended. Convergence with factor γ for each is Theorem 13.1 of Mitchell (1997); Q* is computed by value iteration to 10⁻¹².',
    `The processes: the lecture’s grid, and for each seed a random process of 20 states with 3 actions, whose rewards are uniform in [0, 1) and of whose transitions 5 % end the episode. An episode begins anew after ${EPISODE} steps. γ = ${GAMMA}, ${INTERVALS} intervals.`,
  ],
  seeds: 20,
  cost: { seconds: 5, repetitions: 40 },

  run({ seeds }) {
    const grid = transitionTable('LectureGrid-v0');
    const measure = (process: string, tableOf: (seed: number) => TransitionTable): ProcessNumbers => {
      const walks = forSeeds(seeds, (seed) => watch(tableOf(seed), seed));
      const factors = walks.flatMap(({ errors }) =>
        errors.slice(1).flatMap((error, k) => (errors[k] > ROUNDING ? [error / errors[k]] : [])),
      );
      return {
        process,
        errors: Array.from({ length: INTERVALS + 1 }, (_, k) => {
          return { x: k, ...overSeeds(walks.map(({ errors }) => errors[k] / errors[0])) };
        }),
        worstFactor: Math.max(...factors),
        decreases: walks.reduce((sum, { decreases }) => sum + decreases, 0),
        largestExcess: Math.max(...walks.map(({ largestExcess }) => largestExcess)),
        updates: walks.reduce((sum, { updates }) => sum + updates, 0),
      };
    };
    return {
      gamma: GAMMA,
      processes: [measure('lecture grid', () => grid), measure('random processes', randomProcess)],
    };
  },

  figures({ gamma, processes }) {
    const bound = processes[0].errors.map(({ x }) => ({ x, value: gamma ** x, low: gamma ** x, high: gamma ** x }));
    return [
      curvesFigure({
        name: 'figure',
        title: 'Largest error after full intervals',
        curves: [
          ...processes.map(({ process, errors }) => ({ label: process, points: errors })),
          { label: 'bound γᵏ', points: bound },
        ],
        x: { label: 'full intervals k' },
        y: {
          label: 'max |Q̂ − Q*|, relative to the first; at the edge 0.0001 or less',
          type: 'log',
          domain: [1e-4, 1],
          tickFormat: '~g',
        },
      }),
    ];
  },

  table: ({ processes }) => ({
    head: ['process', 'updates', 'worst factor of an interval', 'updates that decrease', 'largest excess over Q*'],
    rows: processes.map(({ process, updates, worstFactor, decreases, largestExcess }) => {
      return [process, String(updates), fixed(worstFactor, 3), String(decreases), largestExcess.toPrecision(2)];
    }),
  }),

  verdict: ({ gamma, processes }) =>
    processes.flatMap(({ process, worstFactor, decreases, largestExcess, updates }) => [
      {
        claim: `${process}: every full interval leaves at most γ = ${gamma} of the largest error`,
        holds: worstFactor <= gamma,
        found: `the worst left ${fixed(worstFactor, 3)}`,
      },
      {
        claim: `${process}: no update makes an entry smaller, and none brings it above Q* (by more than ${ROUNDING})`,
        holds: decreases === 0 && largestExcess <= ROUNDING,
        found: `${decreases} of ${updates} updates do, and the largest excess is ${largestExcess.toPrecision(2)}`,
      },
    ]),
};

/** Errors at the end of each full interval, and what updates did, under uniformly random actions. */
function watch(table: TransitionTable, seed: number) {
  const { numStates, numActions } = table;
  const optimal = valueIteration(table, GAMMA, { tolerance: 1e-12 }).actionValues;
  const numPairs = terminalStates(table).filter((terminal) => terminal === 0).length * numActions;
  const env = envFromDynamics(dynamicsFromTable(table, { maxEpisodeSteps: EPISODE }));
  const agent = new QLearning(env, { gamma: GAMMA, alpha: 1, exploration: epsilonGreedy(1), seed });
  const { table: q, visits } = agent.values;
  const before = q.slice();
  const counted = new Uint32Array(numStates * numActions);
  const visited = new Set<number>();
  const errors = [largestError(q, optimal)];
  let [updates, decreases, largestExcess] = [0, 0, 0];
  while (errors.length <= INTERVALS) {
    learnUntil(agent, ++updates);
    const pair = visits.findIndex((count, i) => count > counted[i]);
    if (q[pair] < before[pair]) decreases++;
    largestExcess = Math.max(largestExcess, q[pair] - optimal[pair]);
    before[pair] = q[pair];
    counted[pair]++;
    visited.add(pair);
    if (visited.size < numPairs) continue;
    errors.push(largestError(q, optimal));
    visited.clear();
  }
  return { errors, decreases, largestExcess, updates };
}

function largestError(q: Float64Array, optimal: Float64Array): number {
  return q.reduce((largest, value, pair) => Math.max(largest, Math.abs(value - optimal[pair])), 0);
}

function randomProcess(seed: number): TransitionTable {
  // Not the stream that the agent explores by.
  const random = new Random(seed).fork('process');
  const numStates = 20;
  return new TransitionTable({
    numStates,
    numActions: 3,
    initialDistribution: new Float64Array(numStates).fill(1 / numStates),
    outcomes: () => [
      {
        probability: 1,
        nextState: random.integer(numStates),
        reward: random.nextFloat(),
        terminated: random.nextFloat() < 0.05,
      },
    ],
  });
}
