import type { Dynamics, DynamicsOutcome, DynamicsState } from '@gradus/core';
import { colors } from '../rendering/shapes.ts';
import { SIDE, cellIndex, checkedOptions, minAtarActions, minAtarGame, type MinAtarOptions } from './minatar-game.ts';

/** The channels, in their order. */
const channels = {
  cannon: colors.blue,
  alien: colors.green,
  alienLeft: colors.green,
  alienRight: colors.green,
  bullet: colors.ink,
  alienBullet: colors.red,
};
const CHANNELS = 6;
const CANNON = 0;
const ALIEN = 1;
const ALIEN_LEFT = 2;
const ALIEN_RIGHT = 3;
const BULLET = 4;
const ALIEN_BULLET = 5;

const CANNON_ROW = SIDE - 1;
/** The cannon's column at the start of an episode. */
const CANNON_START = 5;
/** A wave of aliens, 4 rows of 6: bits of the columns 2–7, and how many rows from the top have them. */
const WAVE_COLUMNS = 0b0011111100;
const WAVE_ROWS = 4;
const WAVE_SIZE = 24;
/** Bits of the outermost columns. */
const LEFT_COLUMN = 1;
const RIGHT_COLUMN = 1 << (SIDE - 1);
/** Steps from one shot of the cannon to the next, at least. */
const CANNON_INTERVAL = 5;
/** Steps from one shot of the aliens to the next. */
const ALIEN_SHOT_INTERVAL = 10;
/** Steps from one move of the aliens to the next, at most: in the first wave; one less in each wave that follows, ... */
const FIRST_MARCH_LIMIT = 12;
/** ... down to this. */
const LAST_MARCH_LIMIT = 6;

const variables = {
  /** Column. */
  cannon: 1,
  /** Steps until the cannon can shoot. */
  cannonCountdown: 1,
  /** For each row the columns with an alien, as bits: 2ᵏ for column k. */
  aliens: 10,
  /** How many there are. */
  numAliens: 1,
  /** Where the aliens move: −1 left, 1 right. */
  direction: 1,
  marchLimit: 1,
  /** Steps to the next move of the aliens. */
  marchCountdown: 1,
  /** Steps to the next shot of the aliens. */
  shotCountdown: 1,
  /** Cell 10 · row + column of each bullet, −1 for none. One every 5 steps, on the board for 9, makes two. */
  bullets: 2,
  /** Likewise. One every 10 steps, on the board for at most 10, makes one. */
  alienBullet: 1,
};
const BULLETS = variables.bullets;
type SpaceInvadersVariable = keyof typeof variables;
type State = DynamicsState<SpaceInvadersVariable>;

/**
 * MinAtar's Space Invaders (Young and Tian, 2019).
 *
 * A cannon on the bottom row moves by a cell to the left or right, or shoots, at most every 5 steps. Above are aliens, 4 rows of 6; each
 * one shot is reward 1. They all move sideways until one of them is at the edge; then they turn round and move a row down instead.
 * Every 10 steps one of them shoots: of the column nearest to the cannon (the left one of two), the lowest. Bullets fly one cell a step and
 * pass through each other. The game ends when a bullet or an alien comes to the cannon's cell, and when aliens of the bottom row
 * are to move down.
 *
 * Aliens move every 12 steps; or, where fewer are left, every as many steps as there are aliens, so that the last one moves in every
 * step. When all are shot, the next wave follows, in which the limit of 12 is one less, down to 6.
 *
 * In a step the cannon moves or shoots, bullets fly, aliens move, one shoots, and those in a bullet's cell are struck.
 *
 * Channels: cannon, alien, aliens again if they move to the left, aliens again if to the right, bullet, alien's bullet. Minimal actions:
 * nothing, left, right, fire. Random play returns about 3.0 an episode.
 */
export function spaceInvaders(
  options: MinAtarOptions = {},
): Dynamics<SpaceInvadersVariable | 'previousAction', Int32Array> {
  const { difficultyRamping = true } = checkedOptions('spaceInvaders', options);
  return minAtarGame(
    {
      name: 'spaceInvaders',
      channels,
      actions: ['nothing', 'left', 'right', 'fire'],
      variables,

      reset(state, i) {
        state.cannon[i] = CANNON_START;
        state.cannonCountdown[i] = 0;
        state.direction[i] = -1;
        state.marchLimit[i] = state.marchCountdown[i] = FIRST_MARCH_LIMIT;
        state.shotCountdown[i] = ALIEN_SHOT_INTERVAL;
        state.bullets.fill(-1, i * BULLETS, (i + 1) * BULLETS);
        state.alienBullet[i] = -1;
        state.aliens.fill(0, i * SIDE, (i + 1) * SIDE);
        beginWave(state, i);
      },

      step(state, i, action, outcome) {
        const { cannonCountdown, marchCountdown, shotCountdown, numAliens, marchLimit } = state;
        controlCannon(state, i, action);
        flyBullets(state, i);
        const cannonCell = CANNON_ROW * SIDE + state.cannon[i];
        if (state.alienBullet[i] === cannonCell || isAlienIn(state, i, cannonCell)) outcome.terminated[i] = 1;
        if (marchCountdown[i] === 0) {
          marchCountdown[i] = Math.min(numAliens[i], marchLimit[i]);
          march(state, i, outcome);
          if (isAlienIn(state, i, cannonCell)) outcome.terminated[i] = 1;
        }
        if (shotCountdown[i] === 0) {
          shotCountdown[i] = ALIEN_SHOT_INTERVAL;
          state.alienBullet[i] = shootingAlien(state, i);
        }
        outcome.rewards[i] = strikeAliens(state, i);
        if (cannonCountdown[i] > 0) cannonCountdown[i]--;
        marchCountdown[i]--;
        shotCountdown[i]--;
        if (numAliens[i] === 0) {
          if (difficultyRamping && marchLimit[i] > LAST_MARCH_LIMIT) marchLimit[i]--;
          beginWave(state, i);
        }
      },

      draw({ cannon, aliens, direction, bullets, alienBullet }, i, observations, offset) {
        observations[offset + cellIndex(CANNON_ROW, cannon[i], CHANNELS) + CANNON] = 1;
        const heading = direction[i] < 0 ? ALIEN_LEFT : ALIEN_RIGHT;
        for (let row = 0; row < SIDE; row++) {
          for (let columns = aliens[i * SIDE + row] | 0; columns !== 0; columns &= columns - 1) {
            const cell = offset + cellIndex(row, firstBit(columns), CHANNELS);
            observations[cell + ALIEN] = 1;
            observations[cell + heading] = 1;
          }
        }
        for (let k = i * BULLETS; k < (i + 1) * BULLETS; k++) {
          if (bullets[k] >= 0) observations[offset + bullets[k] * CHANNELS + BULLET] = 1;
        }
        if (alienBullet[i] >= 0) observations[offset + alienBullet[i] * CHANNELS + ALIEN_BULLET] = 1;
      },
    },
    options,
  );
}

