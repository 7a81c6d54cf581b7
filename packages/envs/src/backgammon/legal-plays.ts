import { checkArguments, naturalNumber } from '@gradus/core';
import { BAR, HOME, OFF, OTHER_BAR, POSITION_SIZE, aDie, aPosition, type Position } from './position.ts';

/** A checker's way: from a point (25 for the bar) to a point (0 for off). */
export interface CheckerMove {
  readonly from: number;
  readonly to: number;
  /** Whether it hits a checker of the other player there. */
  readonly isHit: boolean;
}

/** The most plays that any roll can have: four moves of one die from any of 15 places, C(18, 4). */
export const MOST_PLAYS = 3060;

/** Bits of a play: up to four points of 5 bits, from which checkers move, how many there are, and whether the smaller die is played first. */
const POINT_BITS = 5;
const POINT_MASK = 31;
const COUNT_SHIFT = 20;
const SMALLER_FIRST = 1 << 23;

/** The points beyond the home board, and the bar. */
const OUTSIDE = (2 ** BAR - 1) & ~((2 << HOME) - 1);
const BAR_BIT = 2 ** BAR;

/**
 * Finds all that can be played with a roll. Two plays are the same where they lead to the same position; as many dice as possible are
 * played, and the larger where only one can be.
 *
 * What stands on the board is kept in bits, one for each point: those that have a checker of the player, and those that the other has
 * made by two or more. So the checkers that a die can move are a few operations away. Plays of two dice are the same in two cases only:
 * where one checker goes both ways over different points without hitting, and where two checkers are borne off by either die. With a
 * double, each set of points from which checkers move is met once if they are taken from the highest down.
 */
export class LegalPlays {
  /** How many were found last; 0 where nothing can be played. */
  count = 0;
  private readonly plays = new Int32Array(MOST_PLAYS);
  private larger = 0;
  private smaller = 0;
  /** With a double: checkers on each point while moves are tried. */
  private readonly checkers = new Int8Array(POSITION_SIZE);
  private depth = 0;
  /** For each point from which the larger die was played: those from which the smaller one was. */
  private readonly seen = new Int32Array(BAR + 1);

  /** Finds the plays of a roll, and returns how many there are. The numbers are taken as they are: see {@link aPosition}. */
  find(position: Position, die: number, otherDie: number): number {
    let mine = 0;
    let blocks = 0;
    for (let point = 1; point <= BAR; point++) {
      if (position[point] > 0) mine |= 1 << point;
      else if (position[point] < -1) blocks |= 1 << point;
    }
    this.count = 0;
    this.larger = Math.max(die, otherDie);
    this.smaller = Math.min(die, otherDie);
    if (die === otherDie) {
      this.checkers.set(position);
      this.depth = 0;
      this.findDouble(mine, blocks, BAR, 0, 0);
    } else {
      this.findBoth(position, mine, blocks);
      if (this.count === 0) this.findOne(sources(mine, blocks, this.larger), 0);
      if (this.count === 0) this.findOne(sources(mine, blocks, this.smaller), SMALLER_FIRST);
    }
    return this.count;
  }

  /**
   * Writes the position after play `index`, as the player who made it sees it, into `target` from `offset` on; `target` may be
   * `position` itself.
   */
  apply(position: Position, index: number, target: Position, offset = 0): void {
    const play = this.plays[index];
    for (let i = 0; i < POSITION_SIZE; i++) target[offset + i] = position[i];
    const moves = (play >> COUNT_SHIFT) & 7;
    for (let i = 0; i < moves; i++) {
      const from = (play >> (POINT_BITS * i)) & POINT_MASK;
      const to = from - this.dieOf(play, i);
      target[offset + from]--;
      if (to <= 0) target[offset + OFF]++;
      else if (target[offset + to] < 0) {
        target[offset + to] = 1;
        target[offset + OTHER_BAR]--;
      } else target[offset + to]++;
    }
  }

  /** The moves of play `index`, in the order in which they are made. Throws `RangeError` where there is no such play. */
  movesOf(position: Position, index: number): CheckerMove[] {
    checkArguments('movesOf', { position, index }, { position: aPosition, index: naturalNumber });
    if (index >= this.count) {
      throw new RangeError(`movesOf: expected index to be one of ${this.count} plays, counted from 0, got ${index}`);
    }
    const play = this.plays[index];
    const hits = new Set<number>();
    return Array.from({ length: (play >> COUNT_SHIFT) & 7 }, (_, i) => {
      const from = (play >> (POINT_BITS * i)) & POINT_MASK;
      const to = Math.max(from - this.dieOf(play, i), 0);
      const isHit = to > 0 && position[to] === -1 && !hits.has(to);
      if (isHit) hits.add(to);
      return { from, to, isHit };
    });
  }

  private dieOf(play: number, i: number): number {
    const isSmallerFirst = (play & SMALLER_FIRST) !== 0;
    return (i === 0) === isSmallerFirst ? this.smaller : this.larger;
  }

