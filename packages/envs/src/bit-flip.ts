import { Dict, Discrete, MultiBinary, positiveInteger, type Dynamics, type GoalRules } from '@gradus/core';
import { envOptions } from './env-options.ts';
import { bitFlipFormat, renderBitFlip } from './rendering/bit-flip.ts';

/** What may be changed about bit flips. */
export interface BitFlipOptions {
  /** n, the number of bits. Default 15. */
  readonly bits?: number | undefined;
  /** Steps after which an episode is truncated. Default n, as many as are ever needed. */
  readonly maxEpisodeSteps?: number | undefined;
}

/**
 * Bit flips (Andrychowicz et al., 2017, section 3): turn n bits into n others, one by one. Action i flips bit i. Observation: a `Dict` of `observation`, the bits,
 * `achievedGoal`, the same, and `desiredGoal`, the bits that are wanted. Both are drawn uniformly, anew where they are the same. Reward −1 for each step, 0 for
 * the one that reaches the goal, which ends the episode: with d bits to flip at first, at best 1 − d, at worst −n.
 */
export function bitFlip(options: BitFlipOptions = {}): Dynamics<'bits' | 'goal', Int32Array> {
  const { bits: n = 15, maxEpisodeSteps = n } = envOptions('bitFlip', options, { bits: positiveInteger });
  const bitSpace = new MultiBinary(n);
  const observationSpace = new Dict({ observation: bitSpace, achievedGoal: bitSpace, desiredGoal: bitSpace });
  const starts = Object.fromEntries(observationSpace.layout.map(({ name, start }) => [name, start]));

  return {
    observationSpace,
    actionSpace: new Discrete(n),
    variables: { bits: n, goal: n },
    maxEpisodeSteps,
    goalRules: bitGoals(n),

    reset({ bits, goal }, index, random) {
      const first = index * n;
      do {
        for (let k = first; k < first + n; k++) bits[k] = random.integer(2);
        for (let k = first; k < first + n; k++) goal[k] = random.integer(2);
      } while (areEqual(bits, goal, first, n));
    },

    step({ bits, goal }, actions, { rewards, terminated }, start, end) {
      for (let i = start; i < end; i++) {
        bits[i * n + actions[i]] = 1 - bits[i * n + actions[i]];
        terminated[i] = areEqual(bits, goal, i * n, n) ? 1 : 0;
        rewards[i] = terminated[i] - 1;
      }
    },

    observe({ bits, goal }, observations, start, end) {
      for (let i = start; i < end; i++) {
        const row = i * observationSpace.size;
        for (let k = 0; k < n; k++) {
          observations[row + starts.observation + k] = bits[i * n + k];
          observations[row + starts.achievedGoal + k] = bits[i * n + k];
          observations[row + starts.desiredGoal + k] = goal[i * n + k];
        }
      }
    },

    renderFormat: bitFlipFormat(n),
    render({ bits, goal }, i, context) {
      renderBitFlip(context, bits.subarray(i * n, (i + 1) * n), goal.subarray(i * n, (i + 1) * n));
    },
  };
}

/** A goal of n bits is reached, and ends the episode, where all are the same. */
function bitGoals(n: number): GoalRules {
  return {
    computeRewards(achievedGoals, desiredGoals, rewards) {
      for (let i = 0; i < rewards.length; i++) rewards[i] = areEqual(achievedGoals, desiredGoals, i * n, n) ? 0 : -1;
    },
    computeTerminated(achievedGoals, desiredGoals, terminated) {
      for (let i = 0; i < terminated.length; i++) {
        terminated[i] = areEqual(achievedGoals, desiredGoals, i * n, n) ? 1 : 0;
      }
    },
  };
}

function areEqual(a: ArrayLike<number>, b: ArrayLike<number>, first: number, count: number): boolean {
  for (let k = first; k < first + count; k++) if (a[k] !== b[k]) return false;
  return true;
}
