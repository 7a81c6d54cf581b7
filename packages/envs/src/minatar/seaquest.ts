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
import {
  COLUMN,
  DIRECTION,
  FIELDS,
  FIRE_COUNTDOWN,
  MOVE_COUNTDOWN,
  ROW,
  addThing,
  endOfThings,
  firstThing,
  isThingHeading,
  isThingIn,
  listSize,
  removeThing,
  removeThingIn,
} from './seaquest-things.ts';

/** The channels, in their order. */
const channels = {
  front: colors.blue,
  back: '#8fb0cf',
  bullet: colors.ink,
  trail: colors.shade,
  enemyBullet: colors.red,
  fish: colors.orange,
  submarine: '#8a3b35',
  oxygen: colors.yellow,
  aboard: colors.green,
  diver: colors.green,
};
const CHANNELS = 10;
const FRONT = 0;
const BACK = 1;
const BULLET = 2;
const TRAIL = 3;
const ENEMY_BULLET = 4;
const FISH = 5;
const SUBMARINE = 6;
const OXYGEN_BAR = 7;
const DIVER_BAR = 8;
const DIVER = 9;

/** The last row of the water; the surface is row 0. */
const BOTTOM = 8;
/** The row of the bars, and the last column of that for divers. */
const BAR_ROW = 9;
const LAST_DIVER_COLUMN = 8;
const START_COLUMN = 5;
/** Steps from one shot of the player to the next, at least. */
const GUN_INTERVAL = 5;
/** Steps for which full tanks are enough. */
const OXYGEN = 200;
/** How many divers there is room for on board. */
const PLACES = 6;
/** Of enemies, those that are submarines; the others are fish. */
const SUBMARINE_PROBABILITY = 1 / 3;
/** What countdowns of enemies start from: at first, and after some surfacings. Those of moves take a step more. */
const FIRST_SPAWN_INTERVAL = 20;
const LAST_SPAWN_INTERVAL = 1;
const FIRST_MOVE_INTERVAL = 5;
const LAST_MOVE_INTERVAL = 2;
const FIRE_INTERVAL = 10;
const DIVER_SPAWN_INTERVAL = 30;
const DIVER_MOVE_INTERVAL = 5;

const variables = {
  row: 1,
  /** Of the player's front. */
  column: 1,
  /** Where the player looks: −1 left, 1 right. */
  direction: 1,
  gunCountdown: 1,
  /** 1 from coming to the surface until leaving it. */
  isSurfaced: 1,
  oxygen: 1,
  /** Divers on board; −1 and less after surfacing with six, or with less than none. */
  aboard: 1,
  spawnInterval: 1,
  spawnCountdown: 1,
  moveInterval: 1,
  diverCountdown: 1,
  growths: 1,
};

/**
 * Numbers of the lists of things, see `seaquest-things.ts`, with room for as many as there ever are. The player shoots every 5 steps, and
 * bullets are in the water for 9: that makes two; likewise two divers. One enemy comes in each step at worst, and is gone 29 steps
 * later. No submarine has more than one bullet on its way, and not even 16 have at once.
 */
const lists: Readonly<Record<'bullets' | 'divers' | 'fish' | 'submarines' | 'enemyBullets', number>> = {
  bullets: listSize(2),
  divers: listSize(2),
  fish: listSize(30),
  submarines: listSize(30),
  enemyBullets: listSize(16),
};
type SeaquestVariable = keyof typeof variables | keyof typeof lists;
type State = DynamicsState<SeaquestVariable>;

