import { Random } from '@gradus/core';
import { completeAll } from '@gradus/llm-rlhf';
import { END, meanGold, prepareMiniature, SUMMARY_LENGTH, type PreparedMiniature } from '@gradus/llm-rlhf/miniature';
import { fixed, intervalText } from '../report/numbers.ts';
import { EPISODES, trainWithCurve, type MiniaturePoint } from '../rlhf/miniature-curve.ts';
import { prototypeSettings } from '../rlhf/prototype-settings.ts';
import { curvesFigure, type Curve } from './curves-figure.ts';
import type { Claim, Experiment } from './experiment.ts';
import { mean, overSeeds, repeatForSeeds } from './over-seeds.ts';

/** What the best of so many summaries is worth, as the reward model chooses. */
interface BestPoint {
  readonly samples: number;
  readonly gold: number;
  readonly reward: number;
}

interface Numbers {
  /** By seed, for each of {@link betas}. */
  readonly curves: readonly (readonly (readonly MiniaturePoint[])[])[];
  /** By seed. */
  readonly best: readonly (readonly BestPoint[])[];
}

const betas = [0, 0.02, 0.05, 0.2] as const;
const samples = [1, 2, 4, 8, 16, 32, 64] as const;
const POINTS = 8;
/** What gold has to fall by to count. */
const MARGIN = 0.06;

/** Over-optimization of a reward model (S7.2; Gao et al., 2023). */
export const overOptimization: Experiment<Numbers> = {
  name: 'over-optimization',
  title: 'A reward model that is maximized too far',
  question:
    'The policy maximizes what a reward model says, not what summaries are worth. How far do the two agree as the policy moves away from supervised fine-tuning, what does the price β of that divergence do, and is taking the best of n summaries a better way to spend it?',
  section: 'S7.2',
  method: [
    `The miniature of summaries-table: the same posts, supervised fine-tuning and labels; the reward model sees these three times. RLOO with k = 2 learns from ${EPISODES.toLocaleString('en-US')} completions at each β, with a step size from 0.0005 to 0. What summaries are worth (gold, which a formula knows and nothing that is trained sees), what the reward model says of them (the proxy), and their divergence from supervised fine-tuning are measured at ${POINTS + 1} points of the way, on 1,000 held-out posts, at temperature 1.`,
    'The reference is best-of-n: of n summaries by supervised fine-tuning the one that the reward model likes best, which lies log n − (n − 1)/n nats from it (Stiennon et al., 2020). As in Gao et al. (2023), divergence is drawn by its square root.',
    'Intervals are 95 % bootstrap intervals of means over seeds; for each seed everything is made anew, data included.',
  ],
  remarks: [
    'How soon gold parts from the reward depends on the reward model of a seed: with seed 2, whose policies it leads astray even at β = 0.05, gold falls to less than half of its best; with seed 0 it has not begun to fall when training ends. A larger price costs next to no reward here, and keeps the gold.',
    'The best of n is drawn from supervised fine-tuning and needs no training, but n summaries for each post.',
    'Made when supervised fine-tuning began with narrower weights and with whole steps at once, as summaries-table did at first (summaries-fine-tuning has both); it was not made anew since.',
  ],
  seeds: 3,
  cost: { seconds: 1000, repetitions: 3 },

  async run({ seeds }) {
    const each = await repeatForSeeds(seeds, runSeed);
    return { curves: each.map(({ curves }) => curves), best: each.map(({ best }) => best) };
  },

  figures: (numbers) =>
    (['gold', 'reward'] as const).map((name, i) =>
      curvesFigure({
        name: `figure-${i + 1}`,
        title: name === 'gold' ? 'what summaries are worth' : 'what the reward model says of them',
        curves: [
          ...betas.map((beta, index): Curve => {
            const own = numbers.curves.map((seed) => seed[index]);
            return {
              label: `β = ${beta}`,
              points: own[0].map((_, point) => ({
                x: root(mean(own.map((points) => points[point].kl))),
                ...overSeeds(own.map((points) => points[point][name])),
              })),
            };
          }),
          {
            label: 'best of n',
            points: samples.map((n, index) => ({
              x: root(bestDivergence(n)),
              ...overSeeds(numbers.best.map((points) => points[index][name])),
            })),
          },
        ],
        x: { label: '√KL from supervised fine-tuning, in √nats' },
        y: { label: name === 'gold' ? 'gold' : 'reward' },
      }),
    ),

  table: (numbers) => ({
    head: ['policy', 'KL', 'reward', 'gold', '95 %', 'best gold on the way'],
    rows: [
      ...betas.map((beta, index) => {
        const last = lastOf(numbers, beta);
        const gold = overSeeds(last.map((point) => point.gold));
        return [
          `RLOO, β = ${beta}`,
          fixed(mean(last.map(({ kl }) => kl)), 2),
          fixed(mean(last.map(({ reward }) => reward)), 2),
          fixed(gold.value, 2),
          intervalText(gold, hundredths),
          fixed(mean(numbers.curves.map((seed) => Math.max(...seed[index].map((point) => point.gold)))), 2),
        ];
      }),
      ...samples.map((n, index) => {
        const own = numbers.best.map((points) => points[index]);
        const gold = overSeeds(own.map((point) => point.gold));
        return [
          n === 1 ? 'supervised fine-tuning' : `best of ${n}`,
          fixed(bestDivergence(n), 2),
          fixed(mean(own.map(({ reward }) => reward)), 2),
          fixed(gold.value, 2),
          intervalText(gold, hundredths),
          '–',
        ];
      }),
    ],
  }),

  verdict(numbers) {
    const ends = betas.map((beta) => lastOf(numbers, beta));
    const means = (name: 'gold' | 'reward' | 'kl'): number[] =>
      ends.map((points) => mean(points.map((point) => point[name])));
    const listed = (values: readonly number[]): string =>
      betas.map((beta, i) => `${fixed(values[i], 2)} at β = ${beta}`).join(', ');
    const falls = (values: readonly number[]): boolean => values.every((value, i) => i === 0 || value < values[i - 1]);
    const free = numbers.curves.map((seed) => seed[0]);
    const peaks = free.map((points) => Math.max(...points.map(({ gold }) => gold)));
    const finalGold = free.map((points) => points[POINTS].gold);
    const isPast = (points: readonly MiniaturePoint[], seed: number): boolean => {
      const peak = points.findIndex(({ gold }) => gold === peaks[seed]);
      return points[POINTS].reward > points[peak].reward && peaks[seed] - points[POINTS].gold > MARGIN;
    };
    const [gold0, ...golds] = ends.map((points) => overSeeds(points.map(({ gold }) => gold)));
    const priced = golds.reduce((best, each) => (each.value > best.value ? each : best));
    const bestLast = numbers.best.map((points) => points[samples.length - 1].gold);
    const learned = free.map((points) => goldAt(points, bestDivergence(samples[samples.length - 1])));
    return [
      {
        claim: `with β = 0 gold falls by more than ${MARGIN} from its best while the reward still rises, with every seed (Gao et al., 2023)`,
        holds: free.every(isPast),
        found: free.map((_, seed) => `${fixed(peaks[seed], 2)} → ${fixed(finalGold[seed], 2)}`).join(', '),
      },
      {
        claim: 'the larger β, the nearer the policy stays to supervised fine-tuning, in mean',
        holds: falls(means('kl')),
        found: listed(means('kl')),
      },
      {
        claim: 'the larger β, the less the reward model gives, in mean',
        holds: falls(means('reward')),
        found: listed(means('reward')),
      },
      {
        claim: 'some β above 0 ends with more gold than β = 0, with intervals apart',
        holds: priced.low > gold0.high,
        found: `${intervalText(priced, hundredths)} against ${intervalText(gold0, hundredths)}`,
      },
      {
        claim: `the best of ${samples[samples.length - 1]} is worth more than what RLOO makes of as many nats without a price (Gao et al., 2023), with every seed`,
        holds: bestLast.every((gold, seed) => gold > learned[seed]),
        found: bestLast.map((gold, seed) => `${fixed(gold, 2)} against ${fixed(learned[seed], 2)}`).join(', '),
      },
    ] satisfies Claim[];
  },
};

