/**
 * Throws `RangeError` unless `masks` is [rows × numActions], in which every row has an action that is legal (1, not 0): the message names
 * the row. `rows`: by default as many as there are.
 */
export function checkActionMasks(
  masks: ArrayLike<number>,
  numActions: number,
  rows: number = Math.ceil(masks.length / numActions),
): void {
  if (masks.length !== rows * numActions) {
    throw new RangeError(`actionMasks has ${masks.length} elements, expected ${rows} × ${numActions} (actions)`);
  }
  for (let row = 0, start = 0; row < rows; row++, start += numActions) {
    let action = 0;
    while (action < numActions && masks[start + action] === 0) action++;
    if (action === numActions) {
      throw new RangeError(`actionMasks: expected a legal action in each row, got none in row ${row}`);
    }
  }
}
