import { objectOf, type OptionCheck } from '@gradus/core';
import type { AfterstateValues } from './afterstate-values.ts';
import { afterstatesOf, pointsOf, type DiceGame } from './dice-game.ts';
import { OUTCOMES, bestRow, equity } from './outcomes.ts';

/** What a player chooses among: the positions that his plays lead to, as he sees them. */
export interface Turn {
  readonly afterstates: readonly Int8Array[];
}

/** A turn of a game. */
export function someTurn(game: DiceGame): OptionCheck {
  const areRows = (value: unknown): value is Int8Array[] =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => each instanceof Int8Array && each.length === game.positionSize);
  const problemOf = (afterstates: readonly Int8Array[]): string | undefined => {
    for (const [i, each] of afterstates.entries()) {
      const problem = game.positionProblem?.(each);
      if (problem !== undefined) return `of the one at [${i}], ${problem}`;
    }
    return undefined;
  };
  return objectOf('a turn (with afterstates)', {
    afterstates: {
      expected: `one or more afterstates of ${game.positionSize} numbers each`,
      accepts: (value) => areRows(value) && problemOf(value) === undefined,
      explain: (value) => (areRows(value) ? problemOf(value) : undefined),
    },
  });
}

/** How many afterstates, the best ones by the net, are looked at more closely. */
const WIDTH = 8;

/** Chooses by what the net says of afterstates, or of what the other player can make of them. */
export class Lookahead {
  private readonly game: DiceGame;
  private readonly values: AfterstateValues;
  private found: Int8Array = new Int8Array(0);

  constructor(game: DiceGame, values: AfterstateValues) {
    this.game = game;
    this.values = values;
  }

  /** The values of afterstates, [n × 5]. */
  evaluate(afterstates: readonly Int8Array[]): Float32Array {
    const { positionSize } = this.game;
    const rows = new Int8Array(afterstates.length * positionSize);
    for (const [i, each] of afterstates.entries()) rows.set(each, i * positionSize);
    const values = new Float32Array(afterstates.length * OUTCOMES);
    this.values.evaluate(rows, afterstates.length, values);
    return values;
  }

  /** The index of the best one. */
  choose(afterstates: readonly Int8Array[], plies: 1 | 2): number {
    if (afterstates.length === 1) return 0;
    const values = this.evaluate(afterstates);
    if (plies === 1) return bestRow(values, 0, afterstates.length);
    const first = afterstates.map((_, i) => equity(values, i * OUTCOMES));
    const closer = [...first.keys()].sort((a, b) => first[b] - first[a]).slice(0, WIDTH);
    const second = closer.map((i) => this.equityAfterReplies(afterstates[i]));
    return closer[second.indexOf(Math.max(...second))];
  }

  /** E[−max equity of the other player's afterstates], over his rolls. */
  private equityAfterReplies(afterstate: Int8Array): number {
    const { game, values } = this;
    const { positionSize, mostAfterstates, rollProbabilities } = game;
    const points = pointsOf(game, afterstate);
    if (points > 0) return points;
    const position = new Int8Array(positionSize);
    game.turnAround(afterstate, position);
    const ends: number[] = [];
    let count = 0;
    for (const roll of rollProbabilities.keys()) {
      const room = (count + mostAfterstates) * positionSize;
      if (this.found.length < room) {
        const larger = new Int8Array(2 * room);
        larger.set(this.found);
        this.found = larger;
      }
      count += afterstatesOf(game, position, roll, this.found.subarray(count * positionSize));
      ends.push(count);
    }
    const replies = new Float32Array(count * OUTCOMES);
    values.evaluate(this.found, count, replies);
    return ends.reduce((sum, end, roll) => {
      const best = bestRow(replies, roll === 0 ? 0 : ends[roll - 1], end);
      return sum - rollProbabilities[roll] * equity(replies, best * OUTCOMES);
    }, 0);
  }
}
