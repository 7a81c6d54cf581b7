import { TransitionTable, dynamicsFromTable, flag, type Dynamics, type Outcome } from '@gradus/core';
import { envOptions } from './env-options.ts';
import { gridNeighbor, slipperyOutcomes } from './grid-map.ts';
import { gridRendering } from './rendering/grid-world.ts';
import { cliffWalkingTiles } from './rendering/tiles.ts';

/** What may be changed about CliffWalking. */
export interface CliffWalkingOptions {
  /** Whether a move goes to either side of where it should with probability 1/3 each. Default false (CliffWalkingSlippery-v1: true). */
  readonly isSlippery?: boolean | undefined;
  /** Steps after which an episode is truncated. Default none (CliffWalking-v1). */
  readonly maxEpisodeSteps?: number | undefined;
}

/** Rows of squares: S start, C cliff, G goal, `.` ground. */
export const cliffWalkingMap: readonly string[] = ['............', '............', '............', 'SCCCCCCCCCCG'];

/** Steps in rows and columns of up, right, down, left. */
const MOVES = [
  [-1, 0],
  [0, 1],
  [1, 0],
  [0, -1],
] as const;

/**
 * CliffWalking-v1 of Gymnasium (Sutton and Barto, 2018, Example 6.6): walk along a cliff from S to G by going up (0), right (1),
 * down (2) or left (3). Reward −1 for each step, −100 for one over the cliff, which leads back to the start; ends at the goal.
 * Observation: row · 12 + column.
 */
export function cliffWalking(options: CliffWalkingOptions = {}): Dynamics<'state', Int32Array> {
  const { isSlippery = false, maxEpisodeSteps } = envOptions('cliffWalking', options, { isSlippery: flag });
  const rows = cliffWalkingMap.length;
  const columns = cliffWalkingMap[0].length;
  const letters = cliffWalkingMap.join('');
  const startState = letters.indexOf('S');

  function move(state: number, action: number): Omit<Outcome, 'probability'> {
    const nextState = gridNeighbor(state, MOVES[action], rows, columns);
    if (letters[nextState] === 'C') return { nextState: startState, reward: -100, terminated: false };
    return { nextState, reward: -1, terminated: letters[nextState] === 'G' };
  }

  const table = new TransitionTable({
    numStates: letters.length,
    numActions: MOVES.length,
    initialDistribution: Array.from(letters, (letter) => (letter === 'S' ? 1 : 0)),
    outcomes: (state, action) =>
      isSlippery
        ? slipperyOutcomes(action, 1 / 3, 1 / 3, (direction) => move(state, direction))
        : [{ probability: 1, ...move(state, action) }],
  });
  return { ...dynamicsFromTable(table, { maxEpisodeSteps }), ...gridRendering(cliffWalkingMap, cliffWalkingTiles) };
}
