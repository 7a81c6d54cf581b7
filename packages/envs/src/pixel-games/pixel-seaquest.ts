import type { Dynamics, DynamicsState, RandomSource } from '@gradus/core';
import { colors } from '../rendering/shapes.ts';
import { SIDE, pixelActions, pixelGame, type PixelGameOptions } from './pixel-game.ts';
import {
  LANES,
  clearLanes,
  firstLane,
  isOnScreen,
  laneVariables,
  moveLanes,
  sendDiver,
  sendEnemy,
} from './seaquest-lanes.ts';

/** The channels, in their order. */
const channels = {
  front: colors.blue,
  back: '#8fb0cf',
  bullet: colors.ink,
  enemyBullet: colors.red,
  fish: colors.orange,
  enemySubmarine: '#8a3b35',
  diver: colors.green,
  trail: colors.shade,
  diverGauge: colors.green,
  oxygenGauge: colors.yellow,
};
const CHANNELS = 10;
const FRONT = 0;
const BACK = 1;
const BULLET = 2;
const ENEMY_BULLET = 3;
const FISH = 4;
const ENEMY_SUBMARINE = 5;
const DIVER = 6;
const TRAIL = 7;
const DIVER_GAUGE = 8;
const OXYGEN_GAUGE = 9;

/** Row of the gauges, below the water. */
const GAUGE_ROW = SIDE - 1;
/** Where the submarine begins: row, and column of the left one of its cells. */
const START = { row: 4, column: 4 };
/** Steps from one shot of the submarine to the next, at least. */
const COOLDOWN = 5;
/** Steps for which full tanks are enough. */
const OXYGEN = 200;
/** How many divers there is room for on board. */
const PLACES = 6;
/** Steps from one enemy to the next at first, one less after each surfacing, ... */
const FIRST_ENEMY_INTERVAL = 20;
/** ... down to this. */
const LAST_ENEMY_INTERVAL = 5;
/** Steps from one move of an enemy to the next at first, one less after every other surfacing, ... */
const FIRST_MOVE_INTERVAL = 5;
/** ... down to this. */
const LAST_MOVE_INTERVAL = 2;
/** Steps from one diver to the next. */
const DIVER_INTERVAL = 30;

const submarineVariables = {
  /** Row of the submarine. */
  row: 1,
  /** Column of the left one of its two cells. */
  column: 1,
  /** Where its front is: −1 left, 1 right. */
  facing: 1,
  /** Steps until it can shoot. */
  cooldown: 1,
  /** Steps until it has no oxygen. */
  oxygen: 1,
  /** Divers on board. */
  aboard: 1,
  /** How often it has come to the surface. */
  surfacings: 1,
  /** Steps since an enemy came. */
  enemyClock: 1,
  /** Steps since a diver came. */
  diverClock: 1,
  /** Its bullets, in column −1 where there is none. One every 5 steps, in the water for at most 9, makes two. */
  bulletRow: 2,
  bulletColumn: 2,
  bulletDirection: 2,
};
const BULLETS = submarineVariables.bulletRow;
type SeaquestVariable = keyof typeof laneVariables | keyof typeof submarineVariables;
type State = DynamicsState<SeaquestVariable>;

/**
 * Pixel Seaquest, by the rules that Young and Tian (2019) describe; numbers that they leave open are this library's own.
 *
 * A submarine of two cells moves by a cell in four directions, and shoots from its front, at most every 5 steps. Enemies cross the water,
 * rows 1–8: fish, and a third of them submarines, which shoot every 10 steps. Each one shot is reward 1. Bullets fly one cell a step and pass
 * through each other. Divers cross the water as well; the submarine picks them up by touching them, up to 6.
 *
 * Oxygen is enough for 200 steps and is filled up on coming to the surface, row 0. That costs one diver; with 6 of them, all leave, and
 * the reward is the number of cells of the oxygen gauge. Each time enemies come more often (at first every 20 steps, one less each time, down
 * to 5) and are faster (at first a cell every 5 steps, one less every other time, down to 2). A diver comes every 30 steps and moves
 * every 5. They come in a random one of the 8 rows, or the first below it (after the last the first) that has no other of their kind, from a
 * random side; an enemy in the submarine's row comes from the side that is further away.
 *
 * The episode terminates when a fish, an enemy submarine or its bullet touches the submarine, when the oxygen is used up, and on coming to the
 * surface without divers.
 *
 * In a step the submarine acts and its bullets fly; bullets, enemies and divers move; then new ones come.
 *
 * Channels: front, back, bullet, enemy bullet, fish, enemy submarine, diver, trail (behind each enemy and diver), diver gauge (row 9, from the
 * right, a cell for each), oxygen gauge (row 9, from the left, a cell for every 20 steps). Actions: all six.
 */