  /** Plays of one die. */
  private findOne(from: number, flags: number): void {
    for (let rest = from; rest !== 0; rest &= ~(1 << highest(rest))) {
      this.plays[this.count++] = highest(rest) | (1 << COUNT_SHIFT) | flags;
    }
  }

  /** Plays of two different dice, the larger one first and then the smaller one first. */
  private findBoth(position: Position, mine: number, blocks: number): void {
    const { seen, larger, smaller } = this;
    seen.fill(0);
    for (let firsts = sources(mine, blocks, larger); firsts !== 0;) {
      const a = highest(firsts);
      firsts &= ~(1 << a);
      const seconds = sources(moved(mine, position[a], a, larger), blocks, smaller);
      for (let rest = seconds; rest !== 0;) {
        const b = highest(rest);
        rest &= ~(1 << b);
        if (!this.isKnown(position, a, b)) this.plays[this.count++] = a | (b << POINT_BITS) | (2 << COUNT_SHIFT);
      }
      seen[a] = seconds;
    }
    for (let firsts = sources(mine, blocks, smaller); firsts !== 0;) {
      const b = highest(firsts);
      firsts &= ~(1 << b);
      for (let rest = sources(moved(mine, position[b], b, smaller), blocks, larger); rest !== 0;) {
        const a = highest(rest);
        rest &= ~(1 << a);
        if (((seen[a] >> b) & 1) === 1 || this.isKnown(position, a, b)) continue;
        this.plays[this.count++] = b | (a << POINT_BITS) | (2 << COUNT_SHIFT) | SMALLER_FIRST;
      }
    }
  }

  /** Whether another play has led to the position to which the larger die from `a` and the smaller one from `b` lead. */
  private isKnown(position: Position, a: number, b: number): boolean {
    const { seen, larger, smaller } = this;
    // One checker goes from b to a by the smaller die and on by the larger one: the same as the other way round, but for what is hit between.
    if (a === b - smaller && b > larger && ((seen[b] >> (b - larger)) & 1) === 1) {
      return position[a] !== -1 && position[b - larger] !== -1;
    }
    // Both are borne off, and could be by the other die.
    return a <= smaller && b <= smaller && ((seen[b] >> a) & 1) === 1;
  }

  /** Plays of a double from point `highestFrom` down, after `depth` moves that are in `play`. */
  private findDouble(mine: number, blocks: number, highestFrom: number, depth: number, play: number): void {
    const { checkers, larger: die } = this;
    const from = depth === 4 ? 0 : sources(mine, blocks, die) & ((2 << highestFrom) - 1);
    if (from === 0) {
      if (depth === 0 || depth < this.depth) return;
      // As many dice as possible are played.
      if (depth > this.depth) this.count = 0;
      this.depth = depth;
      this.plays[this.count++] = play | (depth << COUNT_SHIFT);
      return;
    }
    for (let rest = from; rest !== 0;) {
      const point = highest(rest);
      rest &= ~(1 << point);
      const after = moved(mine, checkers[point], point, die);
      const to = point - die;
      const before = to > 0 ? checkers[to] : 0;
      checkers[point]--;
      if (to > 0) checkers[to] = before < 0 ? 1 : before + 1;
      this.findDouble(after, blocks, point, depth + 1, play | (point << (POINT_BITS * depth)));
      checkers[point]++;
      if (to > 0) checkers[to] = before;
    }
  }
}

/** The highest bit that is set. */
function highest(bits: number): number {
  return 31 - Math.clz32(bits);
}

/** The player's points after one of `checkers` has moved from `point`. */
function moved(mine: number, checkers: number, point: number, die: number): number {
  const left = checkers === 1 ? mine & ~(1 << point) : mine;
  return point > die ? left | (1 << (point - die)) : left;
}

/** The points from which a die can be played. */
function sources(mine: number, blocks: number, die: number): number {
  if ((mine & BAR_BIT) !== 0) return (blocks >> (BAR - die)) & 1 ? 0 : BAR_BIT;
  const onBoard = mine & ~(blocks << die) & -(2 << die);
  if ((mine & OUTSIDE) !== 0 || mine === 0) return onBoard;
  // Bearing off: from the die's own point, or from the highest where all are below it.
  const top = highest(mine);
  if (top > die) return onBoard | (mine & (1 << die));
  return onBoard | (1 << top);
}

/** All plays of a roll, each as its moves. Throws `RangeError` for what is no position or no die. */
export function legalPlays(position: Position, die: number, otherDie: number): CheckerMove[][] {
  checkArguments('legalPlays', { position, die, otherDie }, { position: aPosition, die: aDie, otherDie: aDie });
  const plays = new LegalPlays();
  const count = plays.find(position, die, otherDie);
  return Array.from({ length: count }, (_, index) => plays.movesOf(position, index));
}
