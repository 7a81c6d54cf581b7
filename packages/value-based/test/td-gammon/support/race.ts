import type { DiceGame } from '@gradus/value-based';

/** Where both players start from. */
export const LENGTH = 8;

/** For each roll, what one of the two ways to play it takes off. */
const steps = [
  [1, 2],
  [3, 1],
  [2, 2],
];
const probabilities = [0.5, 0.25, 0.25];
/** Whoever needs more than this when the other has won has lost a gammon, and a backgammon. */
const GAMMON = 4;
const BACKGAMMON = 6;

/**
 * A race that can be solved: a player takes off one of two numbers that his roll allows, and whoever is at 0 wins; but with 2 left he may not take 1, which sets him back to 4. Positions are
 * what the player and the other have left.
 */
export const race: DiceGame = {
  positionSize: 2,
  mostAfterstates: 2,
  inputs: 2 * (LENGTH + 1),
  rollProbabilities: probabilities,
  openingProbabilities: [0, 0.5, 0.5],
  startPosition: () => Int8Array.of(LENGTH, LENGTH),
  findAfterstates: ([mine, other], roll, afterstates) => {
    const ways = steps[roll].map((step) => (mine === 2 && step === 1 ? 4 : Math.max(mine - step, 0)));
    const different = [...new Set(ways)];
    for (const [i, left] of different.entries()) afterstates.set([left, other], 2 * i);
    return different.length;
  },
  pointsWon: ([mine, other]) => {
    if (mine > 0) return 0;
    return 1 + Number(other > GAMMON) + Number(other > BACKGAMMON);
  },
  writeInputs: ([mine, other], inputs, offset) => {
    inputs.fill(0, offset, offset + 2 * (LENGTH + 1));
    inputs[offset + mine] = 1;
    inputs[offset + LENGTH + 1 + other] = 1;
  },
  turnAround: ([mine, other], target) => {
    target.set([other, mine]);
  },
};

/** The equity of each afterstate [mine, other] where both play best, by sweeps until nothing changes: entry LENGTH + 1 times mine, plus other. */
export function exactEquities(): Float64Array {
  const size = LENGTH + 1;
  const equities = new Float64Array(size * size);
  const found = new Int8Array(4);
  for (let change = 1; change > 1e-12;) {
    change = 0;
    for (let mine = 0; mine < size; mine++) {
      for (let other = 1; other < size; other++) {
        const before = equities[mine * size + other];
        const points = race.pointsWon(Int8Array.of(mine, other));
        const after = points > 0 ? points : -expectedBest(other, mine, equities, found);
        equities[mine * size + other] = after;
        change = Math.max(change, Math.abs(after - before));
      }
    }
  }
  return equities;
}

/** What the player to roll expects, who takes the best afterstate of each roll. */
function expectedBest(mine: number, other: number, equities: Float64Array, found: Int8Array): number {
  return probabilities.reduce((sum, probability, roll) => {
    const count = race.findAfterstates(Int8Array.of(mine, other), roll, found);
    const worth = Array.from({ length: count }, (_, k) => equities[found[2 * k] * (LENGTH + 1) + found[2 * k + 1]]);
    return sum + probability * Math.max(...worth);
  }, 0);
}