export function pixelSeaquest(options?: PixelGameOptions): Dynamics<SeaquestVariable | 'previousAction', Int32Array> {
  return pixelGame(
    {
      channels,
      variables: { ...laneVariables, ...submarineVariables },

      reset(state, i) {
        state.row[i] = START.row;
        state.column[i] = START.column;
        state.facing[i] = 1;
        state.oxygen[i] = OXYGEN;
        state.cooldown[i] = state.aboard[i] = state.surfacings[i] = state.enemyClock[i] = state.diverClock[i] = 0;
        state.bulletColumn.fill(-1, i * BULLETS, (i + 1) * BULLETS);
        clearLanes(state, i);
      },

      step(state, i, action, outcome, random) {
        const surfaced = steer(state, i, action);
        if (!surfaced) state.oxygen[i]--;
        else if (state.aboard[i] > 0) outcome.rewards[i] += takeBreath(state, i);
        else outcome.terminated[i] = 1;
        if (state.oxygen[i] === 0) outcome.terminated[i] = 1;
        flyBullets(state, i);
        outcome.rewards[i] += strikeEnemies(state, i);
        moveLanes(state, i, Math.max(FIRST_MOVE_INTERVAL - Math.floor(state.surfacings[i] / 2), LAST_MOVE_INTERVAL));
        // Enemies run into bullets, too.
        outcome.rewards[i] += strikeEnemies(state, i);
        pickUpDiver(state, i);
        if (isHit(state, i)) outcome.terminated[i] = 1;
        sendOthers(state, i, random);
      },

      draw(state, i, observations, offset) {
        drawSubmarine(state, i, observations, offset);
        drawLanes(state, i, observations, offset);
        const gauges = offset + GAUGE_ROW * SIDE * CHANNELS;
        for (let k = 0; k < state.aboard[i]; k++) observations[gauges + (SIDE - 1 - k) * CHANNELS + DIVER_GAUGE] = 1;
        for (let k = oxygenCells(state, i) - 1; k >= 0; k--) observations[gauges + k * CHANNELS + OXYGEN_GAUGE] = 1;
      },
    },
    options,
  );
}

/** Moves the submarine, or makes a bullet at its front. Returns whether it has come to the surface. */
function steer(state: State, i: number, action: number): boolean {
  const { row, column, facing, cooldown } = state;
  if (cooldown[i] > 0) cooldown[i]--;
  if (action === pixelActions.left || action === pixelActions.right) {
    facing[i] = action === pixelActions.left ? -1 : 1;
    column[i] = Math.min(Math.max(column[i] + facing[i], 0), SIDE - 2);
  } else if (action === pixelActions.up && row[i] > 0) {
    row[i]--;
    return row[i] === 0;
  } else if (action === pixelActions.down && row[i] < LANES) {
    row[i]++;
  } else if (action === pixelActions.fire && cooldown[i] === 0) {
    let k = i * BULLETS;
    while (state.bulletColumn[k] >= 0) k++;
    state.bulletRow[k] = row[i];
    state.bulletColumn[k] = facing[i] < 0 ? column[i] : column[i] + 1;
    state.bulletDirection[k] = facing[i];
    cooldown[i] = COOLDOWN;
  }
  return false;
}

/** What coming to the surface with divers does. Returns the reward. */
function takeBreath(state: State, i: number): number {
  const { oxygen, aboard, surfacings } = state;
  const isFull = aboard[i] === PLACES;
  const reward = isFull ? oxygenCells(state, i) : 0;
  aboard[i] = isFull ? 0 : aboard[i] - 1;
  oxygen[i] = OXYGEN;
  surfacings[i]++;
  return reward;
}

/** Cells of the oxygen gauge. */
function oxygenCells({ oxygen }: State, i: number): number {
  return Math.ceil((oxygen[i] * SIDE) / OXYGEN);
}

function flyBullets({ bulletColumn, bulletDirection }: State, i: number): void {
  for (let k = i * BULLETS; k < (i + 1) * BULLETS; k++) {
    if (bulletColumn[k] < 0) continue;
    const next = bulletColumn[k] + bulletDirection[k];
    bulletColumn[k] = isOnScreen(next) ? next : -1;
  }
}

