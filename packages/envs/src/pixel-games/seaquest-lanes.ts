import type { DynamicsState, RandomSource } from '@gradus/core';
import { SIDE } from './pixel-game.ts';

/** How many lanes there are in the water of Seaquest: rows 1–8 of the screen. Row r of copy i has number 8 i + r − 1. */
export const LANES = 8;

/** Steps from one shot of an enemy submarine to the next. */
const ENEMY_SHOT_INTERVAL = 10;
/** Fish that there are for each enemy submarine. */
const FISH_PER_SUBMARINE = 2;
/** Steps from one move of a diver to the next. */
const DIVER_MOVE_INTERVAL = 5;

/** What crosses the water: in each lane an enemy, an enemy's bullet and a diver at most. */
export const laneVariables = {
  /** Where there are any: a bit for each lane, the lowest one for row 1. What follows tells of these lanes alone. */
  enemies: 1,
  enemyBullets: 1,
  divers: 1,
  enemyColumn: 8,
  /** −1 left, 1 right, here and below. */
  enemyDirection: 8,
  /** 1 for a submarine, 0 for a fish. */
  enemyShoots: 8,
  /** Steps since the enemy moved. */
  enemyMoveClock: 8,
  /** Steps since it shot. */
  enemyShotClock: 8,
  enemyBulletColumn: 8,
  enemyBulletDirection: 8,
  diverColumn: 8,
  diverDirection: 8,
  /** Steps since the diver moved. */
  diverMoveClock: 8,
};

/** The state of all lanes. */
export type LanesState = DynamicsState<keyof typeof laneVariables>;

/** Empties the lanes of a copy. */
export function clearLanes({ enemies, enemyBullets, divers }: LanesState, i: number): void {
  enemies[i] = enemyBullets[i] = divers[i] = 0;
}

/** The first of the lanes of a mask: of its bits the lowest; there is one. */
export function firstLane(lanes: number): number {
  return 31 - Math.clz32(lanes & -lanes);
}

/** Whether a column is on the screen. */
export function isOnScreen(column: number): boolean {
  return column >= 0 && column < SIDE;
}

/** Moves all that crosses the water: enemies when `moveInterval` steps have gone by. Has submarines shoot. */
export function moveLanes(state: LanesState, i: number, moveInterval: number): void {
  // Bullets first, so that new ones are not moved.
  for (let left = state.enemyBullets[i] | 0; left !== 0; left &= left - 1) moveBullet(state, i, firstLane(left));
  for (let left = state.enemies[i] | 0; left !== 0; left &= left - 1)
    moveEnemy(state, i, firstLane(left), moveInterval);
  for (let left = state.divers[i] | 0; left !== 0; left &= left - 1) moveDiver(state, i, firstLane(left));
}

function moveBullet(
  { enemyBullets, enemyBulletColumn, enemyBulletDirection }: LanesState,
  i: number,
  lane: number,
): void {
  const k = i * LANES + lane;
  enemyBulletColumn[k] += enemyBulletDirection[k];
  if (!isOnScreen(enemyBulletColumn[k])) enemyBullets[i] &= ~(1 << lane);
}

function moveEnemy(state: LanesState, i: number, lane: number, moveInterval: number): void {
  const { enemies, enemyColumn, enemyDirection, enemyMoveClock, enemyShotClock } = state;
  const k = i * LANES + lane;
  enemyMoveClock[k]++;
  if (enemyMoveClock[k] >= moveInterval) {
    enemyMoveClock[k] = 0;
    enemyColumn[k] += enemyDirection[k];
    if (!isOnScreen(enemyColumn[k])) {
      enemies[i] &= ~(1 << lane);
      return;
    }
  }
  enemyShotClock[k]++;
  // The bullet before this one is gone: the screen is no wider than the interval.
  if (state.enemyShoots[k] === 1 && enemyShotClock[k] === ENEMY_SHOT_INTERVAL) {
    enemyShotClock[k] = 0;
    state.enemyBullets[i] |= 1 << lane;
    state.enemyBulletColumn[k] = enemyColumn[k];
    state.enemyBulletDirection[k] = enemyDirection[k];
  }
}

function moveDiver({ divers, diverColumn, diverDirection, diverMoveClock }: LanesState, i: number, lane: number): void {
  const k = i * LANES + lane;
  diverMoveClock[k]++;
  if (diverMoveClock[k] < DIVER_MOVE_INTERVAL) return;
  diverMoveClock[k] = 0;
  diverColumn[k] += diverDirection[k];
  if (!isOnScreen(diverColumn[k])) divers[i] &= ~(1 << lane);
}

/**
 * Sends an enemy into a random lane without one, from a random side; in row `row`, where a submarine is in columns `column` and
 * `column` + 1, from the side that is further away.
 */
export function sendEnemy(state: LanesState, i: number, row: number, column: number, random: RandomSource): void {
  const lane = freeLane(state.enemies[i], random);
  const fromLeft = random.integer(2) === 0;
  const shoots = random.integer(1 + FISH_PER_SUBMARINE) === 0;
  if (lane < 0) return;
  const k = i * LANES + lane;
  const middle = SIDE / 2 - 1;
  const direction = (lane === row - 1 && column !== middle ? column > middle : fromLeft) ? 1 : -1;
  state.enemies[i] |= 1 << lane;
  state.enemyColumn[k] = direction > 0 ? 0 : SIDE - 1;
  state.enemyDirection[k] = direction;
  state.enemyShoots[k] = shoots ? 1 : 0;
  state.enemyMoveClock[k] = 0;
  state.enemyShotClock[k] = 0;
}

/** Sends a diver into a random lane without one, from a random side. */
export function sendDiver(
  { divers, diverColumn, diverDirection, diverMoveClock }: LanesState,
  i: number,
  random: RandomSource,
): void {
  const lane = freeLane(divers[i], random);
  const fromLeft = random.integer(2) === 0;
  if (lane < 0) return;
  const k = i * LANES + lane;
  divers[i] |= 1 << lane;
  diverColumn[k] = fromLeft ? 0 : SIDE - 1;
  diverDirection[k] = fromLeft ? 1 : -1;
  diverMoveClock[k] = 0;
}

/** A random lane, or, where that is taken, the next one below that is not, the first coming after the last; −1 if all are taken. */
function freeLane(taken: number, random: RandomSource): number {
  const first = random.integer(LANES);
  for (let offset = 0; offset < LANES; offset++) {
    const lane = (first + offset) % LANES;
    if ((taken & (1 << lane)) === 0) return lane;
  }
  return -1;
}
