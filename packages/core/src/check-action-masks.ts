/**
 * Throws `RangeError` unless `masks` is [rows × actions], in which every row has an action that is legal (1, not 0): the message names
 * the row. `numActions`: how many there are, or, for `MultiDiscrete` actions, the counts of the elements, each of which needs a legal
 * choice. `rows`: by default as many as there are.
 */
export function checkActionMasks(
  masks: ArrayLike<number>,
  numActions: number | readonly number[],
  rows?: number,
): void {
  const counts = typeof numActions === 'number' ? [numActions] : numActions;
  const size = counts.reduce((total, count) => total + count, 0);
  const expected = rows ?? Math.ceil(masks.length / size);
  if (masks.length !== expected * size) {
    throw new RangeError(`actionMasks has ${masks.length} elements, expected ${expected} × ${size} (actions)`);
  }
  for (let row = 0, start = 0; row < expected; row++) {
    for (const count of counts) {
      let action = 0;
      while (action < count && masks[start + action] === 0) action++;
      if (action === count) {
        throw new RangeError(`actionMasks: expected a legal action in each row, got none in row ${row}`);
      }
      start += count;
    }
  }
}
