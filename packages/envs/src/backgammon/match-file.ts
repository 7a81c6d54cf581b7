import { checkArguments, naturalNumber, objectOf, text, type OptionCheck } from '@gradus/core';
import { LegalPlays, type CheckerMove } from './legal-plays.ts';
import { playText, readPlay } from './notation.ts';
import type { PlayedTurn } from './play-games.ts';
import { POSITION_SIZE, startPosition, turnAround, type Dice, type Position } from './position.ts';

/** What a player does with the doubling cube. */
export interface CubeAction {
  /** 0 or 1. */
  readonly player: number;
  readonly cube: 'doubles' | 'takes' | 'drops';
  /** With `doubles`: what the game is worth if the other takes. */
  readonly value?: number;
}

/** A game of a {@link Match}. */
export interface MatchGame {
  /** Points of each player before it. */
  readonly score: readonly [number, number];
  readonly turns: readonly (PlayedTurn | CubeAction)[];
  /** 0 or 1; left out where the game was not finished. */
  readonly winner?: number;
  /** What the winner got. */
  readonly points?: number;
}

/** Games of two players, as a match file holds them. */
export interface Match {
  readonly players: readonly [string, string];
  /** Points to be won, 0 where games are played one by one. */
  readonly length: number;
  readonly games: readonly MatchGame[];
}

/** Where the second player's column begins. */
const COLUMN = 31;

const list = (value: unknown): boolean => Array.isArray(value);
const aMatch: OptionCheck = objectOf('a match (with players, length and games)', {
  players: {
    expected: 'two names',
    accepts: (value) => list(value) && (value as unknown[]).length === 2 && (value as unknown[]).every(text.accepts),
  },
  length: naturalNumber,
  games: {
    expected: 'games (with score and turns)',
    accepts: (value) => list(value) && (value as unknown[]).every((game) => aGame.accepts(game)),
  },
});
const aGame: OptionCheck = objectOf('a game', {
  score: {
    expected: 'two numbers',
    accepts: (value) => list(value) && (value as unknown[]).every(naturalNumber.accepts),
  },
  turns: {
    expected: 'turns',
    accepts: (value) => list(value) && (value as unknown[]).every((each) => aTurn.accepts(each)),
  },
});
const aTurn: OptionCheck = objectOf('a turn', { player: { expected: '0 or 1', accepts: (x) => x === 0 || x === 1 } });

/**
 * A match as a text in Jellyfish's format (`.mat`), which GNU Backgammon and most other programs read. Throws `RangeError` for what is no match.
 */
export function encodeMatch(match: Match): string {
  checkArguments('encodeMatch', { match }, { match: aMatch });
  const { players, length, games } = match;
  const lines = [` ${length} point match`];
  for (const [number, { score, turns, winner, points }] of games.entries()) {
    lines.push('', ` Game ${number + 1}`);
    lines.push(` ${`${players[0]} : ${score[0]}`.padEnd(COLUMN)}${players[1]} : ${score[1]}`);
    const cells = turns.map(cellText);
    // The second player's first turn has nothing on its left.
    if (turns.at(0)?.player === 1) cells.unshift('');
    for (let i = 0; i < cells.length; i += 2) {
      lines.push(`${String(i / 2 + 1).padStart(3)}) ${cells[i].padEnd(COLUMN)}${cells.at(i + 1) ?? ''}`.trimEnd());
    }
    if (winner === undefined) continue;
    const wins = `Wins ${points} point${points === 1 ? '' : 's'}`;
    lines.push(`${' '.repeat(winner === 0 ? 5 : COLUMN + 5)}${wins}`);
  }
  return `${lines.join('\n')}\n`;
}

function cellText(turn: PlayedTurn | CubeAction): string {
  if ('cube' in turn) {
    const name = `${turn.cube.charAt(0).toUpperCase()}${turn.cube.slice(1)}`;
    return turn.cube === 'doubles' ? ` ${name} => ${turn.value}` : ` ${name}`;
  }
  const moves = turn.moves.map(({ from, to, isHit }) => `${from}/${to}${isHit ? '*' : ''}`);
  return `${turn.dice.join('')}: ${moves.join(' ')}`;
}