/**
 * MinAtar's Seaquest (Young and Tian, 2019), from its version 1.0.11 on; in the one of the published scores, episodes in which the oxygen
 * runs out last a step longer.
 *
 * The player's submarine moves by a cell in four directions, and shoots to where it looks, at most every 5 steps. Enemies cross the water,
 * rows 1–8: fish, and a third of them submarines, which shoot every 11 steps. Each one shot is reward 1. Divers cross the water as well;
 * the player takes up to 6 of them on board.
 *
 * Oxygen is enough for 200 steps below the surface, and is filled up on coming there. That costs one diver; with 6, they leave first, and
 * the reward is the length of the oxygen bar. Each time enemies come more often (at first every 20 steps, one less each time, down to 1)
 * and every other time they are faster (at first a cell every 6 steps, then 5, 4 and 3).
 *
 * The game ends when an enemy or its bullet is in the cell of the player's front, when there is no oxygen, and on coming to the surface with
 * exactly no diver. (Surfacing with six leaves one less than none. Who has less than none may surface, and has one less still.)
 *
 * In a step an enemy and a diver may come; the player acts; then the player's bullets move, divers, enemy submarines, which shoot, their
 * bullets, and fish.
 *
 * Channels: front, back, bullet, trail (behind each enemy and diver), enemy's bullet, fish, enemy submarine, oxygen bar (row 9, from the left,
 * a cell for every 20 steps), diver bar (row 9, up to column 8, a cell for each on board), diver. Minimal actions: all six. Random play
 * returns about 0.09 an episode.
 */
export function seaquest(options: MinAtarOptions = {}): Dynamics<SeaquestVariable | 'previousAction', Int32Array> {
  const { difficultyRamping = true } = checkedOptions('seaquest', options);
  return minAtarGame(
    {
      name: 'seaquest',
      channels,
      actions: ['nothing', 'left', 'up', 'right', 'down', 'fire'],
      variables: { ...variables, ...lists },

      reset(state, i) {
        state.row[i] = state.aboard[i] = state.gunCountdown[i] = state.growths[i] = 0;
        state.column[i] = START_COLUMN;
        state.direction[i] = -1;
        state.isSurfaced[i] = 1;
        state.oxygen[i] = OXYGEN;
        state.spawnInterval[i] = state.spawnCountdown[i] = FIRST_SPAWN_INTERVAL;
        state.moveInterval[i] = FIRST_MOVE_INTERVAL;
        state.diverCountdown[i] = DIVER_SPAWN_INTERVAL;
        state.bullets[i * lists.bullets] = state.divers[i * lists.divers] = 0;
        state.fish[i * lists.fish] = state.submarines[i * lists.submarines] = 0;
        state.enemyBullets[i * lists.enemyBullets] = 0;
      },

      step(state, i, action, outcome, random) {
        const { spawnCountdown, diverCountdown, gunCountdown, oxygen } = state;
        if (spawnCountdown[i] === 0) {
          spawnEnemy(state, i, random);
          spawnCountdown[i] = state.spawnInterval[i];
        }
        if (diverCountdown[i] === 0) {
          spawnDiver(state, i, random);
          diverCountdown[i] = DIVER_SPAWN_INTERVAL;
        }
        steer(state, i, action);
        moveBullets(state, i, outcome);
        moveDivers(state, i);
        moveEnemies(state, i, state.submarines, i * lists.submarines, outcome);
        moveEnemyBullets(state, i, outcome);
        moveEnemies(state, i, state.fish, i * lists.fish, outcome);
        if (spawnCountdown[i] > 0) spawnCountdown[i]--;
        if (diverCountdown[i] > 0) diverCountdown[i]--;
        if (gunCountdown[i] > 0) gunCountdown[i]--;
        if (oxygen[i] <= 0) outcome.terminated[i] = 1;
        if (state.row[i] > 0) {
          oxygen[i]--;
          state.isSurfaced[i] = 0;
        } else if (state.isSurfaced[i] === 0) {
          if (state.aboard[i] === 0) outcome.terminated[i] = 1;
          else outcome.rewards[i] += surface(state, i, difficultyRamping);
        }
      },

      draw(state, i, observations, offset) {
        const { row, column, direction, aboard } = state;
        observations[offset + cellIndex(row[i], column[i], CHANNELS) + FRONT] = 1;
        observations[offset + cellIndex(row[i], column[i] - direction[i], CHANNELS) + BACK] = 1;
        drawThings(state.bullets, i * lists.bullets, BULLET, observations, offset);
        drawThings(state.enemyBullets, i * lists.enemyBullets, ENEMY_BULLET, observations, offset);
        drawThings(state.fish, i * lists.fish, FISH, observations, offset);
        drawThings(state.submarines, i * lists.submarines, SUBMARINE, observations, offset);
        drawThings(state.divers, i * lists.divers, DIVER, observations, offset);
        const bars = offset + cellIndex(BAR_ROW, 0, CHANNELS);
        for (let k = oxygenCells(state, i) - 1; k >= 0; k--) observations[bars + k * CHANNELS + OXYGEN_BAR] = 1;
        for (let k = 0; k < aboard[i]; k++) observations[bars + (LAST_DIVER_COLUMN - k) * CHANNELS + DIVER_BAR] = 1;
      },
    },
    options,
  );
}

