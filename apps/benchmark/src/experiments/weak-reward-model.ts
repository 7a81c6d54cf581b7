import { prepareMiniature, scoreMiniature, trainMiniature, withFewerLabels } from '@gradus/llm-rlhf/miniature';
import { fixed, intervalText, partText, stepsText } from '../report/numbers.ts';
import type { Estimate } from '../report/summarize-group.ts';
import { EPISODES } from '../rlhf/miniature-curve.ts';
import { prototypeSettings } from '../rlhf/prototype-settings.ts';
import { curvesFigure, type Curve } from './curves-figure.ts';
import type { Claim, Experiment } from './experiment.ts';
import { mean, overSeeds, repeatForSeeds } from './over-seeds.ts';

/** What one method makes of so many labels. */
interface Outcome {
  readonly winRate: number;
  readonly gold: number;
  /** By the reward model that was maximized. */
  readonly reward: number;
  readonly kl: number;
}

interface SeedNumbers {
  /** By {@link sizes}. */
  readonly accuracies: readonly number[];
  /** By {@link sizes}, for each of {@link methods}. */
  readonly outcomes: readonly (readonly Outcome[])[];
  /** What all begin with. */
  readonly sft: number;
}

interface Numbers {
  readonly seeds: readonly SeedNumbers[];
}

const methods = ['dpo', 'rloo-2', 'ppo'] as const;
type Method = (typeof methods)[number];

const sizes = [500, 2000, 8000, 44_000] as const;

/** What a weak reward model does to those who maximize it (S7.2). */
export const weakRewardModel: Experiment<Numbers> = {
  name: 'weak-reward-model',
  title: 'How many labels a reward model needs',
  question:
    'RLOO and PPO maximize a reward model, DPO learns from its labels without one. How good are their summaries when people have compared few pairs, and when they have compared many?',
  section: 'S7.2, S7.3',
  method: [
    `The miniature of summaries-table: for each seed the same posts, supervised fine-tuning and noisy labels, of which ${sizes.map((size) => size.toLocaleString('en-US')).join(', ')} pairs are used. For each number a reward model sees its pairs three times, RLOO with k = 2 and PPO learn from ${EPISODES.toLocaleString('en-US')} completions that it rewards (β = 0.05, a step size from 0.0005 to 0), and DPO sees the pairs once (β = 0.5, from 0.0003); summaries-table has others, which were chosen later.`,
    'Win rates are parts of 1,000 held-out posts on which the gold judge prefers the summary to a human one, at temperature 1, where ties count half. Accuracies are parts of 4,000 held-out labels that the reward model agrees with; the best possible is 0.81. Intervals are 95 % bootstrap intervals of means over seeds.',
  ],
  remarks: [
    'Made when supervised fine-tuning began with narrower weights and with whole steps at once, as summaries-table did at first (summaries-fine-tuning has both); it was not made anew since.',
  ],
  seeds: 3,
  cost: { seconds: 1500, repetitions: 3 },

  async run({ seeds }) {
    return { seeds: await repeatForSeeds(seeds, runSeed) };
  },

  figures: (numbers) =>
    (['winRate', 'kl'] as const).map((name, i) =>
      curvesFigure({
        name: `figure-${i + 1}`,
        title:
          name === 'kl'
            ? 'how far policies go from supervised fine-tuning, by labels'
            : 'summaries that are better than human ones, by labels',
        curves: methods.map((method): Curve => ({ label: method, points: pointsOf(numbers, method, name) })),
        x: { label: 'labelled pairs', type: 'log', tickFormat: stepsText },
        y: { label: name === 'kl' ? 'KL, nats' : 'win rate' },
      }),
    ),

  table: (numbers) => ({
    head: ['labelled pairs', 'accuracy', 'method', 'win rate', '95 %', 'gold', 'reward', 'KL'],
    rows: sizes.flatMap((size, i): string[][] => [
      ...(i === 0 ? [sftRow(numbers)] : []),
      ...methods.map((method, j) => {
        const outcomes = outcomesOf(numbers, method, i);
        const wins = overSeeds(outcomes.map(({ winRate }) => winRate));
        return [
          j === 0 ? size.toLocaleString('en-US') : '',
          j === 0 ? partText(mean(numbers.seeds.map(({ accuracies }) => accuracies[i]))) : '',
          method,
          partText(wins.value),
          intervalText(wins, partText),
          fixed(mean(outcomes.map(({ gold }) => gold)), 2),
          fixed(mean(outcomes.map(({ reward }) => reward)), 2),
          fixed(mean(outcomes.map(({ kl }) => kl)), 2),
        ];
      }),
    ]),
  }),

  verdict(numbers) {
    const last = sizes.length - 1;
    const winsOf = (method: Method, size: number): Estimate =>
      overSeeds(outcomesOf(numbers, method, size).map(({ winRate }) => winRate));
    const accuracies = sizes.map((_, i) => mean(numbers.seeds.map((seed) => seed.accuracies[i])));
    const [few, many] = [sizes[0], sizes[last]].map((size) => size.toLocaleString('en-US'));
    const listed = (values: readonly number[]): string => values.map(partText).join(', ');
    const online = methods.filter((method) => method !== 'dpo');
    return [
      {
        claim: 'a reward model agrees with more labels that it has not seen, the more it has seen, in mean',
        holds: accuracies.every((value, i) => i === 0 || value > accuracies[i - 1]),
        found: listed(accuracies),
      },
      ...methods.map((method): Claim => ({
        claim: `${method} is better with ${many} pairs than with ${few}, with intervals apart`,
        holds: winsOf(method, last).low > winsOf(method, 0).high,
        found: `${intervalText(winsOf(method, 0), partText)} → ${intervalText(winsOf(method, last), partText)}`,
      })),
      ...online.map((method): Claim => ({
        claim: `with ${many} pairs ${method} is better than DPO, in mean`,
        holds: winsOf(method, last).value > winsOf('dpo', last).value,
        found: `${partText(winsOf(method, last).value)} against ${partText(winsOf('dpo', last).value)}`,
      })),
      ...online.map((method): Claim => ({
        claim: `with ${few} pairs ${method}, which maximizes what the reward model has got wrong, is worse than DPO, in mean`,
        holds: winsOf(method, 0).value < winsOf('dpo', 0).value,
        found: `${partText(winsOf(method, 0).value)} against ${partText(winsOf('dpo', 0).value)}`,
      })),
    ];
  },
};

