/*
 * What is in the water of Seaquest, in lists of one kind: how many there are, then the fields of each, the oldest first. A list is a stretch
 * of an array, which begins at `list`; a thing is known by where its fields begin.
 */

/** Fields of a thing. The direction is −1 to the left, 1 to the right; countdowns are steps to the next move and shot. */
export const ROW = 0;
export const COLUMN = 1;
export const DIRECTION = 2;
export const MOVE_COUNTDOWN = 3;
export const FIRE_COUNTDOWN = 4;
export const FIELDS = 5;

/** Numbers in a list of at most `capacity` things. */
export function listSize(capacity: number): number {
  return 1 + capacity * FIELDS;
}

/** Where the oldest thing is, or would be. */
export function firstThing(list: number): number {
  return list + 1;
}

/** Where the things end: the newest one, if there is any, is before it. */
export function endOfThings(things: Float64Array, list: number): number {
  return list + 1 + things[list] * FIELDS;
}

/** Adds a thing. */
export function addThing(
  things: Float64Array,
  list: number,
  row: number,
  column: number,
  direction: number,
  moveCountdown = 0,
  fireCountdown = 0,
): void {
  const thing = endOfThings(things, list);
  things[thing + ROW] = row;
  things[thing + COLUMN] = column;
  things[thing + DIRECTION] = direction;
  things[thing + MOVE_COUNTDOWN] = moveCountdown;
  things[thing + FIRE_COUNTDOWN] = fireCountdown;
  things[list]++;
}

/** Removes a thing. */
export function removeThing(things: Float64Array, list: number, thing: number): void {
  things.copyWithin(thing, thing + FIELDS, endOfThings(things, list));
  things[list]--;
}

/** Removes the oldest thing in a cell. Returns whether there is any. */
export function removeThingIn(things: Float64Array, list: number, row: number, column: number): boolean {
  const end = endOfThings(things, list);
  for (let thing = firstThing(list); thing < end; thing += FIELDS) {
    if (!isThingIn(things, thing, row, column)) continue;
    removeThing(things, list, thing);
    return true;
  }
  return false;
}

/** Whether a thing is in a cell. */
export function isThingIn(things: Float64Array, thing: number, row: number, column: number): boolean {
  return things[thing + ROW] === row && things[thing + COLUMN] === column;
}

/** Whether there is a thing in a row that moves in a direction. */
export function isThingHeading(things: Float64Array, list: number, row: number, direction: number): boolean {
  const end = endOfThings(things, list);
  for (let thing = firstThing(list); thing < end; thing += FIELDS) {
    if (things[thing + ROW] === row && things[thing + DIRECTION] === direction) return true;
  }
  return false;
}