/** Puts the aliens of a wave where there are none. */
function beginWave({ aliens, numAliens }: State, i: number): void {
  aliens.fill(WAVE_COLUMNS, i * SIDE, i * SIDE + WAVE_ROWS);
  numAliens[i] = WAVE_SIZE;
}

/** Moves the cannon, or makes a bullet where it is. */
function controlCannon({ cannon, cannonCountdown, bullets }: State, i: number, action: number): void {
  if (action === minAtarActions.fire && cannonCountdown[i] === 0) {
    const k = i * BULLETS;
    bullets[bullets[k] < 0 ? k : k + 1] = CANNON_ROW * SIDE + cannon[i];
    cannonCountdown[i] = CANNON_INTERVAL;
  } else if (action === minAtarActions.left && cannon[i] > 0) {
    cannon[i]--;
  } else if (action === minAtarActions.right && cannon[i] < SIDE - 1) {
    cannon[i]++;
  }
}

function flyBullets({ bullets, alienBullet }: State, i: number): void {
  for (let k = i * BULLETS; k < (i + 1) * BULLETS; k++) bullets[k] = Math.max(bullets[k] - SIDE, -1);
  if (alienBullet[i] >= 0) alienBullet[i] = alienBullet[i] + SIDE < SIDE * SIDE ? alienBullet[i] + SIDE : -1;
}

function isAlienIn({ aliens }: State, i: number, cell: number): boolean {
  const row = Math.floor(cell / SIDE);
  return (aliens[i * SIDE + row] & (1 << (cell - row * SIDE))) !== 0;
}

/** The columns that have an alien, as bits. */
function occupiedColumns({ aliens }: State, i: number): number {
  let columns = 0;
  for (let k = i * SIDE; k < (i + 1) * SIDE; k++) columns |= aliens[k];
  return columns;
}

/** Moves all aliens sideways; down, those of the bottom row to the top, where one is at the edge ahead. */
function march(state: State, i: number, outcome: DynamicsOutcome): void {
  const { aliens, direction } = state;
  const top = i * SIDE;
  const edge = direction[i] < 0 ? LEFT_COLUMN : RIGHT_COLUMN;
  if ((occupiedColumns(state, i) & edge) === 0) {
    for (let k = top; k < top + SIDE; k++) aliens[k] = direction[i] < 0 ? aliens[k] >> 1 : aliens[k] << 1;
    return;
  }
  direction[i] = -direction[i];
  const bottomRow = aliens[top + CANNON_ROW];
  if (bottomRow !== 0) outcome.terminated[i] = 1;
  for (let k = top + CANNON_ROW; k > top; k--) aliens[k] = aliens[k - 1];
  aliens[top] = bottomRow;
}

/** The cell of the alien that shoots: the lowest of the column nearest to the cannon, the left one of two. */
function shootingAlien(state: State, i: number): number {
  const cannon = state.cannon[i];
  const columns = occupiedColumns(state, i);
  const onTheLeft = columns & (2 ** (cannon + 1) - 1);
  const onTheRight = columns & ~onTheLeft;
  const left = onTheLeft === 0 ? -Infinity : lastBit(onTheLeft);
  const right = onTheRight === 0 ? Infinity : firstBit(onTheRight);
  const column = cannon - left <= right - cannon ? left : right;
  let row = CANNON_ROW;
  while (!isAlienIn(state, i, row * SIDE + column)) row--;
  return row * SIDE + column;
}

/** Removes aliens and the bullets in their cells. Returns how many. */
function strikeAliens(state: State, i: number): number {
  const { bullets, aliens, numAliens } = state;
  let struck = 0;
  for (let k = i * BULLETS; k < (i + 1) * BULLETS; k++) {
    const cell = bullets[k];
    if (cell < 0 || !isAlienIn(state, i, cell)) continue;
    const row = Math.floor(cell / SIDE);
    aliens[i * SIDE + row] &= ~(1 << (cell - row * SIDE));
    bullets[k] = -1;
    struck++;
  }
  numAliens[i] -= struck;
  return struck;
}

function firstBit(mask: number): number {
  return lastBit(mask & -mask);
}

function lastBit(mask: number): number {
  return 31 - Math.clz32(mask);
}
