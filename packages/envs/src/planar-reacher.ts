import { Box, Dict, positiveNumber, type Dynamics, type GoalRules } from '@gradus/core';
import { envOptions } from './env-options.ts';
import { planarReacherFormat, renderPlanarReacher } from './rendering/planar-reacher.ts';

/** What may be changed about the planar reacher. */
export interface PlanarReacherOptions {
  /** How near the tip must come to the goal, positive. Default 0.05, as in the paper's tasks of a robot's arm. */
  readonly tolerance?: number | undefined;
  /** Steps after which an episode is truncated. Default 50. */
  readonly maxEpisodeSteps?: number | undefined;
}

const LINK = 0.5;
/** Radians that a joint turns in a step, at most. */
const MAX_TURN = 0.25;

/**
 * A planar arm of two links, each ½ long, whose tip is to be brought to a point and held there, with a reward that says nothing of the way (in the manner of
 * Andrychowicz et al., 2017, and Plappert et al., 2018). Action: what each joint turns, in ±1, clipped. Observation: a `Dict` of `observation`, cosines and sines
 * of both angles, `achievedGoal`, where the tip is, and `desiredGoal`, where it should be. Angles are drawn uniformly, the goal uniformly from the unit disc, all of
 * which the tip can reach. Reward 0 where the tip is within `tolerance` of the goal, else −1. Never terminates; 50 steps.
 *
 *     θ ← θ + ¼ clip(a, ±1),   tip = ½ (cos θ₁ + cos(θ₁ + θ₂), sin θ₁ + sin(θ₁ + θ₂))
 */
export function planarReacher(options: PlanarReacherOptions = {}): Dynamics<'angles' | 'goal', Float32Array> {
  const { tolerance = 0.05, maxEpisodeSteps = 50 } = envOptions('planarReacher', options, {
    tolerance: positiveNumber,
  });
  const observationSpace = new Dict({
    observation: new Box(-1, 1, [4]),
    achievedGoal: new Box(-1, 1, [2]),
    desiredGoal: new Box(-1, 1, [2]),
  });
  const starts = Object.fromEntries(observationSpace.layout.map(({ name, start }) => [name, start]));

  return {
    observationSpace,
    actionSpace: new Box(-1, 1, [2]),
    variables: { angles: 2, goal: 2 },
    maxEpisodeSteps,
    goalRules: pointGoals(tolerance),

    reset({ angles, goal }, index, random) {
      angles[2 * index] = random.uniform(-Math.PI, Math.PI);
      angles[2 * index + 1] = random.uniform(-Math.PI, Math.PI);
      const radius = Math.sqrt(random.uniform(0, 1));
      const direction = random.uniform(-Math.PI, Math.PI);
      goal[2 * index] = Math.fround(radius * Math.cos(direction));
      goal[2 * index + 1] = Math.fround(radius * Math.sin(direction));
    },

    step({ angles, goal }, actions, { rewards, terminated }, start, end) {
      for (let i = start; i < end; i++) {
        for (const k of [2 * i, 2 * i + 1]) angles[k] += MAX_TURN * Math.min(Math.max(actions[k], -1), 1);
        const [x, y] = tipOf(angles[2 * i], angles[2 * i + 1]);
        rewards[i] = isNear(x, y, goal[2 * i], goal[2 * i + 1], tolerance) ? 0 : -1;
        terminated[i] = 0;
      }
    },

    observe({ angles, goal }, observations, start, end) {
      for (let i = start; i < end; i++) {
        const row = i * observationSpace.size;
        for (const k of [0, 1]) {
          observations[row + starts.observation + 2 * k] = Math.cos(angles[2 * i + k]);
          observations[row + starts.observation + 2 * k + 1] = Math.sin(angles[2 * i + k]);
        }
        observations.set(tipOf(angles[2 * i], angles[2 * i + 1]), row + starts.achievedGoal);
        observations.set(goal.subarray(2 * i, 2 * i + 2), row + starts.desiredGoal);
      }
    },

    renderFormat: planarReacherFormat,
    render({ angles, goal }, i, context) {
      const [first, second] = angles.subarray(2 * i, 2 * i + 2);
      renderPlanarReacher(context, {
        joint: [LINK * Math.cos(first), LINK * Math.sin(first)],
        tip: tipOf(first, second),
        goal: [goal[2 * i], goal[2 * i + 1]],
        tolerance,
      });
    },
  };
}

/** Where the tip is, as it is shown: what a goal is worth shall not depend on digits that nobody sees. */
function tipOf(first: number, second: number): [x: number, y: number] {
  return [
    Math.fround(LINK * (Math.cos(first) + Math.cos(first + second))),
    Math.fround(LINK * (Math.sin(first) + Math.sin(first + second))),
  ];
}

/** A goal is reached within `tolerance` of it, and ends nothing. */
function pointGoals(tolerance: number): GoalRules {
  return {
    computeRewards(achievedGoals, desiredGoals, rewards) {
      for (let i = 0, k = 0; i < rewards.length; i++, k += 2) {
        const reached = isNear(achievedGoals[k], achievedGoals[k + 1], desiredGoals[k], desiredGoals[k + 1], tolerance);
        rewards[i] = reached ? 0 : -1;
      }
    },
  };
}

function isNear(x: number, y: number, goalX: number, goalY: number, tolerance: number): boolean {
  return Math.hypot(x - goalX, y - goalY) <= tolerance;
}
