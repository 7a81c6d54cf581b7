import { checkArguments, text, type OptionCheck } from '@gradus/core';
import { LegalPlays, type CheckerMove } from './legal-plays.ts';
import { BAR, OFF, OTHER_BAR, POINTS, aPosition, someDice, type Dice, type Position } from './position.ts';

const someMoves: OptionCheck = {
  expected: 'a list of moves, such as [{ from: 13, to: 7, isHit: false }]',
  accepts: (value) => Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null),
};

/** A play as players write it: `bar/22* 13/7(2) 6/off`, with a star where a checker is hit; empty where nothing is played. */
export function playText(moves: readonly CheckerMove[]): string {
  checkArguments('playText', { moves }, { moves: someMoves });
  const times = new Map<string, number>();
  for (const { from, to, isHit } of moves) {
    const move = `${from === BAR ? 'bar' : from}/${to === 0 ? 'off' : to}`;
    const hit = isHit ? '*' : '';
    // The second checker that comes to the point hits nobody, and is written with the first.
    const key = times.has(`${move}*`) ? `${move}*` : `${move}${hit}`;
    times.set(key, (times.get(key) ?? 0) + 1);
  }
  return [...times].map(([move, n]) => (n === 1 ? move : `${move}(${n})`)).join(' ');
}

/**
 * Which of the legal plays of a roll a text means, counted from 0, as {@link LegalPlays} finds them. It may be written as {@link playText} does, or with
 * several moves of one checker in one, `24/18/13` or `24/13`, 25 for the bar and 0 for off, stars left out.
 * @throws RangeError for a text that is no play, and for one that is not legal.
 */
export function readPlay(position: Position, dice: Dice, play: string): number {
  checkArguments('readPlay', { position, dice, play }, { position: aPosition, dice: someDice, play: text });
  const plays = new LegalPlays();
  const count = plays.find(position, ...dice);
  const wanted = afterText(position, play);
  const after = position.slice();
  for (let index = 0; index < count; index++) {
    plays.apply(position, index, after);
    if (hasSameCheckers(after, wanted)) return index;
  }
  const example = count === 0 ? 'nothing can be played' : `one that is: ${playText(plays.movesOf(position, 0))}`;
  throw new RangeError(`readPlay: '${play}' is no legal play of ${dice.join('-')}; ${example}`);
}

/** Where the player's checkers come to, and which of the other's are hit, if all is as the text says. */
function afterText(position: Position, play: string): Position {
  const after = position.slice();
  for (const word of play.trim().split(/\s+/).filter(Boolean)) {
    const match = /^(\w+\*?(?:\/\w+\*?)+)(?:\((\d)\))?$/.exec(word);
    const points = match?.[1].split('/').map(pointOf) ?? [];
    if (match === null || points.includes(undefined)) {
      throw new RangeError(`readPlay: expected moves such as '13/7 bar/22* 6/off', got '${word}'`);
    }
    for (let n = Number(match.at(2) ?? 1); n > 0; n--) {
      for (let i = 1; i < points.length; i++) move(after, points[i - 1] ?? 0, points[i] ?? 0);
    }
  }
  return after;
}

function move(position: Position, from: number, to: number): void {
  position[from]--;
  if (to === 0) position[OFF]++;
  else if (position[to] === -1) {
    position[to] = 1;
    position[OTHER_BAR]--;
  } else position[to]++;
}

/** A point's number: 25 for the bar, 0 for off. */
function pointOf(word: string): number | undefined {
  const name = word.replace('*', '').toLowerCase();
  if (name === 'bar') return BAR;
  if (name === 'off') return 0;
  const point = /^\d+$/.test(name) ? Number(name) : BAR + 1;
  return point <= POINTS + 1 ? point : undefined;
}

function hasSameCheckers(position: Position, other: Position): boolean {
  return position.every((checkers, i) => checkers === other[i]);
}