/** Removes enemies and the bullets in their cells. Returns how many. */
function strikeEnemies({ bulletRow, bulletColumn, enemies, enemyColumn }: State, i: number): number {
  let struck = 0;
  for (let k = i * BULLETS; k < (i + 1) * BULLETS; k++) {
    if (bulletColumn[k] < 0) continue;
    const lane = bulletRow[k] - 1;
    if (!isIn(enemies[i], lane) || enemyColumn[i * LANES + lane] !== bulletColumn[k]) continue;
    enemies[i] &= ~(1 << lane);
    bulletColumn[k] = -1;
    struck++;
  }
  return struck;
}

/** Takes the diver on board whom the submarine touches, where there is room. */
function pickUpDiver({ row, column, aboard, divers, diverColumn }: State, i: number): void {
  const lane = row[i] - 1;
  if (aboard[i] === PLACES || !isIn(divers[i], lane) || !touches(column[i], diverColumn[i * LANES + lane])) return;
  divers[i] &= ~(1 << lane);
  aboard[i]++;
}

/** Whether an enemy or its bullet touches the submarine. */
function isHit(state: State, i: number): boolean {
  const lane = state.row[i] - 1;
  const k = i * LANES + lane;
  return (
    (isIn(state.enemies[i], lane) && touches(state.column[i], state.enemyColumn[k])) ||
    (isIn(state.enemyBullets[i], lane) && touches(state.column[i], state.enemyBulletColumn[k]))
  );
}

/** Whether a lane is in a mask; the surface, −1, never is. */
function isIn(lanes: number, lane: number): boolean {
  return lane >= 0 && (lanes & (1 << lane)) !== 0;
}

/** Whether one of the cells of a submarine in a column is in another one. */
function touches(column: number, other: number): boolean {
  return other === column || other === column + 1;
}

/** Sends an enemy or a diver when it is time. */
function sendOthers(state: State, i: number, random: RandomSource): void {
  const { row, column, surfacings, enemyClock, diverClock } = state;
  enemyClock[i]++;
  if (enemyClock[i] >= Math.max(FIRST_ENEMY_INTERVAL - surfacings[i], LAST_ENEMY_INTERVAL)) {
    enemyClock[i] = 0;
    sendEnemy(state, i, row[i], column[i], random);
  }
  diverClock[i]++;
  if (diverClock[i] === DIVER_INTERVAL) {
    diverClock[i] = 0;
    sendDiver(state, i, random);
  }
}

function drawSubmarine(state: State, i: number, observations: Float32Array, offset: number): void {
  const { row, column, facing, bulletRow, bulletColumn } = state;
  const left = offset + (row[i] * SIDE + column[i]) * CHANNELS;
  observations[left + (facing[i] < 0 ? FRONT : BACK)] = 1;
  observations[left + CHANNELS + (facing[i] < 0 ? BACK : FRONT)] = 1;
  for (let k = i * BULLETS; k < (i + 1) * BULLETS; k++) {
    if (bulletColumn[k] >= 0) observations[offset + (bulletRow[k] * SIDE + bulletColumn[k]) * CHANNELS + BULLET] = 1;
  }
}

function drawLanes(state: State, i: number, observations: Float32Array, offset: number): void {
  const { enemyColumn, enemyDirection, enemyShoots, enemyBulletColumn, diverColumn, diverDirection } = state;
  const laneStart = (lane: number): number => offset + (lane + 1) * SIDE * CHANNELS;
  for (let left = state.enemies[i] | 0; left !== 0; left &= left - 1) {
    const lane = firstLane(left);
    const k = i * LANES + lane;
    const start = laneStart(lane);
    observations[start + enemyColumn[k] * CHANNELS + (enemyShoots[k] === 1 ? ENEMY_SUBMARINE : FISH)] = 1;
    drawTrail(observations, start, enemyColumn[k] - enemyDirection[k]);
  }
  for (let left = state.divers[i] | 0; left !== 0; left &= left - 1) {
    const lane = firstLane(left);
    const k = i * LANES + lane;
    const start = laneStart(lane);
    observations[start + diverColumn[k] * CHANNELS + DIVER] = 1;
    drawTrail(observations, start, diverColumn[k] - diverDirection[k]);
  }
  for (let left = state.enemyBullets[i] | 0; left !== 0; left &= left - 1) {
    const lane = firstLane(left);
    observations[laneStart(lane) + enemyBulletColumn[i * LANES + lane] * CHANNELS + ENEMY_BULLET] = 1;
  }
}

/** Draws a trail in a column of the row that begins at `start`, unless that is off the screen. */
function drawTrail(observations: Float32Array, start: number, column: number): void {
  if (isOnScreen(column)) observations[start + column * CHANNELS + TRAIL] = 1;
}
