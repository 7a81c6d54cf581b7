import { vectorize, type Checkpoint } from '@gradus/core';
import { coinCollector, cooking, textEnv, treasureHunt, type TextState, type WorldGame } from '@gradus/envs/text';
import { Drrn, drrnSettings } from '@gradus/value-based';
import type { ChosenValues, Demo, DemoSettings, Ended, GameView, Snapshot } from './demo.ts';
import { AgentDemo } from './engine/agent-demo.ts';
import { GrowingCurve } from './engine/growing-curve.ts';

/** Environment steps between two examinations. */
const INTERVAL = 400;
/** What is kept of what the reader was told. */
const MOST_TOLD = 7;

/** The kinds of worlds, with what `drrnSettings` call them, and the sizes of their texts. */
const worlds = {
  coin: {
    id: 'CoinCollector-v0',
    game: (world: number) => coinCollector({ level: 5, world }),
    env: { maxActions: 8, maxWords: 32, maxActionWords: 3 },
  },
  treasure: {
    id: 'TreasureHunt-v0',
    game: (world: number) => treasureHunt({ level: 3, world }),
    env: { maxActions: 12, maxWords: 64, maxActionWords: 6 },
  },
  cooking: {
    id: 'Cooking-v0',
    game: (world: number) => cooking({ level: 2, world }),
    env: { maxActions: 32, maxWords: 64, maxActionWords: 4 },
  },
} as const;

function worldOf({ world }: ChosenValues): (typeof worlds)[keyof typeof worlds] {
  return worlds[world === 'treasure' || world === 'cooking' ? world : 'coin'];
}

/** DRRN (S3.6) learns in a world in which the reader plays, too. */
class TextWorldDemo implements Demo {
  private readonly agent: AgentDemo;
  /** Where the agent is shown. */
  private readonly stage: ReturnType<typeof textEnv>;
  private command = '';
  private readonly game: WorldGame;
  private told: TextState;
  private readonly lines: string[] = [];
  /** Moves of a shortest solution. */
  private readonly fewest: number;
  private readonly scores = new GrowingCurve();

  constructor({ seed, chosen }: DemoSettings) {
    const { id, game, env: sizes } = worldOf(chosen);
    // The seed draws the world, too.
    const create = () => textEnv(game(seed), sizes);
    const { numEnvs, steps, options } = drrnSettings.gradus[id];
    const env = vectorize(create, numEnvs);
    this.stage = create();
    this.agent = new AgentDemo({
      agent: new Drrn(env, { ...options, seed }),
      load: (checkpoint: Checkpoint) => Drrn.load(checkpoint, { env }),
      stage: this.stage,
      examination: vectorize(create, 1),
      actions: [],
      ...{ steps, interval: INTERVAL, target: this.stage.game.maxScore ?? Infinity, seed },
    });
    this.game = game(seed);
    this.told = this.begin();
    this.fewest = this.game.shortestSolution()?.length ?? 0;
  }

  get ended(): Ended | undefined {
    return this.agent.ended;
  }

  learn(): void {
    this.agent.learn();
  }

  play(isFrozen: boolean): void {
    const { validActions } = this.stage.told;
    const command = validActions[Number(this.agent.play(isFrozen))];
    this.command = this.stage.told.moves === 0 ? '' : command;
  }

  change(place: number): void {
    const { validActions } = this.told;
    if (validActions.length === 0) {
      this.told = this.begin();
      return;
    }
    const command = validActions.at(place);
    if (command === undefined) return;
    this.told = this.game.step(command);
    this.lines.push(`> ${command}`, this.told.observation);
    const { score, moves } = this.told;
    if (this.told.validActions.length === 0) {
      this.lines.push(
        `The game is over, with ${score} of ${this.game.maxScore} in ${moves} moves. It can be won in ${this.fewest}.`,
      );
      this.scores.add(this.agent.step, score);
    }
    this.lines.splice(0, this.lines.length - MOST_TOLD);
  }

  private begin(): TextState {
    const told = this.game.reset();
    this.lines.splice(0, Infinity, told.observation);
    return told;
  }

  snapshot(): Snapshot {
    const { observation, inventory, score, moves, validActions } = this.stage.told;
    const snapshot = this.agent.snapshot(validActions);
    return {
      ...snapshot,
      curves: [
        ...snapshot.curves.map(({ label, points }) => ({ label: `the agent: ${label}`, points })),
        { label: 'you: games that are over', points: this.scores.points },
      ],
      texts: [
        { label: 'The agent’s game', text: `score ${score}, move ${moves}. ${inventory}` },
        { label: this.command === '' ? 'It begins' : `> ${this.command}`, text: observation },
      ],
      game: this.view(),
    };
  }

  private view(): GameView {
    const { inventory, score, moves, validActions } = this.told;
    return {
      told: this.lines,
      standing: `${inventory} Score ${score} of ${this.game.maxScore}, move ${moves}.`,
      choices: validActions.length === 0 ? ['play again'] : validActions,
    };
  }

  dispose(): void {
    this.agent.dispose();
  }
}

/** The demo of the catalog. */
export const create = (settings: DemoSettings): Demo => new TextWorldDemo(settings);
