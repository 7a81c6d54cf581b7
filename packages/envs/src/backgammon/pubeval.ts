import { checkArguments, type OptionCheck } from '@gradus/core';
import { CHECKERS, OFF, OTHER_BAR, POINTS, aPosition, isRace, type Position } from './position.ts';
import type { BackgammonPlayer } from './players.ts';
import { contactWeights, raceWeights } from './pubeval-weights.ts';

const FEATURES = 122;
/** Numbers for each point. */
const UNITS = 5;

/** The inputs of {@link pubevalScore}: for each point, 24 first, whether it has a blot of the other's, one checker of one's own, two or more, three, and (n − 3) / 2. */
function features(position: Position): Float64Array {
  const x = new Float64Array(FEATURES);
  for (let point = POINTS, first = 0; point >= 1; point--, first += UNITS) {
    const n = position[point];
    if (n === -1) x[first] = 1;
    if (n === 1) x[first + 1] = 1;
    if (n >= 2) x[first + 2] = 1;
    if (n === 3) x[first + 3] = 1;
    if (n > 3) x[first + 4] = (n - 3) / 2;
  }
  x[POINTS * UNITS] = -position[OTHER_BAR] / 2;
  x[POINTS * UNITS + 1] = position[OFF] / CHECKERS;
  return x;
}

const aSide: OptionCheck = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };

/**
 * How good Tesauro's public evaluator takes a position for that one has just played to, in numbers that only compare: w · x, with weights for
 * races and others for all else. `wasRace` says which: whether the position before the play was a race. Throws `RangeError` for what is no position.
 */
export function pubevalScore(position: Position, wasRace: boolean): number {
  checkArguments('pubevalScore', { position, wasRace }, { position: aPosition, wasRace: aSide });
  return score(position, wasRace);
}

function score(position: Position, wasRace: boolean): number {
  if (position[OFF] === CHECKERS) return Infinity;
  const weights = wasRace ? raceWeights : contactWeights;
  return features(position).reduce((sum, x, i) => sum + x * weights[i], 0);
}

/** The player that takes the play with the highest {@link pubevalScore}: an opponent that published results are against, though it sees no gammons. */
export const pubeval: BackgammonPlayer = {
  choose({ position, afterstates }) {
    const wasRace = isRace(position);
    const scores = afterstates.map((afterstate) => score(afterstate, wasRace));
    return scores.indexOf(Math.max(...scores));
  },
};