async function runSeed(seed: number): Promise<SeedNumbers> {
  const prepared = prepareMiniature({ seed, ...prototypeSettings.rewardModel });
  const accuracies: number[] = [];
  const outcomes: Outcome[][] = [];
  for (const pairs of sizes) {
    const labelled = withFewerLabels(prepared, { seed, pairs, ...prototypeSettings.rewardModel });
    accuracies.push(labelled.rewardModelAccuracy);
    const own: Outcome[] = [];
    for (const method of methods) {
      const settings = prototypeSettings[method === 'dpo' ? 'dpo' : 'online'];
      const policy = await trainMiniature(method, labelled, { seed, ...settings });
      const { winRate, gold, reward, kl } = scoreMiniature(policy, labelled, { seed, temperature: 1 });
      own.push({ winRate: winRate.mean, gold: gold.mean, reward, kl });
    }
    outcomes.push(own);
  }
  const { winRate } = scoreMiniature(prepared.sft, prepared, { seed, temperature: 1 });
  return { accuracies, outcomes, sft: winRate.mean };
}

function sftRow({ seeds }: Numbers): string[] {
  const wins = overSeeds(seeds.map(({ sft }) => sft));
  return ['0', '–', 'supervised fine-tuning', partText(wins.value), intervalText(wins, partText), '–', '–', '–'];
}

function outcomesOf({ seeds }: Numbers, method: Method, size: number): Outcome[] {
  return seeds.map(({ outcomes }) => outcomes[size][methods.indexOf(method)]);
}

function pointsOf(numbers: Numbers, method: Method, name: 'winRate' | 'kl'): Curve['points'] {
  return sizes.map((size, i) => ({
    x: size,
    ...overSeeds(outcomesOf(numbers, method, i).map((outcome) => outcome[name])),
  }));
}
