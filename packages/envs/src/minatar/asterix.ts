import type { Dynamics, DynamicsOutcome, DynamicsState, RandomSource } from '@gradus/core';
import { colors } from '../rendering/shapes.ts';
import {
  SIDE,
  cellIndex,
  checkedOptions,
  isOnBoard,
  minAtarActions,
  minAtarGame,
  type MinAtarOptions,
} from './minatar-game.ts';

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
/** What the countdown to the next growth of difficulty starts from; growth takes the step after −1. */
const GROWTH_COUNTDOWN = 100;

const variables = {
  playerRow: 1,
  playerColumn: 1,
  /** For each lane: 0 while it is empty, or the channel of what is in it; where; and −1 (to the left) or 1. */
  content: 8,
  column: 8,
  direction: 8,
  /** Steps between two of these events, and steps to the next one. */
  moveInterval: 1,
  moveCountdown: 1,
  spawnInterval: 1,
  spawnCountdown: 1,
  growthCountdown: 1,
  growths: 1,
};
/** Lane k is row k + 1. */
const LANES = variables.content;
type State = DynamicsState<keyof typeof variables>;

/**
 * MinAtar's Asterix (Young and Tian, 2019).
 *
 * The player moves freely, a cell a step, in rows 1–8. Each of these lanes holds at most one enemy or treasure, which comes in at the
 * left or right edge and crosses it. Picking up a treasure is rewarded with 1; touching an enemy ends the game. At first something comes
 * every 10 steps into an empty lane, an enemy with probability 2/3, and all move every 5 steps. Every 102 steps something comes one step
 * sooner, and every other time all move one step sooner, down to 1.
 *
 * In a step something may come, then the player moves, then what is in the lanes; the player meets what is in the same cell after the
 * second and after the third.
 *
 * Channels: player, enemy, trail (the cell behind each enemy and treasure), treasure. Minimal actions: nothing, left, up, right, down.
 * Random play returns about 0.47 an episode.
 */
export function asterix(options: MinAtarOptions = {}): Dynamics<keyof typeof variables | 'previousAction', Int32Array> {
  const { difficultyRamping = true } = checkedOptions('asterix', options);
  return minAtarGame(
    {
      name: 'asterix',
      channels,
      actions: ['nothing', 'left', 'up', 'right', 'down'],
      variables,

      reset(state, i) {
        state.playerRow[i] = START_ROW;
        state.playerColumn[i] = START_COLUMN;
        state.content.fill(0, i * LANES, (i + 1) * LANES);
        state.moveInterval[i] = state.moveCountdown[i] = FIRST_MOVE_INTERVAL;
        state.spawnInterval[i] = state.spawnCountdown[i] = FIRST_SPAWN_INTERVAL;
        state.growthCountdown[i] = GROWTH_COUNTDOWN;
        state.growths[i] = 0;
      },

      step(state, i, action, outcome, random) {
        const { playerRow, playerColumn, moveCountdown, spawnCountdown } = state;
        if (spawnCountdown[i] === 0) {
          spawn(state, i, random);
          spawnCountdown[i] = state.spawnInterval[i];
        }
        if (action === minAtarActions.left && playerColumn[i] > 0) playerColumn[i]--;
        if (action === minAtarActions.right && playerColumn[i] < SIDE - 1) playerColumn[i]++;
        if (action === minAtarActions.up && playerRow[i] > 1) playerRow[i]--;
        if (action === minAtarActions.down && playerRow[i] < LANES) playerRow[i]++;
        meet(state, i, outcome);
        if (moveCountdown[i] === 0) {
          moveCountdown[i] = state.moveInterval[i];
          moveAll(state, i);
          meet(state, i, outcome);
        }
        spawnCountdown[i]--;
        moveCountdown[i]--;
        if (difficultyRamping) grow(state, i);
      },

      draw({ playerRow, playerColumn, content, column, direction }, i, observations, offset) {
        observations[offset + cellIndex(playerRow[i], playerColumn[i], CHANNELS) + PLAYER] = 1;
        for (let lane = 0; lane < LANES; lane++) {
          const k = i * LANES + lane;
          if (content[k] === 0) continue;
          observations[offset + cellIndex(lane + 1, column[k], CHANNELS) + content[k]] = 1;
          const behind = column[k] - direction[k];
          if (isOnBoard(behind)) observations[offset + cellIndex(lane + 1, behind, CHANNELS) + TRAIL] = 1;
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
    if (!isOnBoard(column[k])) content[k] = 0;
  }
}

/** Lets something come into one of the empty lanes, if there are any. */
function spawn({ content, column, direction }: State, i: number, random: RandomSource): void {
  const fromLeft = random.nextFloat() < 1 / 2;
  const isTreasure = random.nextFloat() < TREASURE_PROBABILITY;
  let empty = 0;
  for (let k = i * LANES; k < (i + 1) * LANES; k++) if (content[k] === 0) empty++;
  if (empty === 0) return;
  let nth = random.integer(empty);
  let k = i * LANES;
  while (content[k] !== 0 || nth-- > 0) k++;
  content[k] = isTreasure ? TREASURE : ENEMY;
  direction[k] = fromLeft ? 1 : -1;
  column[k] = fromLeft ? 0 : SIDE - 1;
}

/** Makes the game harder when it is time. Running countdowns stay as they are. */
function grow({ moveInterval, spawnInterval, growthCountdown, growths }: State, i: number): void {
  if (moveInterval[i] === 1 && spawnInterval[i] === 1) return;
  if (growthCountdown[i]-- >= 0) return;
  growthCountdown[i] = GROWTH_COUNTDOWN;
  if (moveInterval[i] > 1 && growths[i] % 2 === 1) moveInterval[i]--;
  if (spawnInterval[i] > 1) spawnInterval[i]--;
  growths[i]++;
}