/** A turn in a line of a match file. */
const turnPattern = /\b([1-6])([1-6]):((?:\s+(?:\w+\*?\/[\w*/()]+))*)|\b(Doubles => (\d+)|Takes|Drops)/g;

/**
 * The match that a `.mat` file holds; every play is checked by the rules.
 * @throws RangeError for a text that is no match file, and for a play that is not legal, with the number of the line.
 */
export function decodeMatch(file: string): Match {
  checkArguments('decodeMatch', { file }, { file: text });
  const lines = file.split(/\r?\n/);
  const length = Number(lines.map((line) => /^\s*(\d+) point match/.exec(line)?.[1]).find(Boolean) ?? NaN);
  if (Number.isNaN(length)) throw new RangeError("decodeMatch: expected a line '… point match', got none");
  let players: [string, string] | undefined;
  const games: MatchGame[] = [];
  let game: GameReader | undefined;
  const finish = (): void => {
    if (game?.score !== undefined) games.push(game.finish(game.score));
  };
  for (const [index, line] of lines.entries()) {
    if (/^\s*Game \d+\s*$/.test(line)) {
      finish();
      game = new GameReader();
    }
    const head = /^\s*(\S.*?)\s*:\s*(\d+)\s{2,}(\S.*?)\s*:\s*(\d+)\s*$/.exec(line);
    if (game === undefined) continue;
    try {
      if (game.score === undefined && head !== null) {
        players ??= [head[1], head[3]];
        game.score = [Number(head[2]), Number(head[4])];
      } else if (game.score !== undefined) game.readLine(line);
    } catch (error) {
      throw new RangeError(`decodeMatch: line ${index + 1}: ${(error as Error).message}`, { cause: error });
    }
  }
  finish();
  if (players === undefined)
    throw new RangeError("decodeMatch: expected a game that begins with 'name : score', got none");
  return { players, length, games };
}

/** Reads the lines of a game, and plays it. */
class GameReader {
  score: [number, number] | undefined;
  private readonly turns: (PlayedTurn | CubeAction)[] = [];
  private position: Position = startPosition();
  private other: Position = new Int8Array(POSITION_SIZE);
  private onTurn: number | undefined;
  private end: Pick<MatchGame, 'winner' | 'points'> = {};

  readLine(line: string): void {
    const found = [...line.matchAll(turnPattern)];
    for (const [i, match] of found.entries()) {
      const player = found.length === 2 ? i : Number(match.index > COLUMN / 2);
      const [, die, otherDie, moves = '', cube, value] = match as (string | undefined)[];
      if (cube === undefined) this.play(player, [Number(die), Number(otherDie)], moves);
      else {
        const action = cube.split(' ')[0].toLowerCase() as CubeAction['cube'];
        this.turns.push({ player, cube: action, ...(value !== undefined && { value: Number(value) }) });
      }
    }
    const wins = /Wins (\d+) points?/.exec(line);
    if (wins === null) return;
    const last = this.turns.at(-1);
    const isDropped = last !== undefined && 'cube' in last && last.cube === 'drops';
    const winner = isDropped ? 1 - last.player : Number(wins.index > COLUMN / 2);
    this.end = { winner, points: Number(wins[1]) };
  }

  finish(score: readonly [number, number]): MatchGame {
    return { score, turns: this.turns, ...this.end };
  }

  private play(player: number, dice: Dice, moves: string): void {
    if (this.onTurn === 1 - player) this.pass();
    this.onTurn = player;
    this.turns.push({ player, dice, moves: this.legalMoves(dice, moves.trim()) });
    this.pass();
  }

  private legalMoves(dice: Dice, moves: string): CheckerMove[] {
    const plays = new LegalPlays();
    const count = plays.find(this.position, ...dice);
    if (moves === '') {
      if (count === 0) return [];
      throw new RangeError(
        `expected a play of ${dice.join('-')}, such as ${playText(plays.movesOf(this.position, 0))}`,
      );
    }
    const index = readPlay(this.position, dice, moves);
    const found = plays.movesOf(this.position, index);
    plays.apply(this.position, index, this.position);
    return found;
  }

  /** The other player is on turn. */
  private pass(): void {
    turnAround(this.position, this.other);
    [this.position, this.other] = [this.other, this.position];
    this.onTurn = this.onTurn === undefined ? undefined : 1 - this.onTurn;
  }
}
