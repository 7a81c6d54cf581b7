import type { RandomSource } from '@gradus/core';
import {
  LegalPlays,
  playText,
  pointsWon,
  startPosition,
  type CheckerMove,
  type Dice,
  type Position,
} from '@gradus/envs/backgammon';
import type { GameView } from '../demo.ts';
import { CheckerTurn, seenByOther } from './checker-turn.ts';

/** Which of the afterstates the net takes, counted from 0. */
type Choose = (afterstates: readonly Position[]) => number;

/** What is kept of what was played. */
const MOST_TOLD = 6;
const NAMES = ['', 'a game', 'a gammon', 'a backgammon'];

/** Games of the reader against a net, one after another. Positions are as the reader sees them. */
export class BackgammonTable {
  private readonly random: RandomSource;
  private readonly choose: Choose;
  private turn: CheckerTurn | undefined;
  private position: Position = startPosition();
  private readonly lines: string[] = [];
  private marked: readonly number[] = [];
  /** Of all games that are over, in points. */
  private reader = 0;
  private net = 0;

  constructor(random: RandomSource, choose: Choose) {
    this.random = random;
    this.choose = choose;
    this.begin();
  }

  /** The last position after a whole play, as the player sees it who made it. */
  get afterstate(): { readonly position: Position; readonly isReaders: boolean } {
    const { turn, position } = this;
    const isReaders = turn ? turn.isComplete && turn.moves.length > 0 : pointsWon(position) > 0;
    return { position: isReaders ? (turn?.position ?? position) : seenByOther(position), isReaders };
  }

  private begin(): void {
    this.position = startPosition();
    this.lines.splice(0, Infinity);
    this.marked = [];
    let dice = this.roll();
    while (dice[0] === dice[1]) dice = this.roll();
    // Each throws a die, and the larger one begins with both.
    if (dice[0] > dice[1]) this.turn = new CheckerTurn(this.position, dice);
    else this.reply(dice);
  }

  private roll(): Dice {
    return [this.random.integer(6) + 1, this.random.integer(6) + 1];
  }

  /** What the reader can do now, as words and as what comes of it. */
  private get options(): { readonly label: string; readonly point?: number; readonly act: () => void }[] {
    const { turn } = this;
    if (!turn) return [{ label: 'play again', act: () => this.begin() }];
    const undo = { label: 'take back', act: () => turn.undo() };
    const back = turn.moves.length > 0 ? [undo] : [];
    if (turn.isComplete) {
      const label = turn.moves.length > 0 ? 'done' : 'nothing can be moved: go on';
      return [{ label, act: () => this.finish(turn) }, ...back];
    }
    const next = turn.next.map((each) => ({
      label: playText([each.move]),
      point: each.move.from,
      act: () => turn.make(each),
    }));
    return [...next, ...back];
  }

  /** Does what the reader chose; what there is not does nothing. */
  act(place: number): void {
    this.options.at(place)?.act();
  }

  private finish({ position, moves }: CheckerTurn): void {
    this.position = position;
    this.tell('You', moves);
    const points = pointsWon(position);
    if (points > 0) {
      this.reader += points;
      this.end(`You have won ${NAMES[points]}.`);
      return;
    }
    this.reply(this.roll());
  }

  private reply(dice: Dice): void {
    const before = seenByOther(this.position);
    const plays = new LegalPlays();
    const count = plays.find(before, ...dice);
    const afterstates = Array.from({ length: count }, (_, index) => {
      const after = before.slice();
      plays.apply(before, index, after);
      return after;
    });
    const chosen = count === 0 ? undefined : this.choose(afterstates);
    const moves = chosen === undefined ? [] : plays.movesOf(before, chosen);
    const after = chosen === undefined ? before : afterstates[chosen];
    this.position = seenByOther(after);
    this.marked = moves.filter(({ to }) => to > 0).map(({ to }) => 25 - to);
    this.tell(`The net rolls ${dice.join('-')} and`, moves);
    const points = pointsWon(after);
    if (points > 0) {
      this.net += points;
      this.end(`The net has won ${NAMES[points]}.`);
      return;
    }
    this.turn = new CheckerTurn(this.position, this.roll());
  }

  private end(line: string): void {
    this.turn = undefined;
    this.lines.push(line);
  }

  private tell(who: string, moves: readonly CheckerMove[]): void {
    const plays = who === 'You' ? 'play' : 'plays';
    this.lines.push(`${who} ${moves.length === 0 ? `${plays} nothing` : `${plays} ${playText(moves)}`}.`);
    this.lines.splice(0, this.lines.length - MOST_TOLD);
  }

  view(): GameView {
    const { turn, options, marked, reader, net } = this;
    const sources = options.flatMap(({ point }, choice) => (point === undefined ? [] : [{ point, choice }]));
    const score = `Points so far: you ${reader}, the net ${net}.`;
    return {
      told: [...this.lines],
      standing: turn
        ? `${turn.dice.length > 0 ? `You have ${turn.dice.join('-')} to play. ` : ''}${score}`
        : `The game is over. ${score}`,
      choices: options.map(({ label }) => label),
      board: { position: Array.from(turn?.position ?? this.position), dice: turn?.dice ?? [], sources, marked },
    };
  }
}
