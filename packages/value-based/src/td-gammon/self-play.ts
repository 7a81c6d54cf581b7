import {
  CheckpointError,
  EnvError,
  readNumber,
  readStates,
  restoreArray,
  type Random,
  type StateDict,
  type Stateful,
} from '@gradus/core';
import type { AfterstateValues } from './afterstate-values.ts';
import { afterstatesOf, pointsOf, type DiceGame } from './dice-game.ts';
import { OUTCOMES, bestRow } from './outcomes.ts';

/** A game that is over: its afterstates, each as the player saw it who made it, and what the net said of them; of the last one, the outcome. */
export interface FinishedGame {
  readonly plies: number;
  /** [plies × positionSize] */
  readonly afterstates: Int8Array;
  /** [plies × 5] */
  readonly values: Float32Array;
  /** What the winner got. */
  readonly points: number;
}

/** A game as far as it has gone. */
interface Game {
  /** As the player sees it who is to roll. */
  position: Int8Array;
  plies: number;
  afterstates: Int8Array;
  values: Float32Array;
}

/** Plies for which a game has room at first. */
const ROOM = 128;

/**
 * Games that the net plays against itself side by side, one ply of each at a time: so the afterstates of all of them are evaluated together, in a few large products. Each player takes the
 * afterstate of the highest equity; the dice see to it that many positions are met (Tesauro, 1992).
 */
export class SelfPlay implements Stateful {
  private readonly game: DiceGame;
  private readonly values: AfterstateValues;
  private readonly random: Random;
  private readonly games: readonly Game[];
  private readonly maxPlies: number;
  private found: Int8Array = new Int8Array(0);
  private foundValues: Float32Array = new Float32Array(0);

  /** `maxPlies`: those after which a game has to be over. */
  constructor(game: DiceGame, numGames: number, maxPlies: number, values: AfterstateValues, random: Random) {
    this.maxPlies = maxPlies;
    this.game = game;
    this.values = values;
    this.random = random;
    this.games = Array.from({ length: numGames }, () => newGame(game));
  }

  /** Plays a ply of each game, and returns those that ended with it; in their places new ones begin. Throws `EnvError` for a game that does not end. */
  play(): FinishedGame[] {
    const { game, games } = this;
    const ends = new Int32Array(games.length);
    let count = 0;
    for (const [i, { position, plies }] of games.entries()) {
      this.makeRoom(count + game.mostAfterstates);
      const roll = this.roll(plies === 0 ? game.openingProbabilities : game.rollProbabilities);
      count += afterstatesOf(game, position, roll, this.found.subarray(count * game.positionSize));
      ends[i] = count;
    }
    this.values.evaluate(this.found, count, this.foundValues);
    const finished: FinishedGame[] = [];
    let start = 0;
    for (const [i, each] of games.entries()) {
      const points = this.proceed(each, bestRow(this.foundValues, start, ends[i]));
      if (points > 0) finished.push({ ...each, points });
      if (points > 0) Object.assign(each, newGame(game));
      start = ends[i];
    }
    return finished;
  }

  /** Makes the afterstate in that row the next position; returns the points that it wins. */
  private proceed(each: Game, row: number): number {
    const { game, found, foundValues } = this;
    const { positionSize } = game;
    const afterstate = found.subarray(row * positionSize, (row + 1) * positionSize);
    if (each.plies * OUTCOMES === each.values.length) {
      each.afterstates = grown(each.afterstates, new Int8Array(2 * each.afterstates.length));
      each.values = grown(each.values, new Float32Array(2 * each.values.length));
    }
    each.afterstates.set(afterstate, each.plies * positionSize);
    each.values.set(foundValues.subarray(row * OUTCOMES, (row + 1) * OUTCOMES), each.plies * OUTCOMES);
    each.plies++;
    game.turnAround(afterstate, each.position);
    const points = pointsOf(game, afterstate);
    if (points === 0 && each.plies >= this.maxPlies) {
      throw new EnvError(
        `TdGammon: a game was not over after ${this.maxPlies} plies; set maxPlies where that is too few`,
      );
    }
    return points;
  }

  private makeRoom(rows: number): void {
    const { positionSize } = this.game;
    if (this.foundValues.length >= rows * OUTCOMES) return;
    this.found = grown(this.found, new Int8Array(2 * rows * positionSize));
    this.foundValues = new Float32Array(2 * rows * OUTCOMES);
  }

  private checkPosition(position: Int8Array, game: number): void {
    const problem = this.game.positionProblem?.(position);
    if (problem === undefined) return;
    throw new CheckpointError(
      `state 'games': expected positions of the game in number ${game}, got one of which ${problem}`,
    );
  }

  private roll(probabilities: readonly number[]): number {
    let rest = this.random.nextFloat();
    for (let roll = 0; roll < probabilities.length; roll++) {
      rest -= probabilities[roll];
      if (rest < 0) return roll;
    }
    // The probabilities add up to a little less than 1.
    return probabilities.findLastIndex((p) => p > 0);
  }

  getState(): StateDict {
    const { positionSize } = this.game;
    return {
      games: this.games.map(({ position, plies, afterstates, values }) => ({
        position: position.slice(),
        plies,
        afterstates: afterstates.slice(0, plies * positionSize),
        values: values.slice(0, plies * OUTCOMES),
      })),
    };
  }

  setState(state: StateDict): void {
    const { game, games } = this;
    for (const [i, saved] of readStates(state, 'games', games.length).entries()) {
      const plies = readNumber(saved, 'plies');
      const stored = saved.afterstates instanceof Int8Array ? saved.afterstates.length / game.positionSize : 0;
      if (!Number.isInteger(plies) || plies !== stored) {
        throw new CheckpointError(`state 'plies': expected as many as there are afterstates, ${stored}, got ${plies}`);
      }
      const room = Math.max(ROOM, plies);
      const each: Game = {
        position: game.startPosition(),
        plies,
        afterstates: new Int8Array(room * game.positionSize),
        values: new Float32Array(room * OUTCOMES),
      };
      restoreArray(saved, 'position', each.position);
      restoreArray(saved, 'afterstates', each.afterstates.subarray(0, plies * game.positionSize));
      restoreArray(saved, 'values', each.values.subarray(0, plies * OUTCOMES));
      this.checkPosition(each.position, i);
      for (let ply = 0; ply < plies; ply++) {
        this.checkPosition(each.afterstates.subarray(ply * game.positionSize, (ply + 1) * game.positionSize), i);
      }
      Object.assign(games[i], each);
    }
  }
}

function newGame(game: DiceGame): Game {
  return {
    position: game.startPosition(),
    plies: 0,
    afterstates: new Int8Array(ROOM * game.positionSize),
    values: new Float32Array(ROOM * OUTCOMES),
  };
}

function grown<T extends Int8Array | Float32Array>(values: T, larger: T): T {
  larger.set(values);
  return larger;
}
