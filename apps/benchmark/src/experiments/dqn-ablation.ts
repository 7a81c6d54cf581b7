import * as Plot from '@observablehq/plot';
import { drawFigure, type Figure } from '../report/figure.ts';
import { frame, horizontalAxis } from '../report/marks.ts';
import { fixed, intervalText, scoreText, stepsText } from '../report/numbers.ts';
import type { Estimate } from '../report/summarize-group.ts';
import type { Claim, Experiment } from './experiment.ts';
import { overSeeds } from './over-seeds.ts';
import { suiteGroups } from './suite-groups.ts';

interface Variant extends Estimate {
  readonly label: string;
  /** Final score of each seed. */
  readonly scores: readonly number[];
}

interface Game {
  readonly environment: string;
  /** Environment steps of a run. */
  readonly steps: number;
  readonly variants: readonly Variant[];
}

interface Numbers {
  readonly games: readonly Game[];
}

/** Labels of the suite, from nothing to all. */
const VARIANTS = ['linear', 'deep', 'deep-target', 'deep-replay', 'dqn'] as const;

/** Scores of the same variants on Atari (S3.4; Mnih et al., 2015, extended data tables 3 and 4), by what an environment's id contains. */
const PUBLISHED: Readonly<Record<string, readonly number[]>> = {
  Breakout: [3, 3, 10, 241, 317],
  Seaquest: [656, 275, 1003, 823, 2894],
  SpaceInvaders: [301, 302, 373, 826, 1089],
};

/** The ablation of the DQN paper on MinAtar (S3.4). */
export const dqnAblation: Experiment<Numbers> = {
  name: 'dqn-ablation',
  title: 'What makes DQN work: replay and fixed targets',
  question:
    'Is DQN with replay and fixed targets better than with replay alone, that better than with fixed targets alone, and that no worse than a plain deep network?',
  section: 'S3.4',
  method: [
    'The suite dqn-ablation trains five variants in each game. Two learn from every step once, with targets of the network that they are changing: linear, whose values are linear in the pixels, and deep, a convolutional network. deep-target has fixed targets, from a copy of the network that is renewed now and then; deep-replay learns from minibatches of past steps; dqn has both. Settings are otherwise the same; they are in apps/benchmark/suites/dqn-ablation.json. A score is the mean return of the finished agent over fresh episodes.',
    'Beside them, the scores of the same variants on Atari’s games (Mnih et al., 2015), there after 10 million frames and with the best of three learning rates; the linear one there had replay and fixed targets. Both are divided by the score of the full DQN, ours by its mean over seeds, since the games differ in scale. Intervals are 95 % bootstrap intervals of means over seeds; with three seeds they cover the truth less often than that.',
  ],
  seeds: 3,
  cost: { seconds: 8200 },
  suite: 'dqn-ablation',

  async run(context) {
    const environments = await suiteGroups('dqn-ablation', VARIANTS, context);
    return {
      games: environments.map(({ environment, groups }) => ({
        environment,
        steps: groups[0].runs[0].run.steps,
        variants: groups.map(({ label, runs }) => {
          const scores = runs.map(({ mean_return }) => mean_return);
          return { label, scores, ...overSeeds(scores) };
        }),
      })),
    };
  },

  figures: ({ games }) => games.map(gameFigure),

  table: ({ games }) => ({
    head: ['game', 'variant', 'score', '95 %', 'of full DQN', 'on Atari'],
    rows: games.flatMap(({ environment, variants }) =>
      variants.map(({ label, ...estimate }, i) => [
        environment,
        label,
        scoreText(estimate.value),
        intervalText(estimate),
        fixed(estimate.value / fullScore(variants), 2),
        i < publishedShares(environment).length ? fixed(publishedShares(environment)[i], 2) : '–',
      ]),
    ),
  }),

  verdict: ({ games }) => games.flatMap(gameClaims),

  remarks: [
    'The claim that fails is a tie: in Breakout replay and fixed targets are worth about the same, and each little. The gap between a plain network and the full DQN is far smaller in these games than on Atari; our guess is that a few steps change a screen of 10 × 10 cells more than they change one of Atari’s, so that what is learned from in succession is less alike.',
    'The optimizer matters as much. An earlier run of the suite with Adam in place of MinAtar’s RMSprop was stopped after 16 of its 30 runs, the first seed of all variants and some of the second, and showed no such order: the plain network scored 17.9 and 20.7 in Breakout and 82 and 71 in Space Invaders, the full DQN 16.3 and 80.',
  ],
};

/** By what scores of a game are divided. */
function fullScore(variants: readonly Variant[]): number {
  const { value } = variants[VARIANTS.indexOf('dqn')];
  return value > 0 ? value : 1;
}

function publishedShares(environment: string): number[] {
  const scores = Object.entries(PUBLISHED).find(([game]) => environment.includes(game))?.[1] ?? [];
  return scores.map((score) => score / scores[VARIANTS.indexOf('dqn')]);
}

function gameClaims({ environment, variants }: Game): Claim[] {
  const [linear, deep, target, replay, dqn] = variants;
  const text = (variant: Variant): string => `${variant.label} ${scoreText(variant.value)} ${intervalText(variant)}`;
  const above = (better: Variant, worse: Variant): Claim => ({
    claim: `${environment}: the mean of ${better.label} is above that of ${worse.label}`,
    holds: better.value > worse.value,
    found: `${text(better)}, ${text(worse)}, intervals ${better.low > worse.high || worse.low > better.high ? 'apart' : 'overlapping'}`,
  });
  return [
    above(dqn, replay),
    above(replay, target),
    {
      claim: `${environment}: ${target.label} is no worse than ${deep.label}, or not beyond the intervals`,
      holds: target.value >= deep.value || target.high >= deep.low,
      found: `${text(target)}, ${text(deep)}`,
    },
    above(dqn, linear),
  ];
}

/** A bar with its interval for each variant, and a mark at what was published. */
function gameFigure({ environment, steps, variants }: Game): Figure {
  const full = fullScore(variants);
  const bars = variants.map(({ label, value, low, high }) => ({
    label,
    value: value / full,
    low: low / full,
    high: high / full,
  }));
  const published = publishedShares(environment).map((value, i) => ({ label: VARIANTS[i], value }));
  return drawFigure({
    name: environment,
    title: `${environment}, ${stepsText(steps)} steps: share of DQN’s score`,
    description: `Scores of ${VARIANTS.join(', ')} in ${environment}, relative to the last, beside those published for Atari`,
    series: [],
    plot: {
      ...frame,
      width: 480,
      height: 50 + 34 * bars.length,
      marginTop: 6,
      marginLeft: 84,
      x: { nice: true, zero: true },
      y: { type: 'band', domain: [...VARIANTS], padding: 0.3 },
      marks: [
        ...horizontalAxis({ label: 'score / score of dqn (◆ on Atari)', tickFormat: '~f' }),
        Plot.axisY({ tickSize: 0, label: null, fill: 'var(--ink)', fontSize: 11 }),
        Plot.barX(bars, { x: 'value', y: 'label', fill: 'var(--series-1)', fillOpacity: 0.75 }),
        Plot.ruleY(bars, { x1: 'low', x2: 'high', y: 'label', stroke: 'var(--ink)', strokeWidth: 1.5 }),
        Plot.dot(published, {
          x: 'value',
          y: 'label',
          symbol: 'diamond',
          r: 4.5,
          fill: 'var(--series-2)',
          stroke: 'var(--paper)',
        }),
      ],
    },
  });
}
