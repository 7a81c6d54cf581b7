import { elementChoices, type Space } from '@gradus/core';

/** Whole numbers up to here survive in the float32 rows of observations. */
const MAX_STATES = 2 ** 24;

/** The observations of a finite space as rows of a table: 0 … `numStates` − 1. */
export interface StateIndex {
  readonly numStates: number;
  /** What belongs to row `row` of `observations`, [rows × space.size]. Throws `RangeError` for one that is not in the space. */
  of(observations: ArrayLike<number>, row: number): number;
}

/**
 * Numbers the members of a `Discrete` space by what is above its start, those of `MultiDiscrete`, `MultiBinary` and a `Dict` of such parts in
 * mixed radix, the last element changing fastest: ((x₀ · n₁ + x₁) · n₂ + x₂) …
 *
 * Throws `RangeError`, beginning with `subject`, where there is a `Box`, and for more than 2²⁴ states.
 */
export function stateIndex(subject: string, space: Space): StateIndex {
  const choices = elementChoices(space);
  if (choices === undefined) {
    throw new RangeError(
      `${subject}: expected Discrete or MultiDiscrete observations, as rows of a table, got ${space.toString()}`,
    );
  }
  const { start, counts } = choices;
  const numStates = counts.reduce((product, count) => product * count, 1);
  if (numStates > MAX_STATES) {
    throw new RangeError(`${subject}: expected at most ${MAX_STATES} states, got ${numStates} of ${space.toString()}`);
  }
  return {
    numStates,
    of(observations, row) {
      const first = row * counts.length;
      let index = 0;
      for (let i = 0; i < counts.length; i++) {
        const digit = observations[first + i] - start[i];
        if (!(Number.isInteger(digit) && digit >= 0 && digit < counts[i])) {
          throw new RangeError(`observations: expected members of ${space.toString()}, not so in row ${row}`);
        }
        index = index * counts[i] + digit;
      }
      return index;
    },
  };
}
