import type { Dynamics, DynamicsState, RandomSource } from '@gradus/core';
import { colors } from '../rendering/shapes.ts';
import { SIDE, cellIndex, pixelActions, pixelGame, type PixelGameOptions } from './pixel-game.ts';

/** The channels, in their order. */
const channels = {
  chicken: colors.orange,
  car: colors.ink,
  everyStep: '#c94f44',
  every2Steps: '#d9796f',
  every3Steps: '#e5a19a',
  every4Steps: '#eec0bb',
  every5Steps: '#f5dbd8',
};
const CHANNELS = 7;
const CHICKEN = 0;
const CAR = 1;
/** The channel before the first one of trails, which is that of cars that move every step. */
const TRAIL = 1;

const BOTTOM = SIDE - 1;
const CHICKEN_COLUMN = 4;
/** Steps from one move of the chicken to the next, at least. */
const CHICKEN_INTERVAL = 3;
/** The slowest cars move every 5 steps. */
const SLOWEST = 5;
/** Steps of an episode. */
const EPISODE_STEPS = 2500;

const variables = {
  chickenRow: 1,
  /** Steps that the chicken cannot move yet. */
  rest: 1,
  /** Steps of the episode. */
  clock: 1,
  /** For each lane: where its car is; −1 (to the left) or 1; steps between two moves; and steps to the next one. */
  column: 8,
  direction: 8,
  moveInterval: 8,
  moveClock: 8,
};
/** Lane k is row k + 1. */
const LANES = variables.column;
type State = DynamicsState<keyof typeof variables>;

/**
 * Pixel Freeway, by the rules that Young and Tian (2019) describe; numbers that they leave open are this library's own.
 *
 * A chicken in column 4 goes up and down, a cell at a time and at most every third step. On each of the rows 1–8 a car drives to the left or
 * to the right, a cell every 1, 2, 3, 4 or 5 steps, and from one edge of the screen on to the other. A car in the chicken's cell sends
 * it back to the bottom row, be it that the chicken goes there or the car. At the top the reward is 1, the chicken is put back to the bottom
 * row, and all cars get new directions and speeds. The task itself has 2500 steps: the episode then terminates.
 *
 * Channels: chicken, car, and five for a car's trail, the cell behind it (round the edges), of which the one that it lies in tells how
 * often the car moves: every step, every 2, 3, 4, 5 steps. Actions: up (2), down (4); the others do nothing.
 */
export function pixelFreeway({ maxEpisodeSteps = Infinity, ...options }: PixelGameOptions = {}): Dynamics<
  keyof typeof variables | 'previousAction',
  Int32Array
> {
  return pixelGame(
    {
      channels,
      variables,

      reset(state, i, random) {
        state.chickenRow[i] = BOTTOM;
        state.rest[i] = 0;
        state.clock[i] = 0;
        for (let k = i * LANES; k < (i + 1) * LANES; k++) state.column[k] = random.integer(SIDE);
        drawCars(state, i, random);
      },

      step(state, i, action, outcome, random) {
        const { chickenRow, rest, clock, column, direction, moveInterval, moveClock } = state;
        const move = rest[i] > 0 ? 0 : chickenMove(action, chickenRow[i]);
        if (rest[i] > 0) rest[i]--;
        if (move !== 0) {
          chickenRow[i] += move;
          rest[i] = CHICKEN_INTERVAL - 1;
        }
        if (chickenRow[i] === 0) {
          outcome.rewards[i] = 1;
          chickenRow[i] = BOTTOM;
          drawCars(state, i, random);
        }
        const chickenLane = chickenRow[i] - 1;
        for (let lane = 0; lane < LANES; lane++) {
          const k = i * LANES + lane;
          let hit = column[k] === CHICKEN_COLUMN;
          if (--moveClock[k] === 0) {
            moveClock[k] = moveInterval[k];
            column[k] = wrap(column[k] + direction[k]);
            hit ||= column[k] === CHICKEN_COLUMN;
          }
          if (hit && lane === chickenLane) chickenRow[i] = BOTTOM;
        }
        if (++clock[i] === EPISODE_STEPS) outcome.terminated[i] = 1;
      },

      draw({ chickenRow, column, direction, moveInterval }, i, observations, offset) {
        observations[offset + cellIndex(chickenRow[i], CHICKEN_COLUMN, CHANNELS) + CHICKEN] = 1;
        for (let lane = 0; lane < LANES; lane++) {
          const k = i * LANES + lane;
          observations[offset + cellIndex(lane + 1, column[k], CHANNELS) + CAR] = 1;
          observations[
            offset + cellIndex(lane + 1, wrap(column[k] - direction[k]), CHANNELS) + TRAIL + moveInterval[k]
          ] = 1;
        }
      },
    },
    { maxEpisodeSteps, ...options },
  );
}

/** Rows that the chicken goes down. */
function chickenMove(action: number, row: number): number {
  if (action === pixelActions.up) return -1;
  return action === pixelActions.down && row < BOTTOM ? 1 : 0;
}

/** Gives all cars a direction and a speed. */
function drawCars({ direction, moveInterval, moveClock }: State, i: number, random: RandomSource): void {
  for (let k = i * LANES; k < (i + 1) * LANES; k++) {
    direction[k] = random.integer(2) === 0 ? 1 : -1;
    moveInterval[k] = moveClock[k] = 1 + random.integer(SLOWEST);
  }
}

/** The column, where the left edge of the screen follows on the right one. */
function wrap(column: number): number {
  if (column < 0) return column + SIDE;
  return column < SIDE ? column : column - SIDE;
}
