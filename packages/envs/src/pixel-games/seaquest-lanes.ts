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

/** What crosses the water: in each lane an enemy, an enemy's bullet and a diver. Where there is none, its column is −1. */
export const laneVariables = {
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
export function clearLanes({ enemyColumn, enemyBulletColumn, diverColumn }: LanesState, i: number): void {
  for (const columns of [enemyColumn, enemyBulletColumn, diverColumn]) columns.fill(-1, i * LANES, (i + 1) * LANES);
}

/** The column after a step in a direction, −1 off the screen. */
export function nextColumn(column: number, direction: number): number {
  const next = column + direction;
  return next < SIDE ? next : -1;
}

/** Moves all that crosses the water: enemies when `moveInterval` steps have gone by. Has submarines shoot. */
export function moveLanes(state: LanesState, i: number, moveInterval: number): void {
  const { enemyColumn, enemyBulletColumn, diverColumn } = state;
  for (let k = i * LANES; k < (i + 1) * LANES; k++) {
    if (enemyBulletColumn[k] >= 0) {
      enemyBulletColumn[k] = nextColumn(enemyBulletColumn[k], state.enemyBulletDirection[k]);
    }
    if (enemyColumn[k] >= 0) moveEnemy(state, k, moveInterval);
    if (diverColumn[k] >= 0) moveDiver(state, k);
  }
}

function moveEnemy(state: LanesState, k: number, moveInterval: number): void {
  const { enemyColumn, enemyDirection, enemyMoveClock, enemyShotClock } = state;
  enemyMoveClock[k]++;
  if (enemyMoveClock[k] >= moveInterval) {
    enemyMoveClock[k] = 0;
    enemyColumn[k] = nextColumn(enemyColumn[k], enemyDirection[k]);
  }
  enemyShotClock[k]++;
  // The bullet before this one is gone: the screen is no wider than the interval.
  if (state.enemyShoots[k] === 1 && enemyShotClock[k] === ENEMY_SHOT_INTERVAL) {
    enemyShotClock[k] = 0;
    state.enemyBulletColumn[k] = enemyColumn[k];
    state.enemyBulletDirection[k] = enemyDirection[k];
  }
}

function moveDiver({ diverColumn, diverDirection, diverMoveClock }: LanesState, k: number): void {
  diverMoveClock[k]++;
  if (diverMoveClock[k] < DIVER_MOVE_INTERVAL) return;
  diverMoveClock[k] = 0;
  diverColumn[k] = nextColumn(diverColumn[k], diverDirection[k]);
}

/**
 * Sends an enemy into a random lane without one, from a random side; in row `row`, where a submarine is in columns `column` and
 * `column` + 1, from the side that is further away.
 */
export function sendEnemy(state: LanesState, i: number, row: number, column: number, random: RandomSource): void {
  const k = freeLane(state.enemyColumn, i, random);
  const fromLeft = random.integer(2) === 0;
  const shoots = random.integer(1 + FISH_PER_SUBMARINE) === 0;
  if (k < 0) return;
  const middle = SIDE / 2 - 1;
  const direction = (k === i * LANES + row - 1 && column !== middle ? column > middle : fromLeft) ? 1 : -1;
  state.enemyColumn[k] = direction > 0 ? 0 : SIDE - 1;
  state.enemyDirection[k] = direction;
  state.enemyShoots[k] = shoots ? 1 : 0;
  state.enemyMoveClock[k] = 0;
  state.enemyShotClock[k] = 0;
}

/** Sends a diver into a random lane without one, from a random side. */
export function sendDiver(
  { diverColumn, diverDirection, diverMoveClock }: LanesState,
  i: number,
  random: RandomSource,
): void {
  const k = freeLane(diverColumn, i, random);
  const fromLeft = random.integer(2) === 0;
  if (k < 0) return;
  diverColumn[k] = fromLeft ? 0 : SIDE - 1;
  diverDirection[k] = fromLeft ? 1 : -1;
  diverMoveClock[k] = 0;
}

/** A random lane, or, where that is taken, the next one below that is not, the first coming after the last; −1 if all are taken. */
function freeLane(columns: Float64Array, i: number, random: RandomSource): number {
  const first = random.integer(LANES);
  for (let offset = 0; offset < LANES; offset++) {
    const k = i * LANES + ((first + offset) % LANES);
    if (columns[k] < 0) return k;
  }
  return -1;
}
