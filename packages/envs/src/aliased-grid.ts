import { Discrete, TransitionTable, dynamicsFromTable, type Dynamics, type Outcome } from '@gradus/core';
import { envOptions } from './env-options.ts';
import { gridRendering } from './rendering/grid-world.ts';
import { aliasedGridTiles } from './rendering/tiles.ts';

/** What may be changed about the aliased grid. */
export interface AliasedGridOptions {
  /** Steps after which an episode is truncated. Default 100. */
  readonly maxEpisodeSteps?: number | undefined;
}

/** Rows of squares: `.` corridor, S skull, T treasure, `#` nothing. */
export const aliasedGridMap: readonly string[] = ['.....', 'S#T#S'];

const CORRIDOR = 5;
const TREASURE = 6;
const NUM_STATES = 8;
const NORTH = 0;
const EAST = 1;
const SOUTH = 2;

/** The states below the corridor's squares 0, 2 and 4; −1 where there is a wall. */
const BELOW = [5, -1, TREASURE, -1, 7];

/** Where on the map the states are: row · 5 + column. */
const SQUARES = [0, 1, 2, 3, 4, 5, 7, 9];

/** What one sees of the states: from a square of the corridor the walls around it, the same from 1 as from 3. */
const SEEN = [0, 1, 2, 1, 3, 4, 4, 4];

/**
 * The aliased gridworld (S5.7; Silver, 2015, lecture 7): a corridor of five squares with a treasure below the middle one and a skull below
 * each end; north (0), east (1), south (2), west (3). Reward 1 at the treasure, −1 at a skull, both ending the episode, else 0;
 * walls stop. The first square is any of the corridor's, all alike.
 *
 * Observation: 0 the west end, 1 the squares beside the middle, which look the same, 2 the middle, 3 the east end, 4 below. A policy
 * that always does the same on the two squares never leaves one side; going east or west with probability ½ there finds the treasure in
 * 3.8 steps on average. States of the transition table: the squares 0 – 4 of the corridor, 5 and 7 the skulls, 6 the treasure.
 */
export function aliasedGrid(options: AliasedGridOptions = {}): Dynamics<'state', Int32Array> {
  const { maxEpisodeSteps = 100 } = envOptions('aliasedGrid', options, {});
  const table = new TransitionTable({
    numStates: NUM_STATES,
    numActions: 4,
    initialDistribution: Array.from({ length: NUM_STATES }, (_, state) => (state < CORRIDOR ? 1 / CORRIDOR : 0)),
    outcomes: (state, action) => [{ probability: 1, ...move(state, action) }],
  });
  return {
    ...dynamicsFromTable(table, { maxEpisodeSteps, observations: { space: new Discrete(5), values: SEEN } }),
    ...gridRendering(aliasedGridMap, aliasedGridTiles, SQUARES),
  };
}

function move(state: number, action: number): Omit<Outcome, 'probability'> {
  if (state >= CORRIDOR) return { nextState: state, reward: 0, terminated: true };
  if (action === SOUTH && BELOW[state] !== -1) {
    return { nextState: BELOW[state], reward: BELOW[state] === TREASURE ? 1 : -1, terminated: true };
  }
  if (action === NORTH || action === SOUTH) return { nextState: state, reward: 0, terminated: false };
  const nextState = action === EAST ? Math.min(state + 1, CORRIDOR - 1) : Math.max(state - 1, 0);
  return { nextState, reward: 0, terminated: false };
}
