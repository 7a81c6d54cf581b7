import { makeVectorEnv, transitionTable } from '@gradus/envs';
import { QLearning, epsilonGreedy, valueIteration, visitStepSize } from '@gradus/value-based';
import { fixed, stepsText } from '../report/numbers.ts';
import type { Claim, Experiment } from './experiment.ts';
import { curvesFigure, type Curve, type CurvePoint } from './curves-figure.ts';
import { learnUntil } from './learn-until.ts';
import { forSeeds, overSeeds } from './over-seeds.ts';

interface Learning {
  readonly gamma: number;
  readonly stepSize: string;
  /** max |Q̂ − Q*| over max Q*, after so many updates. */
  readonly errors: readonly CurvePoint[];
  /** max |Q̂ − Q*| at the end, the mean over seeds. */
  readonly finalError: number;
}

interface Numbers {
  readonly learnings: readonly Learning[];
}

const GAMMAS = [0.5, 0.9, 0.99];
/** α_n = (1 + n)^−exponent. */
const STEP_SIZES: Readonly<Record<string, number>> = { '1/n': 1, 'n^−0.7': 0.7 };
/** The lake with a start in every square that is no hole and not the goal: the values are the same, and all pairs are updated alike. */
const MAP = ['SSSS', 'SHSH', 'SSSH', 'HSSG'];
/** Updates after which errors are measured: five in each power of ten from 100 to a million. */
const MEASURED = Array.from({ length: 21 }, (_, i) => Math.round(10 ** (2 + i / 5)));
const UPDATES = MEASURED[MEASURED.length - 1];

/** What step sizes 1/n cost when γ is near 1 (S2.3). */
export const stepSizes: Experiment<Numbers> = {
  name: 'step-sizes',
  title: 'Step sizes 1/n, and how slow they get as γ nears 1',
  question:
    'With step sizes 1/n Q-learning converges, but how fast? Does its error vanish more slowly the nearer γ is to 1, and does that with n^−0.7 not?',
  section: 'S2.3',
  method: [
    'Q̂_n(s, a) ← (1 − α_n) Q̂_{n−1}(s, a) + α_n [r + γ max Q̂_{n−1}(s′, ·)] from Q̂ = 0 on slippery FrozenLake 4×4, with α_n = 1/(1 + n) or (1 + n)^−0.7 for the n-th visit of a pair (Watkins and Dayan, 1992). With 1/n the error falls about as n^−(1−γ) (Szepesvári, 1998), in a time exponential in 1/(1 − γ); with n^−ω, ½ < ω < 1, in one polynomial in it (Even-Dar and Mansour, 2003).',
    `Every update is that of a random action in a random square (episodes of one step that may start anywhere), so that all pairs get about as many and step sizes alone matter. Errors are max |Q̂ − Q*|, Q* by value iteration, drawn relative to max Q*; the mean over seeds, after up to ${stepsText(UPDATES)} updates, ${Math.round(UPDATES / 44).toLocaleString('en-US')} of each of the 44 pairs.`,
  ],
  seeds: 10,
  cost: { seconds: 130, repetitions: 60 },

  run({ seeds }) {
    const table = transitionTable('FrozenLake-v1', { map: MAP });
    const learnings = GAMMAS.flatMap((gamma) => {
      const optimal = valueIteration(table, gamma).actionValues;
      const largest = Math.max(...optimal);
      return Object.entries(STEP_SIZES).map(([stepSize, exponent]): Learning => {
        const errors = forSeeds(seeds, (seed) => {
          const env = makeVectorEnv('FrozenLake-v1', 1, { map: MAP, maxEpisodeSteps: 1 });
          const alpha = visitStepSize(exponent, 1);
          const agent = new QLearning(env, { gamma, alpha, exploration: epsilonGreedy(1), seed });
          return MEASURED.map((updates) => {
            learnUntil(agent, updates);
            return agent.values.table.reduce((most, value, pair) => Math.max(most, Math.abs(value - optimal[pair])), 0);
          });
        });
        return {
          gamma,
          stepSize,
          errors: MEASURED.map((x, i) => ({ x, ...overSeeds(errors.map((error) => error[i] / largest)) })),
          finalError: overSeeds(errors.map((error) => error[error.length - 1])).value,
        };
      });
    });
    return { learnings };
  },

  figures: ({ learnings }) =>
    Object.keys(STEP_SIZES).map((stepSize, i) =>
      curvesFigure({
        name: `figure-${i + 1}`,
        title: `FrozenLake, step size ${stepSize}`,
        curves: learnings
          .filter((learning) => learning.stepSize === stepSize)
          .map(({ gamma, errors }): Curve => ({ label: `γ = ${gamma}`, points: errors })),
        x: { label: 'updates', type: 'log', tickFormat: stepsText },
        y: { label: 'max |Q̂ − Q*| / max Q*', type: 'log', domain: [0.005, 1], tickFormat: '~g' },
      }),
    ),

  table: ({ learnings }) => ({
    head: ['step size, γ', 'final error', 'relative to max Q*', 'factor of the last tenfold of updates'],
    rows: learnings.map((learning) => [
      `${learning.stepSize}, ${learning.gamma}`,
      fixed(learning.finalError, 4),
      fixed(lastError(learning), 3),
      fixed(lastFactor(learning), 2),
    ]),
  }),

  verdict({ learnings }) {
    const of = (stepSize: string): Learning[] => learnings.filter((learning) => learning.stepSize === stepSize);
    const [harmonic, polynomial] = Object.keys(STEP_SIZES).map(of);
    const close = [harmonic[0], polynomial[0]];
    const factors = harmonic.map(lastFactor);
    return [
      {
        claim: `γ = ${GAMMAS[0]}: with both step sizes Q̂ ends within 0.02 of Q*, on average over seeds`,
        holds: close.every(({ finalError }) => finalError <= 0.02),
        found: close.map(({ stepSize, finalError }) => `${fixed(finalError, 4)} with ${stepSize}`).join(', '),
      },
      ...GAMMAS.slice(1).map((gamma, i): Claim => {
        const [slow, fast] = [harmonic[i + 1], polynomial[i + 1]].map(lastError);
        return {
          claim: `γ = ${gamma}: with n^−0.7 at most half of the error of 1/n is left`,
          holds: fast <= slow / 2,
          found: `${fixed(fast, 3)} against ${fixed(slow, 3)} of max Q*`,
        };
      }),
      {
        claim: 'with 1/n, the larger γ is, the more of the error the last tenfold of updates leaves',
        holds: factors.every((factor, i) => i === 0 || factor > factors[i - 1]),
        found: `it leaves ${factors.map((factor) => fixed(factor, 2)).join(', ')} for γ = ${GAMMAS.join(', ')}`,
      },
    ];
  },
};

function lastError({ errors }: Learning): number {
  return errors[errors.length - 1].value;
}

/** What the last tenfold of updates left of the error. */
function lastFactor(learning: Learning): number {
  return lastError(learning) / learning.errors[learning.errors.length - 6].value;
}
