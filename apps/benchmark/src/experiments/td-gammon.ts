import { Random, spawnSeed } from '@gradus/core';
import { backgammon, playGames, pubeval, randomPlayer, type GamesResult } from '@gradus/envs/backgammon';
import { GnubgError, startGnubg } from '@gradus/envs/backgammon/node';
import { TdGammon } from '@gradus/value-based';
import { equityLoss, type EquityLoss, type Judge } from '../backgammon/equity-loss.ts';
import { fixed, stepsText } from '../report/numbers.ts';
import { UserError } from '../user-error.ts';
import { curvesFigure, type CurvePoint } from './curves-figure.ts';
import type { Claim, Experiment } from './experiment.ts';
import { repeatForSeeds } from './over-seeds.ts';

/** How the net plays after so many games of learning. */
export interface TdGammonPoint {
  readonly games: number;
  readonly random: GamesResult;
  readonly pubeval: GamesResult;
  readonly loss: EquityLoss;
}

interface Numbers {
  /** By seed. */
  readonly curves: readonly (readonly TdGammonPoint[])[];
}

/** Where the net is examined, and how thoroughly. */
export interface Examination {
  /** Games of learning, in increasing order. */
  readonly points: readonly number[];
  /** Games against either opponent. */
  readonly games: number;
  /** Decisions that are judged. */
  readonly decisions: number;
}

const EXAMINATION: Examination = { points: [1000, 10_000, 100_000, 400_000], games: 4000, decisions: 300 };

/** Half the width of a 95 % interval, in standard errors. */
const INTERVAL = 1.96;

/** TD-Gammon's learning curve (S2.6). */
export const tdGammonExperiment: Experiment<Numbers> = {
  name: 'td-gammon',
  title: 'Backgammon by TD(λ) and self-play',
  question: 'How well does a net play that knows the rules alone, after so many games against itself?',
  section: 'S2.6',
  method: [
    'TD(λ) from self-play with λ = 0.7 and 80 hidden units (Tesauro, 1992; 1995): 196 inputs, the raw board, and five outputs, the probabilities of winning and of gammons. It learns with the defaults of TdGammon: λ-returns of finished games, minibatches of 64 afterstates, Adam with a step size from 0.01 to 0.0001.',
    'After 1,000, 10,000, 100,000 and 400,000 games it plays, looking one ply ahead, 4,000 games against random play and 4,000 against pubeval, Tesauro’s public linear evaluator, two each with the same dice. Gammons count 2 points, backgammons 3; there is no cube.',
    'GNU Backgammon 1.07.001 judges 300 of its decisions in games against itself, turns with several legal plays: what it says, two plies deep in its own counting and without cube, of the position that its own play at that depth leads to, less what it says of the net’s. Intervals are 95 % of the games and decisions, not of trainings.',
  ],
  remarks: [
    'λ, the step size it begins with and the squared error were chosen among six settings by points per game against pubeval after 20,000 games with seed 0, which is the seed here; thresholds were set before.',
    'In GNU Backgammon’s counting two plies are what Tesauro calls three.',
  ],
  seeds: 1,
  cost: { seconds: 350, repetitions: 1 },

  async run({ seeds }) {
    const judge = await openJudge();
    try {
      return { curves: await repeatForSeeds(seeds, async (seed) => tdGammonCurve(seed, judge, EXAMINATION)) };
    } finally {
      judge.close();
    }
  },

  figures: ({ curves }) => [
    curvesFigure({
      name: 'figure',
      title: 'TD-Gammon: points per game against pubeval',
      curves: curves.map((points, seed) => ({
        label: `seed ${seed}`,
        points: points.map(({ games, pubeval: { pointsPerGame, standardError } }) =>
          curvePoint(games, pointsPerGame, standardError),
        ),
      })),
      x: { label: 'games of self-play', type: 'log', tickFormat: stepsText },
      y: { label: 'points per game' },
    }),
    curvesFigure({
      name: 'figure-loss',
      title: 'TD-Gammon: equity lost by a decision, as GNU Backgammon judges',
      curves: curves.map((points, seed) => ({
        label: `seed ${seed}`,
        points: points.map(({ games, loss }) => curvePoint(games, loss.loss, loss.standardError)),
      })),
      x: { label: 'games of self-play', type: 'log', tickFormat: stepsText },
      y: { label: 'equity' },
    }),
  ],

  table: ({ curves }) => ({
    head: ['seed', 'games', 'wins against random', 'wins against pubeval', 'points per game', 'equity loss'],
    rows: curves.flatMap((points, seed) =>
      points.map(({ games, random, pubeval, loss }) => [
        String(seed),
        games.toLocaleString('en-US'),
        percent(random.winRate),
        percent(pubeval.winRate),
        plusMinus(pubeval.pointsPerGame, pubeval.standardError),
        plusMinus(loss.loss, loss.standardError),
      ]),
    ),
  }),

  verdict: ({ curves }) => {
    const all = (games: number): TdGammonPoint[] => curves.flat().filter((point) => point.games === games);
    const claim = (
      text: string,
      numbers: readonly number[],
      holds: (x: number) => boolean,
      show: (x: number) => string,
    ): Claim => {
      return { claim: text, holds: numbers.length > 0 && numbers.every(holds), found: numbers.map(show).join(', ') };
    };
    const points = (x: number): string => fixed(x, 3);
    return [
      claim(
        '95 % or more of games against random play are won after 1,000 games',
        all(1000).map((each) => each.random.winRate),
        (x) => x >= 0.95,
        percent,
      ),
      claim(
        'half of the games or more against pubeval are won after 100,000',
        all(100_000).map((each) => each.pubeval.winRate),
        (x) => x >= 0.5,
        percent,
      ),
      claim(
        'no points are lost to pubeval after 100,000',
        all(100_000).map((each) => each.pubeval.pointsPerGame),
        (x) => x >= 0,
        points,
      ),
      claim(
        '0.25 points per game or more are won from pubeval after 400,000',
        all(400_000).map((each) => each.pubeval.pointsPerGame),
        (x) => x >= 0.25,
        points,
      ),
      claim(
        'a decision costs 0.025 of equity at most after 400,000',
        all(400_000).map((each) => each.loss.loss),
        (x) => x <= 0.025,
        points,
      ),
    ];
  },
};

