import type { Dynamics, DynamicsState, RandomSource } from '@gradus/core';
import { colors } from '../rendering/shapes.ts';
import { SIDE, cellIndex, minAtarActions, minAtarGame, type MinAtarOptions } from './minatar-game.ts';

/** The channels, in their order. */
const channels = {
  chicken: colors.orange,
  car: colors.ink,
  delay1: '#c94f44',
  delay2: '#d9796f',
  delay3: '#e5a19a',
  delay4: '#eec0bb',
  delay5: '#f5dbd8',
};
const CHANNELS = 7;
const CHICKEN = 0;
const CAR = 1;
/** The channel before the first one of trails, which is that of cars with delay 1. */
const TRAIL = 1;

const BOTTOM = SIDE - 1;
const PLAYER_COLUMN = 4;
/** Steps from one move of the player to the next, at least. */
const PLAYER_INTERVAL = 3;
/** The largest delay of a car; one with delay d moves every d + 1 steps. */
const SLOWEST = 5;
/** The clock at the start of an episode, which ends below 0. */
const TIME_LIMIT = 2500;

const variables = {
  playerRow: 1,
  /** Steps to the next move of the player. */
  playerCountdown: 1,
  clock: 1,
  /** For each lane: where its car is; −1 (to the left) or 1; its delay; and steps to its next move. */
  column: 8,
  direction: 8,
  delay: 8,
  countdown: 8,
};
/** Lane k is row k + 1. */
const LANES = variables.column;
type State = DynamicsState<keyof typeof variables>;

/**
 * MinAtar's Freeway (Young and Tian, 2019).
 *
 * A chicken in column 4 goes up and down, a cell at a time and at most every third step. On each of the rows 1–8 a car drives to the left
 * or to the right, a cell every 2, 3, 4, 5 or 6 steps, and from one edge of the board on to the other. A car in the chicken's cell sends
 * it back to the bottom row, be it that the chicken goes there or the car. At the top the reward is 1, the chicken is put back to the
 * bottom row, and all cars get new directions and speeds. A game has 2501 steps.
 *
 * Channels: chicken, car, and five for a car's trail, the cell behind it (round the edges), of which the one that it lies in tells how
 * often the car moves: every 2, 3, 4, 5, 6 steps. Minimal actions: nothing, up, down. Random play returns about 0.08 an episode.
 */
export function freeway(options?: MinAtarOptions): Dynamics<keyof typeof variables | 'previousAction', Int32Array> {
  return minAtarGame(
    {
      name: 'freeway',
      channels,
      actions: ['nothing', 'up', 'down'],
      variables,

      reset(state, i, random) {
        state.playerRow[i] = BOTTOM;
        state.playerCountdown[i] = PLAYER_INTERVAL;
        state.clock[i] = TIME_LIMIT;
        state.column.fill(0, i * LANES, (i + 1) * LANES);
        drawCars(state, i, random);
      },

      step(state, i, action, outcome, random) {
        const { playerRow, playerCountdown, clock } = state;
        if (playerCountdown[i] > 0) {
          playerCountdown[i]--;
        } else if (action === minAtarActions.up || action === minAtarActions.down) {
          playerRow[i] = Math.min(playerRow[i] + (action === minAtarActions.up ? -1 : 1), BOTTOM);
          playerCountdown[i] = PLAYER_INTERVAL - 1;
        }
        if (playerRow[i] === 0) {
          outcome.rewards[i] = 1;
          playerRow[i] = BOTTOM;
          drawCars(state, i, random);
        }
        driveCars(state, i);
        clock[i]--;
        if (clock[i] < 0) outcome.terminated[i] = 1;
      },

      draw({ playerRow, column, direction, delay }, i, observations, offset) {
        observations[offset + cellIndex(playerRow[i], PLAYER_COLUMN, CHANNELS) + CHICKEN] = 1;
        for (let lane = 0; lane < LANES; lane++) {
          const k = i * LANES + lane;
          observations[offset + cellIndex(lane + 1, column[k], CHANNELS) + CAR] = 1;
          observations[offset + cellIndex(lane + 1, wrap(column[k] - direction[k]), CHANNELS) + TRAIL + delay[k]] = 1;
        }
      },
    },
    options,
  );
}

/** Gives all cars a delay and a direction; they stay where they are. */
function drawCars({ direction, delay, countdown }: State, i: number, random: RandomSource): void {
  for (let k = i * LANES; k < (i + 1) * LANES; k++) delay[k] = countdown[k] = 1 + random.integer(SLOWEST);
  for (let k = i * LANES; k < (i + 1) * LANES; k++) direction[k] = random.nextFloat() > 1 / 2 ? 1 : -1;
}

/** Moves the cars when it is time, and the chicken to the bottom where it meets one, before or after. */
function driveCars({ playerRow, column, direction, delay, countdown }: State, i: number): void {
  const playerLane = playerRow[i] - 1;
  for (let lane = 0; lane < LANES; lane++) {
    const k = i * LANES + lane;
    let hit = column[k] === PLAYER_COLUMN;
    if (countdown[k] === 0) {
      countdown[k] = delay[k];
      column[k] = wrap(column[k] + direction[k]);
      hit ||= column[k] === PLAYER_COLUMN;
    } else {
      countdown[k]--;
    }
    if (hit && lane === playerLane) playerRow[i] = BOTTOM;
  }
}

/** The column, where the left edge of the board follows on the right one. */
function wrap(column: number): number {
  if (column < 0) return column + SIDE;
  return column < SIDE ? column : column - SIDE;
}
