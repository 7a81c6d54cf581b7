import {
  EnvError,
  Random,
  aFunction,
  aRandomSource,
  checkArguments,
  havingMethods,
  naturalNumber,
  optional,
  positiveInteger,
  spawnSeed,
  valueText,
  type OptionCheck,
  type RandomSource,
} from '@gradus/core';
import { LegalPlays, type CheckerMove } from './legal-plays.ts';
import type { BackgammonPlayer } from './players.ts';
import { POSITION_SIZE, pointsWon, startPosition, turnAround, type Dice, type Position } from './position.ts';

/** What was played: a line of a match. */
export interface PlayedTurn {
  /** 0 or 1. */
  readonly player: number;
  readonly dice: Dice;
  /** None where nothing could be played. */
  readonly moves: readonly CheckerMove[];
}

/** How a game ended. */
export interface GameResult {
  /** 0 or 1. */
  readonly winner: number;
  /** 1 for a game, 2 for a gammon, 3 for a backgammon. */
  readonly points: number;
  readonly turns: readonly PlayedTurn[];
}

/** Options of {@link playGames}. */
export interface PlayGamesOptions {
  /** How many games. */
  readonly games: number;
  /** Seeds the dice. */
  readonly seed: number;
  /** Plies after which a game has to be over, or `EnvError` is thrown. Default 10,000. */
  readonly maxPlies?: number | undefined;
  /** Called after each game. */
  readonly onGame?: ((result: GameResult) => void) | undefined;
}

/** The outcome of games for the first of two players. */
export interface GamesResult {
  readonly games: number;
  /** Games won: single ones, gammons, backgammons. */
  readonly won: readonly [number, number, number];
  /** The same of games that were lost. */
  readonly lost: readonly [number, number, number];
  /** Part of the games that were won. */
  readonly winRate: number;
  /** Points won less points lost, for each game. */
  readonly pointsPerGame: number;
  /** The standard error of `pointsPerGame`, from the games' points. */
  readonly standardError: number;
}

const aPlayer: OptionCheck = havingMethods('a player (with choose)', 'choose');
const twoPlayers: OptionCheck = {
  expected: 'two players (with choose)',
  accepts: (value) => Array.isArray(value) && value.length === 2 && value.every(aPlayer.accepts),
};

const optionChecks: { readonly [Name in keyof PlayGamesOptions]-?: OptionCheck } = {
  games: positiveInteger,
  seed: naturalNumber,
  maxPlies: optional(positiveInteger),
  onGame: optional(aFunction),
};

/** Far more than games of players have who play at random. */
const MAX_PLIES = 10_000;

/** The two dice of a turn; of the first one they differ, since the players threw one each to see who begins. */
function roll(random: RandomSource, isFirst: boolean): Dice {
  for (;;) {
    const dice: Dice = [random.integer(6) + 1, random.integer(6) + 1];
    if (!isFirst || dice[0] !== dice[1]) return dice;
  }
}

/**
 * Plays a game without the cube between two players, of whom `first`, 0 or 1, begins. Throws `RangeError` for what are no players and `EnvError`
 * for a play that is none of those there are and a game that is not over after `maxPlies`, 10,000 if nothing else is said, and passes on what a player throws. `onTurn` is
 * called after each turn.
 */
export async function playGame(
  players: readonly [BackgammonPlayer, BackgammonPlayer],
  first: number,
  random: RandomSource,
  onTurn?: (turn: PlayedTurn) => void,
  maxPlies: number = MAX_PLIES,
): Promise<GameResult> {
  checkArguments(
    'playGame',
    { players, first, random, onTurn, maxPlies },
    {
      players: twoPlayers,
      first: aSeat,
      random: aRandomSource,
      onTurn: optional(aFunction),
      maxPlies: positiveInteger,
    },
  );
  const plays = new LegalPlays();
  const turns: PlayedTurn[] = [];
  let position = startPosition();
  let other: Position = new Int8Array(POSITION_SIZE);
  for (let player = first; ; player = 1 - player) {
    const dice = roll(random, turns.length === 0);
    const count = plays.find(position, ...dice);
    let moves: CheckerMove[] = [];
    if (count > 0) {
      const index = count === 1 ? 0 : await players[player].choose(turnOf(plays, position, dice));
      if (!(Number.isInteger(index) && index >= 0 && index < count)) {
        throw new EnvError(`player ${player}: expected one of ${count} plays, counted from 0, got ${valueText(index)}`);
      }
      moves = plays.movesOf(position, index);
      plays.apply(position, index, position);
    }
    const turn: PlayedTurn = { player, dice, moves };
    turns.push(turn);
    onTurn?.(turn);
    const points = pointsWon(position);
    if (points > 0) return { winner: player, points, turns };
    if (turns.length === maxPlies) throw new EnvError(`playGame: a game was not over after ${maxPlies} plies`);
    turnAround(position, other);
    [position, other] = [other, position];
  }
}

const aSeat: OptionCheck = { expected: '0 or 1', accepts: (value) => value === 0 || value === 1 };

function turnOf(plays: LegalPlays, position: Int8Array, dice: Dice): Parameters<BackgammonPlayer['choose']>[0] {
  const afterstates = Array.from({ length: plays.count }, (_, index) => {
    const afterstate = new Int8Array(POSITION_SIZE);
    plays.apply(position, index, afterstate);
    return afterstate;
  });
  return { position, dice, afterstates, moves: (index) => plays.movesOf(position, index) };
}

/**
 * Plays games, and says how `player` did against `opponent`. Two games each are played with the same dice, begun by either player in turn, so that
 * luck counts for less. Throws as {@link playGame} does, and `RangeError` for wrong options.
 */
export async function playGames(
  player: BackgammonPlayer,
  opponent: BackgammonPlayer,
  options: PlayGamesOptions,
): Promise<GamesResult> {
  checkArguments('playGames', { player, opponent }, { player: aPlayer, opponent: aPlayer });
  checkArguments<PlayGamesOptions>('playGames', options, optionChecks);
  const { games, seed, maxPlies, onGame } = options;
  const won: [number, number, number] = [0, 0, 0];
  const lost: [number, number, number] = [0, 0, 0];
  for (let game = 0; game < games; game++) {
    const random = new Random(spawnSeed(seed, Math.floor(game / 2)));
    const result = await playGame([player, opponent], game % 2, random, undefined, maxPlies);
    (result.winner === 0 ? won : lost)[result.points - 1]++;
    onGame?.(result);
  }
  return { games, won, lost, ...summary(games, won, lost) };
}

function summary(
  games: number,
  won: readonly number[],
  lost: readonly number[],
): Pick<GamesResult, 'winRate' | 'pointsPerGame' | 'standardError'> {
  const total = (counts: readonly number[], power: number): number =>
    counts.reduce((sum, count, i) => sum + count * (i + 1) ** power, 0);
  const mean = (total(won, 1) - total(lost, 1)) / games;
  const variance = (total(won, 2) + total(lost, 2)) / games - mean ** 2;
  return { winRate: total(won, 0) / games, pointsPerGame: mean, standardError: Math.sqrt(variance / games) };
}
