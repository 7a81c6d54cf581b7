import { TransitionTable, dynamicsFromTable, type Dynamics } from '@gradus/core';
import { envOptions } from './env-options.ts';
import { gridNeighbor } from './grid-map.ts';
import { gridRendering } from './rendering/grid-world.ts';
import { lectureGridTiles } from './rendering/tiles.ts';

/** What may be changed about the lecture's grid. */
export interface LectureGridOptions {
  /** Steps after which an episode is truncated. Default 100. */
  readonly maxEpisodeSteps?: number | undefined;
}

/** Rows of squares: `.` ground, G goal. */
export const lectureGridMap: readonly string[] = ['..G', '...'];

const ROWS = 2;
const COLUMNS = 3;
const GOAL = 2;
/** Steps in rows and columns of up, right, down, left. */
const MOVES = [
  [-1, 0],
  [0, 1],
  [1, 0],
  [0, -1],
] as const;

/**
 * The deterministic grid on which the lecture introduces Q-learning (S1.4; Mitchell, 1997, §13.3): six squares, the goal in the top right
 * corner; up (0), right (1), down (2), left (3). Reward 100 on entering the goal, which ends the episode, else 0. With γ = 0.9:
 * V* = [90, 100, goal; 81, 90, 100]. Observation: row · 3 + column; the first square is any but the goal, all alike. A move over the edge,
 * which the lecture does not have, stays where it is; action masks leave it out.
 */
export function lectureGrid(options: LectureGridOptions = {}): Dynamics<'state', Int32Array> {
  const { maxEpisodeSteps = 100 } = envOptions('lectureGrid', options, {});
  const numStates = ROWS * COLUMNS;
  const move = (state: number, action: number): number => gridNeighbor(state, MOVES[action], ROWS, COLUMNS);
  const table = new TransitionTable({
    numStates,
    numActions: MOVES.length,
    initialDistribution: Array.from({ length: numStates }, (_, state) => (state === GOAL ? 0 : 1 / (numStates - 1))),
    outcomes: (state, action) => {
      if (state === GOAL) return [{ probability: 1, nextState: GOAL, reward: 0, terminated: true }];
      const nextState = move(state, action);
      const terminated = nextState === GOAL;
      return [{ probability: 1, nextState, reward: terminated ? 100 : 0, terminated }];
    },
  });
  const actionMasks = Uint8Array.from({ length: numStates * MOVES.length }, (_, pair) => {
    const state = Math.floor(pair / MOVES.length);
    return move(state, pair % MOVES.length) === state ? 0 : 1;
  });
  return {
    ...dynamicsFromTable(table, { maxEpisodeSteps, actionMasks }),
    ...gridRendering(lectureGridMap, lectureGridTiles),
  };
}