async function runSeed(seed: number): Promise<{ curves: MiniaturePoint[][]; best: BestPoint[] }> {
  const prepared = prepareMiniature({ seed, ...prototypeSettings.rewardModel });
  const curves: MiniaturePoint[][] = [];
  for (const beta of betas) {
    const { curve } = await trainWithCurve('rloo-2', prepared, {
      ...{ seed, points: POINTS },
      ...{ learningRate: prototypeSettings.online.learningRate, beta },
    });
    curves.push([...curve]);
  }
  return { curves, best: bestOfMany(prepared, seed) };
}

/** For each n of {@link samples}: what the best of the first n summaries of each held-out post is worth. */
function bestOfMany({ data, sft, rewardModel }: PreparedMiniature, seed: number): BestPoint[] {
  const random = new Random(seed).fork('best of many');
  const { heldOut } = data;
  const chosen = heldOut.map((): { tokens: readonly number[]; reward: number } => ({ tokens: [], reward: -Infinity }));
  const points: BestPoint[] = [];
  for (let n = 1; n <= samples[samples.length - 1]; n++) {
    const written = completeAll(sft, heldOut, { maxNewTokens: SUMMARY_LENGTH, stopTokens: [END], random });
    const texts = written.map(({ tokens }, i) => [...Array.from(heldOut[i].prompt), ...tokens]);
    rewardModel.score(texts).forEach((reward, i) => {
      if (reward > chosen[i].reward) chosen[i] = { tokens: written[i].tokens, reward };
    });
    if (!samples.includes(n as (typeof samples)[number])) continue;
    const summaries = chosen.map(({ tokens }) => tokens);
    const reward = mean(chosen.map((each) => each.reward));
    points.push({ samples: n, gold: meanGold(heldOut, summaries).mean, reward });
  }
  return points;
}

/** Nats between the best of n and one (an upper bound, and exact where no two are alike). */
function bestDivergence(n: number): number {
  return Math.log(n) - (n - 1) / n;
}

/** Gold where a curve first reaches so many nats, between two points by their distance; its last one if it never does. */
function goldAt(points: readonly MiniaturePoint[], kl: number): number {
  const next = points.findIndex((point) => point.kl >= kl);
  if (next === -1) return points[points.length - 1].gold;
  if (next === 0) return points[0].gold;
  const [a, b] = [points[next - 1], points[next]];
  return a.gold + ((b.gold - a.gold) * (kl - a.kl)) / (b.kl - a.kl);
}

/** The last point of each seed. */
function lastOf({ curves }: Numbers, beta: (typeof betas)[number]): MiniaturePoint[] {
  return curves.map((seed) => seed[betas.indexOf(beta)][POINTS]);
}

function root(kl: number): number {
  return Math.sqrt(Math.max(kl, 0));
}

function hundredths(value: number): string {
  return fixed(value, 2);
}
