import type { Dynamics, DynamicsState } from '@gradus/core';
import { colors } from '../rendering/shapes.ts';
import {
  ALL_ALIENS,
  alienBit,
  countAliens,
  firstAlienColumn,
  lastAlienColumn,
  lowestAlienRow,
  nearestAlienColumn,
  placeCells,
} from './alien-formation.ts';
import { SIDE, pixelActions, pixelGame, type PixelGameOptions } from './pixel-game.ts';

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
/** Where a wave's formation begins: its left column. Its top row is 0. */
const FORMATION_START = 2;
/** Steps from one shot of the cannon to the next, at least. */
const COOLDOWN = 5;
/** Steps from one shot of the aliens to the next. */
const ALIEN_SHOT_INTERVAL = 10;
/** Steps from one move of the aliens to the next in the first wave; one less in each wave that follows, ... */
const FIRST_MARCH_INTERVAL = 12;
/** ... down to this. */
const LAST_MARCH_INTERVAL = 6;
const variables = {
  /** Column. */
  cannon: 1,
  /** Steps until the cannon can shoot. */
  cooldown: 1,
  /** Which aliens are left: see `alien-formation.ts`. */
  aliens: 1,
  /** Row of the formation's top. */
  formationRow: 1,
  /** Column of the formation's left side. */
  formationColumn: 1,
  /** Where the aliens move: −1 left, 1 right. */
  direction: 1,
  /** Steps since the aliens moved. */
  marchClock: 1,
  /** Steps since the aliens shot. */
  shotClock: 1,
  /** Waves cleared. */
  wave: 1,
  /** Cell 10 · row + column of each bullet, −1 for none. One every 5 steps, in the air for 9, makes two. */
  bullets: 2,
  /** Likewise. One every 10 steps, in the air for at most 10, makes one. */
  alienBullets: 1,
};
const BULLETS = variables.bullets;
const ALIEN_BULLETS = variables.alienBullets;
type SpaceInvadersVariable = keyof typeof variables;
type State = DynamicsState<SpaceInvadersVariable>;

/**
 * Pixel Space Invaders, by the rules that Young and Tian (2019) describe; numbers that they leave open are this library's own.
 *
 * A cannon on the bottom row moves by a cell to the left or right, or shoots, at most every 5 steps. Above are aliens, 4 rows of 6; each
 * one shot is reward 1. They all move sideways until one of them is at the edge; then they move a row down and turn round.
 * Every 10 steps one of them shoots: of the column nearest to the cannon (the left one of two), the lowest. Bullets fly one cell a step and pass
 * through each other. The episode terminates when a bullet hits the cannon, or an alien does: when one comes to its row.
 *
 * Aliens move every 12 steps; or, where fewer are left, every as many steps as there are aliens, so that the last one moves in every
 * step. A new wave begins on top when all are shot. In each the 12 is one less than in the wave before, down to 6.
 *
 * In a step the cannon acts, its bullets fly, then those of the aliens; the aliens move, and shoot.
 *
 * Channels: cannon, alien, alien moving left, alien moving right (one of these two wherever there is an alien), bullet, alien bullet.
 * Actions: left (1), right (3), fire (5); the others do nothing.
 */
export function pixelSpaceInvaders(
  options?: PixelGameOptions,
): Dynamics<SpaceInvadersVariable | 'previousAction', Int32Array> {
  return pixelGame(
    {
      channels,
      variables,

      reset(state, i) {
        state.cannon[i] = CANNON_START;
        state.cooldown[i] = 0;
        state.shotClock[i] = 0;
        state.wave[i] = 0;
        state.bullets.fill(-1, i * BULLETS, (i + 1) * BULLETS);
        state.alienBullets.fill(-1, i * ALIEN_BULLETS, (i + 1) * ALIEN_BULLETS);
        beginWave(state, i);
      },

      step(state, i, action, outcome) {
        controlCannon(state, i, action);
        flyBullets(state, i);
        let shot = strikeAliens(state, i);
        let hit = flyAlienBullets(state, i);
        if (state.aliens[i] !== 0) {
          hit = marchAliens(state, i) || hit;
          // Aliens run into bullets, too.
          shot += strikeAliens(state, i);
        }
        if (state.aliens[i] !== 0) {
          shootBack(state, i);
        } else {
          state.wave[i]++;
          beginWave(state, i);
        }
        outcome.rewards[i] = shot;
        outcome.terminated[i] = hit ? 1 : 0;
      },

      draw(state, i, observations, offset) {
        const formation = state.formationRow[i] * SIDE + state.formationColumn[i];
        const direction = state.direction[i] < 0 ? ALIEN_LEFT : ALIEN_RIGHT;
        observations[offset + (CANNON_ROW * SIDE + state.cannon[i]) * CHANNELS + CANNON] = 1;
        for (let left = state.aliens[i]; left !== 0; left &= left - 1) {
          const cell = offset + (formation + placeCells[31 - Math.clz32(left & -left)]) * CHANNELS;
          observations[cell + ALIEN] = 1;
          observations[cell + direction] = 1;
        }
        drawBullets(state.bullets, i, BULLETS, observations, offset + BULLET);
        drawBullets(state.alienBullets, i, ALIEN_BULLETS, observations, offset + ALIEN_BULLET);
      },
    },
    options,
  );
}