/** Learns, and is examined on the way. */
export async function tdGammonCurve(seed: number, judge: Judge, examination: Examination): Promise<TdGammonPoint[]> {
  const { points, games, decisions } = examination;
  const agent = new TdGammon(backgammon, { seed });
  const curve: TdGammonPoint[] = [];
  for (const { step } of agent.learn({ steps: points[points.length - 1] })) {
    if (step < points[curve.length]) continue;
    curve.push({
      games: points[curve.length],
      random: await playGames(agent, randomPlayer(new Random(spawnSeed(seed, 1))), { games, seed: spawnSeed(seed, 2) }),
      pubeval: await playGames(agent, pubeval, { games, seed: spawnSeed(seed, 3) }),
      loss: await equityLoss(agent, judge, { decisions, seed: spawnSeed(seed, 4) }),
    });
  }
  agent.dispose();
  return curve;
}

async function openJudge(): ReturnType<typeof startGnubg> {
  try {
    return await startGnubg({ plies: 2, timeout: 60 });
  } catch (error) {
    if (error instanceof GnubgError) throw new UserError(`td-gammon needs GNU Backgammon: ${error.message}`);
    throw error;
  }
}

function curvePoint(x: number, value: number, standardError: number): CurvePoint {
  return { x, value, low: value - INTERVAL * standardError, high: value + INTERVAL * standardError };
}

function plusMinus(value: number, standardError: number): string {
  return `${fixed(value, 3)} ± ${fixed(INTERVAL * standardError, 3)}`;
}

function percent(share: number): string {
  return `${fixed(100 * share, 1)} %`;
}
