import { fixed, intervalText, partText, stepsText } from '../report/numbers.ts';
import type { Estimate } from '../report/summarize-group.ts';
import {
  methods,
  prepare,
  score,
  studySizes,
  trainAlone,
  trainPair,
  type Look,
  type Players,
  type Score,
} from '../rlhf/warehouse/study.ts';
import { curvesFigure, type Curve } from './curves-figure.ts';
import type { Claim, Experiment } from './experiment.ts';
import { mean, overSeeds, repeatForSeeds } from './over-seeds.ts';

/** How somebody does after so many episodes. */
interface Point extends Score {
  readonly episodes: number;
}

interface Numbers {
  /** By seed, for each of {@link learners}; the first point is what learning begins with. */
  readonly curves: readonly (readonly (readonly Point[])[])[];
}

const learners = [...methods, 'pair'] as const;
type Learner = (typeof learners)[number];

const LOOKS = 5;
/** Points of success in percent that learning from rewards should bring. */
const MARGIN = 0.35;
/** Calls that questions need on average: one of three needs one, the others two. */
const NEEDED = 5 / 3;

/** An agent with tools, and two that share its work (S7.4). */
export const agentsWithTools: Experiment<Numbers> = {
  name: 'agents-with-tools',
  title: 'Agents that ask, look and answer, alone and in pairs',
  question:
    'A language model perceives a question, decides what to look up, calls tools, reads what they say, answers, and learns from what that was worth. How much better does it get than the people whose episodes it has imitated, and do two agents that share the work do better than one?',
  section: 'S7.4',
  method: [
    'A warehouse of eight items on six shelves, another one for each question: “not rope but how many lamp?” One tool finds the shelf of an item, one counts what is on a shelf. An episode is a question, up to three turns with a call, each of which is answered by its tool, and an answer: right ones are worth 1, each call costs 0.05. Where something is takes one call, how many there are takes two; what is asked for and what is only named have to be told apart.',
    `GPT-2s of 28 thousand weights are fine-tuned on ${studySizes.demonstrations.toLocaleString('en-US')} episodes of people, ${studySizes.passes} times, who guess without looking in 25 % of cases, take another item in 20 % or another kind of question in 15 %, guess how many there are in 20 % and make calls twice in 20 %: less than half of their answers are right. Then RLOO (k = 4), GRPO (k = 8) and PPO play ${studySizes.episodes.toLocaleString('en-US')} episodes each, 64 a round, two passes over each, with a step size from 0.001 to 0. Only tokens that the model wrote are learned from, at the log-probabilities at which it drew them. These settings were the first that were tried, on seed 0, and the margin was set after that.`,
    'A pair shares the work: a planner reads the question and says in one call what is to be done; a worker sees only that, has the tools, and answers. Each was fine-tuned on demonstrations of its own part, with the mistakes that people make in it. Both play the same episodes and are trained together by RLOO, each on its own tokens, paid by what the pair has earned. The pair has twice the weights; its episodes are as many.',
    `Scores are of ${studySizes.heldOut.toLocaleString('en-US')} questions that were held out, at temperature 1. Intervals are 95 % bootstrap intervals of means over seeds; for each seed questions, demonstrations and models are made anew.`,
  ],
  seeds: 5,
  cost: { seconds: 170, repetitions: 5 },

  async run({ seeds }) {
    return { curves: await repeatForSeeds(seeds, runSeed) };
  },

  figures: ({ curves }) => [
    curvesFigure({
      name: 'figure-1',
      title: 'right answers, by episodes that were learned from',
      curves: learners.map((learner): Curve => {
        const own = curves.map((seed) => seed[learners.indexOf(learner)]);
        return {
          label: learner,
          points: own[0].map(({ episodes }, i) => ({
            x: episodes,
            ...overSeeds(own.map((points) => points[i].success)),
          })),
        };
      }),
      x: { label: 'episodes', tickFormat: stepsText },
      y: { label: 'part of answers that are right' },
    }),
  ],

  table: (numbers) => ({
    head: ['learner', 'right at first, %', 'right in the end, %', '95 %', 'least gain of a seed', 'reward', 'calls'],
    rows: learners.map((learner) => {
      const { first, last } = endsOf(numbers, learner);
      const right = overSeeds(last.map(({ success }) => success));
      return [
        learner === 'pair' ? 'pair, rloo' : learner,
        partText(mean(first.map(({ success }) => success))),
        partText(right.value),
        intervalText(right, partText),
        partText(Math.min(...gains(numbers, learner))),
        fixed(mean(last.map(({ reward }) => reward)), 3),
        fixed(mean(last.map(({ calls }) => calls)), 2),
      ];
    }),
  }),

  verdict(numbers) {
    const rightOf = (learner: Learner): Estimate =>
      overSeeds(endsOf(numbers, learner).last.map(({ success }) => success));
    const [pair, alone] = [rightOf('pair'), rightOf('rloo')];
    const callsOf = (learner: Learner): number => mean(endsOf(numbers, learner).last.map(({ calls }) => calls));
    return [
      ...learners.map((learner): Claim => {
        const least = Math.min(...gains(numbers, learner));
        return {
          claim: `${learner} gives ${partText(MARGIN)} points more right answers than supervised fine-tuning or more, with every seed`,
          holds: least >= MARGIN,
          found: `at least ${partText(least)}`,
        };
      }),
      {
        claim: `who has learned asks as often as needed, ${fixed(NEEDED, 2)} times an episode, within 0.1`,
        holds: learners.every((learner) => Math.abs(callsOf(learner) - NEEDED) <= 0.1),
        found: learners.map((learner) => `${learner} ${fixed(callsOf(learner), 2)}`).join(', '),
      },
      {
        claim: 'the pair is better than the agent that is alone and learned by the same method, with intervals apart',
        holds: pair.low > alone.high,
        found: `${intervalText(pair, partText)} against ${intervalText(alone, partText)}`,
      },
    ];
  },
};

async function runSeed(seed: number): Promise<Point[][]> {
  const prepared = await prepare(seed);
  const { alone, planner, worker } = prepared.agents;
  const { episodes } = studySizes;
  const curves: Point[][] = [];
  for (const learner of learners) {
    const begun: Players = learner === 'pair' ? { planner, worker } : { alone };
    const curve: Point[] = [{ episodes: 0, ...(await score(begun, prepared)) }];
    const look: Look = async (done, players) => {
      curve.push({ episodes: done, ...(await score(players, prepared)) });
    };
    if (learner === 'pair') await trainPair('rloo', prepared, episodes, LOOKS, look);
    else await trainAlone(learner, prepared, episodes, LOOKS, look);
    curves.push(curve);
  }
  return curves;
}

/** The first and the last point of each seed. */
function endsOf({ curves }: Numbers, learner: Learner): Readonly<Record<'first' | 'last', Point[]>> {
  const own = curves.map((seed) => seed[learners.indexOf(learner)]);
  return { first: own.map((points) => points[0]), last: own.map((points) => points[points.length - 1]) };
}

/** What each seed has gained in right answers. */
function gains(numbers: Numbers, learner: Learner): number[] {
  const { first, last } = endsOf(numbers, learner);
  return last.map(({ success }, seed) => success - first[seed].success);
}
