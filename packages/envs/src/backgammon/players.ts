import { aRandomSource, checkArguments, type RandomSource } from '@gradus/core';
import type { CheckerMove } from './legal-plays.ts';
import type { Dice, Position } from './position.ts';

/** What a player has to choose. */
export interface Turn {
  /** The position before, as the player sees it. */
  readonly position: Position;
  readonly dice: Dice;
  /** What each legal play leads to, as the player sees it; there are two or more. */
  readonly afterstates: readonly Position[];
  /** The moves of the legal play `index`. */
  readonly moves: (index: number) => CheckerMove[];
}

/** Someone who plays backgammon: a person, an agent, another program. */
export interface BackgammonPlayer {
  /** Which of the legal plays, counted from 0. Asked only where there are several. */
  choose(turn: Turn): number | Promise<number>;
}

/** The player that takes each legal play with the same probability. */
export function randomPlayer(random: RandomSource): BackgammonPlayer {
  checkArguments('randomPlayer', { random }, { random: aRandomSource });
  return { choose: ({ afterstates }) => random.integer(afterstates.length) };
}
