import { Random, spawnSeed } from '@gradus/core';
import {
  playGame,
  pointsWon,
  turnAround,
  type BackgammonPlayer,
  type Position,
  type Turn,
} from '@gradus/envs/backgammon';

/** Who says what positions are worth, and what he would have played. */
export interface Judge extends BackgammonPlayer {
  /** The probabilities for the player to roll: of winning, winning a gammon or more, winning a backgammon, losing a gammon or more, losing a backgammon. */
  evaluate(position: Position): Promise<Float64Array>;
}

/** How much equity a player loses by his plays, as a judge sees it. */
export interface EquityLoss {
  /** The mean over decisions: turns with more than one legal play. */
  readonly loss: number;
  readonly standardError: number;
  readonly decisions: number;
}

/**
 * Lets `player` play against himself until he has decided so often, and compares each play with the judge's own: the difference of what the judge says of the positions that they lead to,
 * without the cube, and 0 where they are the same or the judge's own turns out to be worse.
 */
export async function equityLoss(
  player: BackgammonPlayer,
  judge: Judge,
  options: { readonly decisions: number; readonly seed: number },
): Promise<EquityLoss> {
  const { decisions, seed } = options;
  const losses: number[] = [];
  const judged: BackgammonPlayer = {
    async choose(turn) {
      if (losses.length === decisions) throw enough;
      const index = await player.choose(turn);
      losses.push(await lossOf(turn, index, judge));
      return index;
    },
  };
  for (let game = 0; losses.length < decisions; game++) {
    await playGame([judged, judged], game % 2, new Random(spawnSeed(seed, game))).catch((error: unknown) => {
      if (error !== enough) throw error;
    });
  }
  const mean = losses.reduce((sum, loss) => sum + loss, 0) / decisions;
  const variance = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0) / decisions;
  return { loss: mean, standardError: Math.sqrt(variance / decisions), decisions };
}

/** Thrown by a player when what is left of a game, which some never end, does not count. */
const enough = new Error('enough decisions');

async function lossOf(turn: Turn, index: number, judge: Judge): Promise<number> {
  const own = await judge.choose(turn);
  if (own === index) return 0;
  const best = await equityOf(turn.afterstates[own], judge);
  return Math.max(best - (await equityOf(turn.afterstates[index], judge)), 0);
}

/** What the player expects who has played. */
async function equityOf(afterstate: Position, judge: Judge): Promise<number> {
  const points = pointsWon(afterstate);
  if (points > 0) return points;
  const position = afterstate.slice();
  turnAround(afterstate, position);
  const [win, winGammon, winBackgammon, loseGammon, loseBackgammon] = await judge.evaluate(position);
  return 1 - 2 * win - winGammon - winBackgammon + loseGammon + loseBackgammon;
}
