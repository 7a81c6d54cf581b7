/**
 * What a net says of an afterstate, for the player who has just played: the probabilities
 *
 *     W    that he wins,       W_g  a gammon or a backgammon,      W_b  a backgammon,
 *     L_g  that he loses a gammon or a backgammon,      L_b  a backgammon
 *
 * in this order.
 */
export const OUTCOMES = 5;

/** What the points are worth on average: 2 W − 1 + W_g + W_b − L_g − L_b, of the row that begins at `offset`. */
export function equity(values: ArrayLike<number>, offset: number): number {
  return 2 * values[offset] - 1 + (values[offset + 1] + values[offset + 2]) - (values[offset + 3] + values[offset + 4]);
}

/** The row of the highest equity among those from `start` to `end`. */
export function bestRow(values: Float32Array, start: number, end: number): number {
  let best = start;
  let highest = equity(values, start * OUTCOMES);
  for (let row = start + 1; row < end; row++) {
    const value = equity(values, row * OUTCOMES);
    if (value > highest) {
      best = row;
      highest = value;
    }
  }
  return best;
}

/** Writes what is certain of a game that the player has won with `points`. */
export function writeWin(points: number, values: Float32Array, offset: number): void {
  values[offset] = 1;
  values[offset + 1] = points >= 2 ? 1 : 0;
  values[offset + 2] = points >= 3 ? 1 : 0;
  values[offset + 3] = 0;
  values[offset + 4] = 0;
}

/**
 * The λ-returns of the afterstates of a game, each for the player who made it:
 *
 *     G_t = flip((1 − λ) v(s_{t+1}) + λ G_{t+1}),   flip(W, W_g, W_b, L_g, L_b) = (1 − W, L_g, L_b, W_g, W_b)
 *
 * since the players take turns, and G of the last afterstate, which decides the game, is its outcome. `values` are those of the net, [n × 5], the outcome in
 * the last row. [n − 1 × 5]
 */
export function lambdaTargets(values: Float32Array, n: number, lambda: number): Float32Array {
  const targets = new Float32Array((n - 1) * OUTCOMES);
  const last = (n - 1) * OUTCOMES;
  const next = Float64Array.from(values.subarray(last, last + OUTCOMES));
  for (let t = n - 2; t >= 0; t--) {
    const row = t * OUTCOMES;
    targets[row] = 1 - next[0];
    targets[row + 1] = next[3];
    targets[row + 2] = next[4];
    targets[row + 3] = next[1];
    targets[row + 4] = next[2];
    for (let i = 0; i < OUTCOMES; i++) next[i] = (1 - lambda) * values[row + i] + lambda * targets[row + i];
  }
  return targets;
}