function beginWave(state: State, i: number): void {
  state.aliens[i] = ALL_ALIENS;
  state.formationRow[i] = 0;
  state.formationColumn[i] = FORMATION_START;
  state.direction[i] = 1;
  state.marchClock[i] = 0;
}

/** Moves the cannon, or makes a bullet where it is. */
function controlCannon({ cannon, cooldown, bullets }: State, i: number, action: number): void {
  if (cooldown[i] > 0) cooldown[i]--;
  if (action === pixelActions.left && cannon[i] > 0) cannon[i]--;
  if (action === pixelActions.right && cannon[i] < SIDE - 1) cannon[i]++;
  if (action === pixelActions.fire && cooldown[i] === 0) {
    addBullet(bullets, i * BULLETS, CANNON_ROW * SIDE + cannon[i]);
    cooldown[i] = COOLDOWN;
  }
}

/** Puts a bullet into a cell; from `first` on there is a free place among the bullets. */
function addBullet(bullets: Float64Array, first: number, cell: number): void {
  let k = first;
  while (bullets[k] >= 0) k++;
  bullets[k] = cell;
}

function flyBullets({ bullets }: State, i: number): void {
  for (let k = i * BULLETS; k < (i + 1) * BULLETS; k++) bullets[k] = Math.max(bullets[k] - SIDE, -1);
}

/** Whether one of the bullets hits the cannon. */
function flyAlienBullets({ alienBullets, cannon }: State, i: number): boolean {
  let hit = false;
  for (let k = i * ALIEN_BULLETS; k < (i + 1) * ALIEN_BULLETS; k++) {
    if (alienBullets[k] < 0) continue;
    const cell = alienBullets[k] + SIDE;
    alienBullets[k] = cell < SIDE * SIDE ? cell : -1;
    hit ||= cell === CANNON_ROW * SIDE + cannon[i];
  }
  return hit;
}

/** Removes aliens and the bullets in their cells. Returns how many. */
function strikeAliens({ bullets, aliens, formationRow, formationColumn }: State, i: number): number {
  let struck = 0;
  for (let k = i * BULLETS; k < (i + 1) * BULLETS; k++) {
    if (bullets[k] < 0) continue;
    const row = Math.floor(bullets[k] / SIDE);
    const alien = alienBit(row - formationRow[i], bullets[k] - row * SIDE - formationColumn[i]);
    if ((aliens[i] & alien) === 0) continue;
    aliens[i] &= ~alien;
    bullets[k] = -1;
    struck++;
  }
  return struck;
}

/** Moves the aliens when it is time. Returns whether they have come to the row of the cannon. */
function marchAliens(state: State, i: number): boolean {
  const { formationRow, formationColumn, direction, marchClock } = state;
  const aliens = state.aliens[i];
  const interval = Math.max(FIRST_MARCH_INTERVAL - state.wave[i], LAST_MARCH_INTERVAL);
  marchClock[i]++;
  if (marchClock[i] < Math.min(interval, countAliens(aliens))) return false;
  marchClock[i] = 0;
  const foremost = direction[i] < 0 ? firstAlienColumn(aliens) : lastAlienColumn(aliens);
  const next = formationColumn[i] + foremost + direction[i];
  if (next >= 0 && next < SIDE) {
    formationColumn[i] += direction[i];
    return false;
  }
  direction[i] = -direction[i];
  formationRow[i]++;
  return formationRow[i] + lowestAlienRow(aliens) === CANNON_ROW;
}

/** Makes a bullet where the alien is that shoots, when it is time. */
function shootBack({ shotClock, aliens, cannon, formationRow, formationColumn, alienBullets }: State, i: number): void {
  shotClock[i]++;
  if (shotClock[i] < ALIEN_SHOT_INTERVAL) return;
  shotClock[i] = 0;
  const column = nearestAlienColumn(aliens[i], cannon[i] - formationColumn[i]);
  const row = formationRow[i] + lowestAlienRow(aliens[i], column);
  addBullet(alienBullets, i * ALIEN_BULLETS, row * SIDE + formationColumn[i] + column);
}

function drawBullets(
  bullets: Float64Array,
  i: number,
  count: number,
  observations: Float32Array,
  offset: number,
): void {
  for (let k = i * count; k < (i + 1) * count; k++) {
    if (bullets[k] >= 0) observations[offset + bullets[k] * CHANNELS] = 1;
  }
}