/** Lets an enemy come at a random side of a random row, unless another one comes towards it there. */
function spawnEnemy(state: State, i: number, random: RandomSource): void {
  const direction = random.nextFloat() < 1 / 2 ? 1 : -1;
  const isSubmarine = random.nextFloat() < SUBMARINE_PROBABILITY;
  const row = 1 + random.integer(BOTTOM);
  const { fish, submarines, moveInterval } = state;
  const fishList = i * lists.fish;
  const submarineList = i * lists.submarines;
  if (isThingHeading(fish, fishList, row, -direction)) return;
  if (isThingHeading(submarines, submarineList, row, -direction)) return;
  const column = direction > 0 ? 0 : SIDE - 1;
  if (isSubmarine) addThing(submarines, submarineList, row, column, direction, moveInterval[i], FIRE_INTERVAL);
  else addThing(fish, fishList, row, column, direction, moveInterval[i], Infinity);
}

/** Lets a diver come at a random side of a random row. */
function spawnDiver({ divers }: State, i: number, random: RandomSource): void {
  const direction = random.nextFloat() < 1 / 2 ? 1 : -1;
  const row = 1 + random.integer(BOTTOM);
  addThing(divers, i * lists.divers, row, direction > 0 ? 0 : SIDE - 1, direction, DIVER_MOVE_INTERVAL);
}

/** Moves the player, or makes a bullet in its cell. */
function steer({ row, column, direction, gunCountdown, bullets }: State, i: number, action: number): void {
  if (action === minAtarActions.fire && gunCountdown[i] === 0) {
    addThing(bullets, i * lists.bullets, row[i], column[i], direction[i]);
    gunCountdown[i] = GUN_INTERVAL;
  } else if (action === minAtarActions.left || action === minAtarActions.right) {
    direction[i] = action === minAtarActions.left ? -1 : 1;
    column[i] = Math.min(Math.max(column[i] + direction[i], 0), SIDE - 1);
  } else if (action === minAtarActions.up && row[i] > 0) {
    row[i]--;
  } else if (action === minAtarActions.down && row[i] < BOTTOM) {
    row[i]++;
  }
}

/** Moves the player's bullets. What they hit is gone with them: fish first. */
function moveBullets({ bullets, fish, submarines }: State, i: number, outcome: DynamicsOutcome): void {
  const list = i * lists.bullets;
  for (let bullet = endOfThings(bullets, list) - FIELDS; bullet > list; bullet -= FIELDS) {
    const row = bullets[bullet + ROW];
    const column = (bullets[bullet + COLUMN] += bullets[bullet + DIRECTION]);
    const hits =
      removeThingIn(fish, i * lists.fish, row, column) || removeThingIn(submarines, i * lists.submarines, row, column);
    if (hits) outcome.rewards[i]++;
    if (hits || !isOnBoard(column)) removeThing(bullets, list, bullet);
  }
}

/** Moves divers when it is time; who meets the player, before or after, is taken on board where there is room. */
function moveDivers(state: State, i: number): void {
  const { divers, aboard } = state;
  const list = i * lists.divers;
  for (let diver = endOfThings(divers, list) - FIELDS; diver > list; diver -= FIELDS) {
    const moves = !isRescued(state, i, diver) && divers[diver + MOVE_COUNTDOWN]-- === 0;
    if (moves) {
      divers[diver + MOVE_COUNTDOWN] = DIVER_MOVE_INTERVAL;
      divers[diver + COLUMN] += divers[diver + DIRECTION];
    }
    if (isRescued(state, i, diver)) {
      aboard[i]++;
      removeThing(divers, list, diver);
    } else if (!isOnBoard(divers[diver + COLUMN])) {
      removeThing(divers, list, diver);
    }
  }
}

function isRescued({ row, column, divers, aboard }: State, i: number, diver: number): boolean {
  return aboard[i] < PLACES && isThingIn(divers, diver, row[i], column[i]);
}

