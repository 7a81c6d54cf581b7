import { Random, spawnSeed, type Progress } from '@gradus/core';
import { backgammon, playGames, pubeval } from '@gradus/envs/backgammon';
import { loadParameters, saveParameters } from '@gradus/tensor';
import { TdGammon, type TdGammonOptions } from '@gradus/value-based';
import type { ChosenValues, Demo, DemoSettings, Ended, Snapshot, View } from './demo.ts';
import { BackgammonTable } from './engine/backgammon-table.ts';
import { GrowingCurve } from './engine/growing-curve.ts';

/** Games at which learning ends, and between two examinations, and games of an examination. */
const MOST_GAMES = 20_000;
const INTERVAL = 500;
const EXAMINATION = 60;

const outcomes = ['wins', 'wins a gammon', 'wins a backgammon', 'loses a gammon', 'loses a backgammon'];

/** TD-Gammon (S2.6) learns from games against itself, and plays against the reader. */
class BackgammonDemo implements Demo {
  private readonly seed: number;
  private agent: TdGammon;
  private learning: Iterator<Progress, void, void>;
  private nextExamination = INTERVAL;
  private readonly curve = new GrowingCurve();
  private score: number | undefined;
  private best: { readonly score: number; readonly weights: Uint8Array } | undefined;
  ended: Ended | undefined;
  private plies: 1 | 2 = 1;
  private readonly table: BackgammonTable;

  constructor({ seed, chosen }: DemoSettings) {
    this.seed = seed;
    this.adjust(chosen);
    this.agent = new TdGammon(backgammon, { seed });
    this.learning = this.agent.learn({ steps: MOST_GAMES });
    this.table = new BackgammonTable(new Random(spawnSeed(seed, 0)), (afterstates) =>
      this.agent.choose({ afterstates }, { plies: this.plies }),
    );
  }

  async learn(): Promise<void> {
    if (this.ended !== undefined) return;
    const { done } = this.learning.next();
    const { step } = this.agent;
    if (step >= this.nextExamination) {
      this.nextExamination = step + INTERVAL;
      await this.examine();
    }
    if (done !== true) return;
    this.ended = 'all steps done';
    if (this.best) loadParameters(this.agent.parameters, this.best.weights);
  }

  /** Points a game against Tesauro’s public evaluator, always with the same dice. */
  async examine(): Promise<void> {
    const { agent, seed, best } = this;
    const { pointsPerGame } = await playGames(agent, pubeval, { games: EXAMINATION, seed });
    this.score = pointsPerGame;
    this.curve.add(agent.step, pointsPerGame);
    if (best && pointsPerGame <= best.score) return;
    this.best = { score: pointsPerGame, weights: saveParameters(agent.parameters) };
  }

  async usePretrained(weights: Uint8Array): Promise<void> {
    // What is known well is learned on carefully.
    const options: Partial<TdGammonOptions> = { seed: this.seed, learningRate: 1e-4 };
    this.agent.dispose();
    this.agent = new TdGammon(backgammon, options);
    loadParameters(this.agent.parameters, weights);
    this.learning = this.agent.learn({ steps: MOST_GAMES });
    this.nextExamination = INTERVAL;
    this.curve.points.splice(0, Infinity);
    this.ended = undefined;
    this.best = undefined;
    await this.examine();
  }

  adjust({ looksAhead }: ChosenValues): void {
    this.plies = looksAhead === true ? 2 : 1;
  }

  change(place: number): void {
    this.table.act(place);
  }

  snapshot(): Snapshot {
    const { agent, score, best, ended, curve, table } = this;
    return {
      ...{ step: agent.step, unit: 'games', score, best: best?.score, ended },
      curves: [{ label: `TD-Gammon, ${EXAMINATION} games`, points: curve.points }],
      views: this.views(),
      game: table.view(),
    };
  }

  /** The net's five outputs, as its own chances, whoever has played. */
  private views(): View[] {
    const { position, isReaders } = this.table.afterstate;
    const [w, wg, wb, lg, lb] = this.agent.evaluate([position]);
    const values = isReaders ? [1 - w, lg, lb, wg, wb] : [w, wg, wb, lg, lb];
    const equity = 2 * values[0] - 1 + values[1] + values[2] - values[3] - values[4];
    return [
      {
        title: 'What the net expects: it …',
        kind: 'probabilities',
        bars: outcomes.map((label, i) => ({ label, value: values[i] })),
      },
      { title: 'Its points, on average', kind: 'values', bars: [{ label: 'equity', value: equity }] },
    ];
  }

  dispose(): void {
    this.agent.dispose();
  }
}

/** The demo of the catalog. */
export async function create(settings: DemoSettings): Promise<Demo> {
  const demo = new BackgammonDemo(settings);
  await demo.examine();
  return demo;
}
