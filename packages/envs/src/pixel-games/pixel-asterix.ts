import type { Dynamics, DynamicsOutcome, DynamicsState, RandomSource } from '@gradus/core';
import { colors } from '../rendering/shapes.ts';
import { SIDE, cellIndex, pixelActions, pixelGame, type PixelGameOptions } from './pixel-game.ts';

/** The channels, in their order. */
const channels = { player: colors.blue, enemy: colors.red, trail: colors.shade, treasure: colors.yellow };
const CHANNELS = 4;
const PLAYER = 0;
const ENEMY = 1;
const TRAIL = 2;
const TREASURE = 3;

/** Where the player starts. */
const START_ROW = 5;
const START_COLUMN = 5;
/** What comes is treasure with this probability, else an enemy. */
const TREASURE_PROBABILITY = 1 / 3;
/** Steps between two moves of enemies and treasures, and between two that come, at the start of an episode. */
const FIRST_MOVE_INTERVAL = 5;
const FIRST_SPAWN_INTERVAL = 10;
/** After so many steps each, both are one less, down to these. */
const RAMP_INTERVAL = 100;
const LAST_MOVE_INTERVAL = 1;
const LAST_SPAWN_INTERVAL = 3;

const variables = {
  playerRow: 1,
  playerColumn: 1,
  /** For each lane: 0 while it is empty, or the channel of what is in it; where; and −1 (to the left) or 1. */
  content: 8,
  column: 8,
  direction: 8,
  /** Steps between two of these events, and steps to the next one. */
  moveInterval: 1,
  moveClock: 1,
  spawnInterval: 1,
  spawnClock: 1,
  rampClock: 1,
};
/** Lane k is row k + 1. */
const LANES = variables.content;
type State = DynamicsState<keyof typeof variables>;

/**
 * Pixel Asterix, by the rules that Young and Tian (2019) describe; numbers that they leave open are this library's own.
 *
 * The player moves freely, a cell a step, in rows 1–8. Each of these lanes holds at most one enemy or treasure, which comes in at the
 * left or right edge and crosses it. Picking up a treasure is rewarded with 1; touching an enemy terminates the episode. At first
 * something comes every 10 steps into an empty lane, an enemy with probability 2/3, and all move every 5 steps; every 100 steps
 * these intervals get shorter by one, down to 3 and 1.
 *
 * In a step the player moves, then what is in the lanes, and then something new may come; the player meets what is in the same cell after
 * the first and after the second. So what comes in at the player's cell can be escaped.
 *
 * Channels: player, enemy, trail (the cell behind each enemy and treasure), treasure. Actions: left (1), up (2), right (3), down (4); the
 * others do nothing.
 */
export function pixelAsterix(
  options?: PixelGameOptions,
): Dynamics<keyof typeof variables | 'previousAction', Int32Array> {
  return pixelGame(
    {
      channels,
      variables,

      reset(state, i) {
        state.playerRow[i] = START_ROW;
        state.playerColumn[i] = START_COLUMN;
        state.content.fill(0, i * LANES, (i + 1) * LANES);
        state.moveInterval[i] = state.moveClock[i] = FIRST_MOVE_INTERVAL;
        state.spawnInterval[i] = state.spawnClock[i] = FIRST_SPAWN_INTERVAL;
        state.rampClock[i] = RAMP_INTERVAL;
      },

      step(state, i, action, outcome, random) {
        const { playerRow, playerColumn } = state;
        if (action === pixelActions.left && playerColumn[i] > 0) playerColumn[i]--;
        if (action === pixelActions.right && playerColumn[i] < SIDE - 1) playerColumn[i]++;
        if (action === pixelActions.up && playerRow[i] > 1) playerRow[i]--;
        if (action === pixelActions.down && playerRow[i] < LANES) playerRow[i]++;
        meet(state, i, outcome);
        if (--state.moveClock[i] === 0) {
          state.moveClock[i] = state.moveInterval[i];
          moveAll(state, i);
          meet(state, i, outcome);
        }
        if (--state.spawnClock[i] === 0) {
          state.spawnClock[i] = state.spawnInterval[i];
          spawn(state, i, random);
        }
        if (--state.rampClock[i] === 0) {
          state.rampClock[i] = RAMP_INTERVAL;
          state.moveInterval[i] = Math.max(state.moveInterval[i] - 1, LAST_MOVE_INTERVAL);
          state.spawnInterval[i] = Math.max(state.spawnInterval[i] - 1, LAST_SPAWN_INTERVAL);
        }
      },

      draw({ playerRow, playerColumn, content, column, direction }, i, observations, offset) {
        observations[offset + cellIndex(playerRow[i], playerColumn[i], CHANNELS) + PLAYER] = 1;
        for (let lane = 0; lane < LANES; lane++) {
          const k = i * LANES + lane;
          if (content[k] === 0) continue;
          observations[offset + cellIndex(lane + 1, column[k], CHANNELS) + content[k]] = 1;
          const behind = column[k] - direction[k];
          if (behind >= 0 && behind < SIDE) observations[offset + cellIndex(lane + 1, behind, CHANNELS) + TRAIL] = 1;
        }
      },
    },
    options,
  );
}

/** What happens where the player and something else are in the same cell. */
function meet({ playerRow, playerColumn, content, column }: State, i: number, outcome: DynamicsOutcome): void {
  const k = i * LANES + playerRow[i] - 1;
  if (column[k] !== playerColumn[i]) return;
  if (content[k] === ENEMY) outcome.terminated[i] = 1;
  if (content[k] === TREASURE) {
    outcome.rewards[i] = 1;
    content[k] = 0;
  }
}

function moveAll({ content, column, direction }: State, i: number): void {
  for (let k = i * LANES; k < (i + 1) * LANES; k++) {
    column[k] += direction[k];
    if (column[k] < 0 || column[k] >= SIDE) content[k] = 0;
  }
}

/** Lets something come into one of the empty lanes, if there are any. */
function spawn({ content, column, direction }: State, i: number, random: RandomSource): void {
  let empty = 0;
  for (let k = i * LANES; k < (i + 1) * LANES; k++) if (content[k] === 0) empty++;
  if (empty === 0) return;
  let nth = random.integer(empty);
  let k = i * LANES;
  while (content[k] !== 0 || nth-- > 0) k++;
  content[k] = random.nextFloat() < TREASURE_PROBABILITY ? TREASURE : ENEMY;
  direction[k] = random.integer(2) === 0 ? 1 : -1;
  column[k] = direction[k] > 0 ? 0 : SIDE - 1;
}
