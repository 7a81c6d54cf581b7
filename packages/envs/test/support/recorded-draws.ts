import { Random, type RandomSource } from '@gradus/core';

/** A source of random numbers that gives those of a recorded game; chance where none are recorded, and between groups. */
export interface RecordedDraws extends RandomSource {
  /** Whether a group was begun. */
  isBegun(): boolean;
  /** Begins the next group of draws, if there is one. */
  begin(): void;
  /** Ends the group. Throws if some of its draws were not made. */
  end(): void;
}

/**
 * Draws as text: groups between commas, the draws of a group between blanks; three digits are thousandths of a uniform number, i and a number an
 * integer, of which the least is `firstInteger`. A draw that is not the next one of the group throws.
 */
export function recordedDraws(text: string, firstInteger: number): RecordedDraws {
  const groups = text.split(',').map((group) => group.split(' ').filter((draw) => draw !== ''));
  const chance = new Random(0);
  let index = -1;
  let left: string[] | undefined;
  const take = (kind: RegExp): string => {
    const draw = left?.shift() ?? '';
    if (!kind.test(draw)) throw new Error(`group ${index}: a draw like ${kind} in place of '${draw}'`);
    return draw;
  };
  return Object.assign(new Random(0), {
    nextFloat: () => (left ? (Number(take(/^\d{3}$/)) + 0.5) / 1000 : chance.nextFloat()),
    integer(n: number) {
      if (!left) return chance.integer(n);
      const value = Number(take(/^i\d+$/).slice(1)) - firstInteger;
      if (value < 0 || value >= n) throw new Error(`group ${index}: ${value} in place of an integer below ${n}`);
      return value;
    },
    isBegun: () => index >= 0,
    begin() {
      left = groups.at(++index);
    },
    end() {
      if (left && left.length > 0) throw new Error(`group ${index}: ${left.join(' ')} was not drawn`);
      left = undefined;
    },
  });
}
