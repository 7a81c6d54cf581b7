import {
  TransitionTable,
  dynamicsFromTable,
  finiteNumber,
  flag,
  fraction,
  oneOf,
  type Dynamics,
  type OptionCheck,
  type Outcome,
} from '@gradus/core';
import { envOptions } from './env-options.ts';
import { gridNeighbor, slipperyOutcomes } from './grid-map.ts';
import { gridRendering } from './rendering/grid-world.ts';
import { frozenLakeTiles } from './rendering/tiles.ts';

/** Rows of squares: S start, F frozen, H hole, G goal. */
export type FrozenLakeMap = readonly string[];

/** What may be changed about FrozenLake. */
export interface FrozenLakeOptions {
  /** One of {@link frozenLakeMaps}. Default `4x4`. */
  readonly mapName?: string | undefined;
  /** A map of one's own; goes before `mapName`. */
  readonly map?: FrozenLakeMap | undefined;
  /** Whether moves may go wrong. Default true. */
  readonly isSlippery?: boolean | undefined;
  /** Probability on slippery ice of going where one means to go, else to either side alike. Default 1/3. */
  readonly successRate?: number | undefined;
  /** Rewards for reaching the goal, a hole and any other square. Default 1, 0, 0. */
  readonly rewardSchedule?: readonly [goal: number, hole: number, frozen: number] | undefined;
  /** Steps after which an episode is truncated. Default 100 (FrozenLake-v1; FrozenLake8x8-v1 has 200). */
  readonly maxEpisodeSteps?: number | undefined;
}

/** Gymnasium's maps, by name. */
export const frozenLakeMaps: Readonly<Record<string, FrozenLakeMap>> = {
  '4x4': ['SFFF', 'FHFH', 'FFFH', 'HFFG'],
  '8x8': ['SFFFFFFF', 'FFFFFFFF', 'FFFHFFFF', 'FFFFFHFF', 'FFFHFFFF', 'FHHFFFHF', 'FHFFHFHF', 'FFFHFFFG'],
};

/** Steps in rows and columns of left, down, right, up. */
const MOVES = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
] as const;

const aMap: OptionCheck = {
  expected: 'rows of equal length made of S, F, H and G, with a start S',
  accepts: (value) =>
    Array.isArray(value) &&
    value.every((row) => typeof row === 'string' && /^[SFHG]+$/.test(row) && row.length === String(value[0]).length) &&
    value.join('').includes('S'),
};

const threeRewards: OptionCheck = {
  expected: 'three finite numbers',
  accepts: (value) => Array.isArray(value) && value.length === 3 && value.every(finiteNumber.accepts),
};

/**
 * FrozenLake-v1 of Gymnasium: cross a frozen lake from S to G by going left (0), down (1), right (2) or up (3) without falling into a hole.
 * Ends in a hole or at the goal; reward 1 at the goal. On slippery ice a move goes where it should with probability 1/3 and to either
 * side with 1/3. Observation: row · columns + column. Throws `RangeError` for a map that is none.
 */
export function frozenLake(options: FrozenLakeOptions = {}): Dynamics<'state', Int32Array> {
  const {
    mapName = '4x4',
    map = frozenLakeMaps[mapName],
    isSlippery = true,
    successRate = 1 / 3,
    rewardSchedule = [1, 0, 0],
    maxEpisodeSteps = 100,
  } = envOptions('frozenLake', options, {
    mapName: oneOf(...Object.keys(frozenLakeMaps)),
    map: aMap,
    isSlippery: flag,
    successRate: fraction,
    rewardSchedule: threeRewards,
  });
  const rows = map.length;
  const columns = map[0].length;
  const letters = map.join('');
  const [goalReward, holeReward, frozenReward] = rewardSchedule;

  function move(state: number, action: number): Omit<Outcome, 'probability'> {
    const nextState = gridNeighbor(state, MOVES[action], rows, columns);
    switch (letters[nextState]) {
      case 'G':
        return { nextState, reward: goalReward, terminated: true };
      case 'H':
        return { nextState, reward: holeReward, terminated: true };
      default:
        return { nextState, reward: frozenReward, terminated: false };
    }
  }

  const starts = Array.from(letters).filter((letter) => letter === 'S').length;
  const table = new TransitionTable({
    numStates: letters.length,
    numActions: 4,
    initialDistribution: Array.from(letters, (letter) => (letter === 'S' ? 1 / starts : 0)),
    outcomes: (state, action) => {
      if ('GH'.includes(letters[state])) return [{ probability: 1, nextState: state, reward: 0, terminated: true }];
      if (!isSlippery) return [{ probability: 1, ...move(state, action) }];
      return slipperyOutcomes(action, successRate, (1 - successRate) / 2, (direction) => move(state, direction));
    },
  });
  return { ...dynamicsFromTable(table, { maxEpisodeSteps }), ...gridRendering(map, frozenLakeTiles) };
}
