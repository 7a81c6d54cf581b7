import { Random, type RandomSource } from '@gradus/core';

/**
 * A source of random numbers that gives those of a recording: `floats` as uniform numbers in [0, 1), and `cards`, counted from 1 to 10, as the
 * integers below 13 that Blackjack draws. Anything else it leaves to chance. A draw too many throws.
 */
export function scriptedRandom({
  floats = [],
  cards = [],
}: {
  floats?: readonly number[];
  cards?: readonly number[];
}): RandomSource & { readonly left: () => number } {
  const nextFloats = floats.values();
  const nextCards = cards.values();
  const fallback = new Random(0);
  let left = floats.length + cards.length;
  const take = (values: Iterator<number, undefined>): number => {
    const { value } = values.next();
    if (value === undefined) throw new Error('more draws than were recorded');
    left--;
    return value;
  };
  return Object.assign(new Random(0), {
    nextFloat: () => take(nextFloats),
    integer: (n: number) => (n === 13 ? take(nextCards) - 1 : fallback.integer(n)),
    left: () => left,
  });
}
