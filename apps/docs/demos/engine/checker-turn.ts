import { LegalPlays, turnAround, type CheckerMove, type Dice, type Position } from '@gradus/envs/backgammon';

/** Where the bar is in a `Position`, and what is borne off. */
const BAR = 25;
const OFF = 26;
const OTHER_BAR = 0;
const HOME = 6;

/** How things stand after some of a turn's moves. */
interface Stage {
  readonly position: Position;
  /** Dice that are not played yet. */
  readonly dice: readonly number[];
  readonly moves: readonly CheckerMove[];
}

/** A move that can be made now, and where it leads. */
interface NextMove {
  readonly move: CheckerMove;
  readonly stage: Stage;
}

/** A roll that is played checker by checker: what can be moved is what some legal play goes on with, in any order. */
export class CheckerTurn {
  private readonly stages: Stage[];
  /** Positions in which legal plays end; all have as many moves. */
  private readonly ends = new Set<string>();
  private readonly length: number = 0;
  /** Of stages by their positions and dice: whether a legal play is reached from there. */
  private readonly reached = new Map<string, boolean>();

  constructor(position: Position, dice: Dice) {
    const plays = new LegalPlays();
    const count = plays.find(position, ...dice);
    for (let index = 0; index < count; index++) {
      const after = position.slice();
      plays.apply(position, index, after);
      this.ends.add(after.join());
      this.length = plays.movesOf(position, index).length;
    }
    const [die, other] = dice;
    const all = die === other ? [die, die, die, die] : [Math.max(...dice), Math.min(...dice)];
    this.stages = [{ position, dice: all, moves: [] }];
  }

  private get stage(): Stage {
    return this.stages[this.stages.length - 1];
  }

  /** As it is after the moves so far. */
  get position(): Position {
    return this.stage.position;
  }

  /** Dice that are left. */
  get dice(): readonly number[] {
    return this.stage.dice;
  }

  /** Moves so far. */
  get moves(): readonly CheckerMove[] {
    return this.stage.moves;
  }

  get isComplete(): boolean {
    return this.moves.length === this.length;
  }

  /** What can be moved next: from the bar down, the larger die first. */
  get next(): NextMove[] {
    return this.nextOf(this.stage);
  }

  make({ stage }: NextMove): void {
    this.stages.push(stage);
  }

  /** Takes the last move back. */
  undo(): void {
    if (this.stages.length > 1) this.stages.pop();
  }

  private nextOf({ position, dice, moves }: Stage): NextMove[] {
    if (moves.length === this.length) return [];
    const found: NextMove[] = [];
    for (let from = BAR; from > 0; from--) {
      for (const die of new Set(dice)) {
        if (!canMove(position, from, die)) continue;
        const move = { from, to: Math.max(from - die, 0), isHit: from > die && position[from - die] === -1 };
        const rest = dice.toSpliced(dice.indexOf(die), 1);
        const stage = { position: moved(position, move), dice: rest, moves: [...moves, move] };
        if (this.isLegal(stage)) found.push({ move, stage });
      }
    }
    return found;
  }

  /** Whether a legal play is reached from there. */
  private isLegal(stage: Stage): boolean {
    const { position, dice, moves } = stage;
    if (moves.length === this.length) return this.ends.has(position.join());
    const key = `${position.join()} ${dice.join()}`;
    const known = this.reached.get(key) ?? this.nextOf(stage).length > 0;
    this.reached.set(key, known);
    return known;
  }
}

/** Whether a checker may be moved by a die, whatever the others may: from the bar first, not to a point that the other has made, off once all are home. */
function canMove(position: Position, from: number, die: number): boolean {
  if (position[from] <= 0 || (from !== BAR && position[BAR] > 0)) return false;
  if (from > die) return position[from - die] >= -1;
  const highest = position.findLastIndex((checkers, point) => point <= BAR && checkers > 0);
  return highest <= HOME && (from === die || from === highest);
}

function moved(position: Position, { from, to, isHit }: CheckerMove): Position {
  const after = position.slice();
  after[from]--;
  if (to === 0) after[OFF]++;
  else if (isHit) {
    after[to] = 1;
    after[OTHER_BAR]--;
  } else after[to]++;
  return after;
}

/** A position as the other player sees it. */
export function seenByOther(position: Position): Position {
  const turned = position.slice();
  turnAround(position, turned);
  return turned;
}
