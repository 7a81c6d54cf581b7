import { checkArguments, checkOptions, optional } from '@gradus/tensor';
import { aSpace, aTransitionTable, numberList, objectOf, stepLimit } from '../options/argument-checks.ts';
import type { Dynamics } from './dynamics.ts';
import { Discrete, type Space } from '../spaces/spaces.ts';
import type { TransitionTable } from './transition-table.ts';

/** What a transition table does not say. */
export interface TableDynamicsOptions {
  /** Steps after which an episode is truncated; by default the table's horizon. The dynamics' `transitions` have it as their horizon. */
  readonly maxEpisodeSteps?: number | undefined;
  /** What agents see of the states: row s of `values`, [numStates × space.size], is the observation of state s. Default: s itself. */
  readonly observations?: { readonly space: Space; readonly values: ArrayLike<number> } | undefined;
  /** 1 where an action makes sense in a state, else 0: [numStates × numActions]. By default nothing is said about it. */
  readonly actionMasks?: Uint8Array | undefined;
}

/**
 * The dynamics that a transition table describes; its variable `state` holds the number of the state. Each first state and each step
 * takes one uniform number u, also where there is no choice, and becomes the first entry whose cumulative probability
 * exceeds u: the draws of Gymnasium's finite environments.
 * Throws `RangeError` for observations or masks that do not fit the table.
 */
export function dynamicsFromTable(
  table: TransitionTable,
  options: TableDynamicsOptions = {},
): Dynamics<'state', Int32Array> {
  checkArguments('dynamicsFromTable', { table }, { table: aTransitionTable });
  checkOptions('dynamicsFromTable', options, {
    maxEpisodeSteps: optional(stepLimit),
    observations: optional(objectOf('an object with space and values', { space: aSpace, values: numberList })),
    actionMasks: optional(numberList),
  });
  const {
    maxEpisodeSteps = table.horizon === Infinity ? undefined : table.horizon,
    observations,
    actionMasks,
  } = options;
  const { numStates, numActions, offsets, nextStates, rewards: outcomeRewards, terminated: outcomeTerminated } = table;
  const observationSpace = observations?.space ?? new Discrete(numStates);
  const seen = observations && Float32Array.from(observations.values);
  if (seen) checkLength('observations.values', seen.length, numStates * observationSpace.size);
  if (actionMasks) checkLength('actionMasks', actionMasks.length, numStates * numActions);

  const firstStates = Int32Array.from(table.initialDistribution.keys()).filter((s) => table.initialDistribution[s] > 0);
  const firstCumulative = Float64Array.from(firstStates, (s) => table.initialDistribution[s]);
  accumulate(firstCumulative, 0, firstCumulative.length);
  const cumulative = table.probabilities.slice();
  for (let pair = 0; pair + 1 < offsets.length; pair++) accumulate(cumulative, offsets[pair], offsets[pair + 1]);

  return {
    observationSpace,
    actionSpace: new Discrete(numActions),
    variables: { state: 1 },
    maxEpisodeSteps,
    transitions:
      (maxEpisodeSteps ?? Infinity) === table.horizon ? table : table.withHorizon(maxEpisodeSteps ?? Infinity),

    reset({ state }, index, random) {
      state[index] = firstStates[findAbove(firstCumulative, 0, firstStates.length, random.nextFloat())];
    },

    step({ state }, actions, { rewards, terminated }, start, end, randoms) {
      for (let i = start; i < end; i++) {
        // States are whole numbers kept as float64; as int32 they index faster.
        const pair = (state[i] | 0) * numActions + actions[i];
        const k = findAbove(cumulative, offsets[pair], offsets[pair + 1], randoms[i].nextFloat());
        state[i] = nextStates[k];
        rewards[i] = outcomeRewards[k];
        terminated[i] = outcomeTerminated[k];
      }
    },

    observe({ state }, target, start, end) {
      if (!seen) {
        for (let i = start; i < end; i++) target[i] = state[i];
        return;
      }
      const { size } = observationSpace;
      for (let i = start; i < end; i++) {
        for (let j = 0; j < size; j++) target[i * size + j] = seen[state[i] * size + j];
      }
    },

    ...(actionMasks && {
      writeActionMasks({ state }, masks, start, end) {
        for (let i = start; i < end; i++) {
          for (let a = 0; a < numActions; a++) masks[i * numActions + a] = actionMasks[state[i] * numActions + a];
        }
      },
    }),
  };
}

/** The first of start ≤ k < end with cumulative[k] > u; the last of them where rounding has left none. */
function findAbove(cumulative: Float64Array, start: number, end: number, u: number): number {
  let low = start;
  let high = end - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cumulative[middle] > u) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Makes the numbers start ≤ k < end cumulative, summed from the first on. */
function accumulate(values: Float64Array, start: number, end: number): void {
  for (let k = start + 1; k < end; k++) values[k] += values[k - 1];
}

function checkLength(name: string, length: number, expected: number): void {
  if (length !== expected) throw new RangeError(`${name} has ${length} numbers, expected ${expected}`);
}
