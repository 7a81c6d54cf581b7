import { evaluate } from '@gradus/core';
import { makeEnv, makeVectorEnv } from '@gradus/envs';
import { Reinforce, type ReinforceOptions } from '@gradus/policy-gradient';
import { fixed, intervalText, percentText, scoreText, stepsText } from '../report/numbers.ts';
import type { Estimate } from '../report/summarize-group.ts';
import { curvesFigure, type CurvePoint } from './curves-figure.ts';
import type { Claim, Experiment } from './experiment.ts';
import { forSeeds, overSeeds } from './over-seeds.ts';

interface Variant {
  readonly label: string;
  readonly learningRate: number;
  /** Mean return of the last 100 training episodes, after so many steps. */
  readonly curve: readonly CurvePoint[];
  /** The mean of that curve. */
  readonly training: Estimate;
  /** Mean return of the finished agent over fresh episodes, with its best actions, by seed. */
  readonly scores: readonly number[];
}

interface Numbers {
  readonly variants: readonly Variant[];
}

const ENVIRONMENT = 'CartPole-v1';
const STEPS = 100_000;
const POINTS = 20;
const EPISODES = 50;
/** Gymnasium's threshold. */
const SOLVED = 475;

const bare = { credit: 'total-return', baseline: 0, normalizeReturns: false } as const;
const toGo = { ...bare, credit: 'reward-to-go' } as const;
const valued = { ...toGo, baseline: 'value' } as const;
/** From nothing to all; each has one trick more than the one before. */
const VARIANTS: Readonly<Record<string, Partial<ReinforceOptions>>> = {
  'total return': bare,
  'reward to go': toGo,
  '… and value baseline': valued,
  '… and normalized': { ...valued, normalizeReturns: true },
};
const LEARNING_RATES = [0.01, 0.001];

/** What each trick of REINFORCE does for learning (S5.3, S5.4). */
export const reinforceTricks: Experiment<Numbers> = {
  name: 'reinforce-tricks',
  title: 'REINFORCE and its three tricks',
  question:
    'REINFORCE learns CartPole from whole episodes. How much faster is it with the reward to go in place of the total return, with a value baseline as well, and with normalized returns on top?',
  section: 'S5.3, S5.4',
  method: [
    `REINFORCE (Williams, 1992) with a softmax policy, a network with two layers of 64, learns ${ENVIRONMENT} for ${stepsText(STEPS)} steps, eight whole episodes to an update, γ = 0.99. At first each action gets credit for the total return of its episode. Then tricks are added one by one: causality, that is credit for the reward to go alone; a baseline that is a learned value of the state; returns less that baseline with mean 0 and standard deviation 1 in each update. Everything else is the default of Reinforce.`,
    `Adam’s step size matters as much, and estimates of high variance may want a smaller one. So every variant is trained with ${LEARNING_RATES.join(' and ')}, and claims compare each at its better one, by the mean return over all of training: the mean over ${POINTS} points in time of the mean return of the last 100 episodes. Intervals are 95 % bootstrap intervals of means over seeds.`,
  ],
  seeds: 10,
  cost: { seconds: 60, repetitions: 80 },

  run: ({ seeds }) => ({
    variants: LEARNING_RATES.flatMap((learningRate) =>
      Object.entries(VARIANTS).map(([label, options]): Variant => {
        const runs = forSeeds(seeds, (seed) => trainReinforce({ ...options, learningRate, seed }, STEPS));
        return {
          label,
          learningRate,
          curve: Array.from({ length: POINTS }, (_, i) => ({
            x: ((i + 1) * STEPS) / POINTS,
            ...overSeeds(runs.map(({ curve }) => curve[i])),
          })),
          training: overSeeds(runs.map(({ curve }) => curve.reduce((sum, value) => sum + value, 0) / POINTS)),
          scores: runs.map(({ score }) => score),
        };
      }),
    ),
  }),

  figures: ({ variants }) =>
    LEARNING_RATES.map((learningRate, i) =>
      curvesFigure({
        name: `figure-${i + 1}`,
        title: `${ENVIRONMENT}, step size ${learningRate}`,
        curves: variants
          .filter((variant) => variant.learningRate === learningRate)
          .map(({ label, curve }) => ({ label, points: curve })),
        x: { label: 'environment steps', tickFormat: stepsText },
        y: { label: 'return of training episodes', domain: [0, 500] },
      }),
    ),

  table: ({ variants }) => ({
    head: ['variant', 'step size', 'return in training', '95 %', 'return at the end', `seeds from ${SOLVED} on`],
    rows: variants.map(({ label, learningRate, training, scores }) => [
      label,
      String(learningRate),
      scoreText(training.value),
      intervalText(training),
      scoreText(overSeeds(scores).value),
      percentText(solvedShare(scores)),
    ]),
  }),

  verdict({ variants }) {
    const [total, reward, value, normalized] = Object.keys(VARIANTS).map((label) => betterOf(variants, label));
    const above = (better: Variant, worse: Variant): Claim => ({
      claim: `‘${better.label}’ has the higher mean return in training than ‘${worse.label}’, with intervals apart`,
      holds: better.training.low > worse.training.high,
      found: `${describe(better)}, ${describe(worse)}`,
    });
    return [
      above(reward, total),
      above(value, reward),
      {
        claim: `‘${normalized.label}’ is no worse than without, or not beyond the intervals`,
        holds: normalized.training.value >= value.training.value || normalized.training.high >= value.training.low,
        found: `${describe(normalized)}, ${describe(value)}`,
      },
      {
        claim: `with all three at least 80 % of the seeds end with a mean return of ${SOLVED} or more, with total return fewer`,
        holds: solvedShare(normalized.scores) >= 0.8 && solvedShare(total.scores) < solvedShare(normalized.scores),
        found: `${percentText(solvedShare(normalized.scores))} against ${percentText(solvedShare(total.scores))}`,
      },
    ];
  },
};

/** Trains an agent: its curve, of `POINTS` points, and its score at the end. */
export function trainReinforce(
  options: Partial<ReinforceOptions> & { readonly seed: number },
  steps: number,
): { readonly curve: readonly number[]; readonly score: number } {
  const agent = new Reinforce(makeEnv(ENVIRONMENT), options);
  const curve: number[] = [];
  for (const { step, episodeReturn } of agent.learn({ steps })) {
    while (step >= ((curve.length + 1) * steps) / POINTS && curve.length < POINTS) curve.push(episodeReturn);
  }
  // None of them was trained on.
  const fresh = { episodes: EPISODES, seed: options.seed };
  const { meanReturn } = evaluate(agent, makeVectorEnv(ENVIRONMENT, 10), fresh);
  agent.dispose();
  return { curve, score: meanReturn };
}

/** The variant with the step size with which its return in training is higher. */
function betterOf(variants: readonly Variant[], label: string): Variant {
  const own = variants.filter((variant) => variant.label === label);
  return own.reduce((best, each) => (each.training.value > best.training.value ? each : best));
}

function describe({ label, learningRate, training }: Variant): string {
  return `${label} ${fixed(training.value, 1)} ${intervalText(training)} at ${learningRate}`;
}

function solvedShare(scores: readonly number[]): number {
  return scores.filter((score) => score >= SOLVED).length / scores.length;
}
