/**
 * argmax_a of a row of action values that begins at `values[first]`, the first of equal ones. Only actions count whose element of `mask`,
 * of which the row begins at `mask[firstMask]`, is 1; all of them without a mask. −1 where the mask allows none.
 */
export function bestAction(
  values: Float64Array,
  first: number,
  numActions: number,
  mask: Uint8Array | undefined,
  firstMask = 0,
): number {
  let best = -1;
  for (let a = 0; a < numActions; a++) {
    if (mask?.[firstMask + a] === 0) continue;
    if (best === -1 || values[first + a] > values[first + best]) best = a;
  }
  return best;
}