/** Moves enemies of a kind when it is time, into the player's bullets, too, and lets those shoot that do. */
function moveEnemies(state: State, i: number, enemies: Float64Array, list: number, outcome: DynamicsOutcome): void {
  const { row, column, moveInterval, bullets, enemyBullets } = state;
  for (let enemy = endOfThings(enemies, list) - FIELDS; enemy > list; enemy -= FIELDS) {
    const enemyRow = enemies[enemy + ROW];
    const enemyDirection = enemies[enemy + DIRECTION];
    let enemyColumn = enemies[enemy + COLUMN];
    // One that is gone before it has shot shoots still.
    const shoots = enemies[enemy + FIRE_COUNTDOWN]-- === 0;
    if (shoots) enemies[enemy + FIRE_COUNTDOWN] = FIRE_INTERVAL;
    if (isThingIn(enemies, enemy, row[i], column[i])) outcome.terminated[i] = 1;
    if (enemies[enemy + MOVE_COUNTDOWN]-- === 0) {
      enemies[enemy + MOVE_COUNTDOWN] = moveInterval[i];
      enemyColumn = enemies[enemy + COLUMN] += enemyDirection;
      if (!isOnBoard(enemyColumn)) {
        removeThing(enemies, list, enemy);
      } else if (isThingIn(enemies, enemy, row[i], column[i])) {
        outcome.terminated[i] = 1;
      } else if (removeThingIn(bullets, i * lists.bullets, enemyRow, enemyColumn)) {
        removeThing(enemies, list, enemy);
        outcome.rewards[i]++;
      }
    }
    if (shoots) addThing(enemyBullets, i * lists.enemyBullets, enemyRow, enemyColumn, enemyDirection);
  }
}

/** Moves the enemies' bullets. */
function moveEnemyBullets({ row, column, enemyBullets }: State, i: number, outcome: DynamicsOutcome): void {
  const list = i * lists.enemyBullets;
  for (let bullet = endOfThings(enemyBullets, list) - FIELDS; bullet > list; bullet -= FIELDS) {
    if (isThingIn(enemyBullets, bullet, row[i], column[i])) outcome.terminated[i] = 1;
    enemyBullets[bullet + COLUMN] += enemyBullets[bullet + DIRECTION];
    if (isThingIn(enemyBullets, bullet, row[i], column[i])) outcome.terminated[i] = 1;
    else if (!isOnBoard(enemyBullets[bullet + COLUMN])) removeThing(enemyBullets, list, bullet);
  }
}

/** What coming to the surface does. Returns the reward. Running countdowns stay as they are. */
function surface(state: State, i: number, ramps: boolean): number {
  const { oxygen, aboard, isSurfaced, spawnInterval, moveInterval, growths } = state;
  const isFull = aboard[i] === PLACES;
  const reward = isFull ? oxygenCells(state, i) : 0;
  aboard[i] = isFull ? -1 : aboard[i] - 1;
  isSurfaced[i] = 1;
  oxygen[i] = OXYGEN;
  if (!ramps || (spawnInterval[i] === LAST_SPAWN_INTERVAL && moveInterval[i] === LAST_MOVE_INTERVAL)) return reward;
  if (moveInterval[i] > LAST_MOVE_INTERVAL && growths[i] % 2 === 1) moveInterval[i]--;
  if (spawnInterval[i] > LAST_SPAWN_INTERVAL) spawnInterval[i]--;
  growths[i]++;
  return reward;
}

/** Length of the oxygen bar. */
function oxygenCells({ oxygen }: State, i: number): number {
  return Math.floor((Math.max(oxygen[i], 0) * SIDE) / OXYGEN);
}

/** Draws a list of things, with trails those that have them. */
function drawThings(
  things: Float64Array,
  list: number,
  channel: number,
  observations: Float32Array,
  offset: number,
): void {
  const end = endOfThings(things, list);
  for (let thing = firstThing(list); thing < end; thing += FIELDS) {
    const column = things[thing + COLUMN];
    const row = offset + cellIndex(things[thing + ROW], 0, CHANNELS);
    observations[row + column * CHANNELS + channel] = 1;
    const behind = column - things[thing + DIRECTION];
    if (channel >= FISH && isOnBoard(behind)) observations[row + behind * CHANNELS + TRAIL] = 1;
  }
}
