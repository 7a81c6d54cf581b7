import { Box, type Dynamics } from '@gradus/core';
import { envOptions } from './env-options.ts';
import { mountainCarFormat, renderMountainCar } from './rendering/mountain-car.ts';

/** What may be changed about MountainCarContinuous. */
export interface MountainCarContinuousOptions {
  /** Steps after which an episode is truncated. Default 999 (MountainCarContinuous-v0). */
  readonly maxEpisodeSteps?: number | undefined;
}

const POWER = 0.0015;
const GRAVITY = 0.0025;
const MIN_POSITION = Math.fround(-1.2);
const MAX_POSITION = Math.fround(0.6);
const MAX_SPEED = Math.fround(0.07);
const GOAL = Math.fround(0.45);

/**
 * MountainCarContinuous-v0 of Gymnasium: the car of MountainCar-v0 with a force in ±1, clipped, that costs energy. Reward −0.1 F² for
 * the force F asked for, unclipped, and 100 more for arriving at x ≥ 0.45, which ends the episode.
 * Observation: position, velocity. The car starts at rest, uniformly in [−0.6, −0.4).
 *
 *     v ← clip(v + 0.0015 F − 0.0025 cos 3x, ±0.07),  x ← clip(x + v, −1.2, 0.6)
 *
 * Gymnasium keeps the state in float32, and numpy then computes in float32 whatever involves the state; so does this.
 */
export function mountainCarContinuous(
  options: MountainCarContinuousOptions = {},
): Dynamics<'position' | 'velocity', Float32Array> {
  const { maxEpisodeSteps = 999 } = envOptions('mountainCarContinuous', options, {});
  return {
    observationSpace: new Box([MIN_POSITION, -MAX_SPEED], [MAX_POSITION, MAX_SPEED]),
    actionSpace: new Box(-1, 1, [1]),
    variables: { position: 1, velocity: 1 },
    maxEpisodeSteps,

    reset({ position, velocity }, index, random) {
      position[index] = random.uniform(-0.6, -0.4);
      velocity[index] = 0;
    },

    step({ position, velocity }, actions, { rewards, terminated }, start, end) {
      for (let i = start; i < end; i++) {
        const x = position[i];
        const v = clip(Math.fround(velocity[i] + velocityChange(x, actions[i])), -MAX_SPEED, MAX_SPEED);
        const newX = clip(Math.fround(x + v), MIN_POSITION, MAX_POSITION);
        const arrived = newX >= GOAL && v >= 0;
        position[i] = newX;
        velocity[i] = newX === MIN_POSITION && v < 0 ? 0 : v;
        rewards[i] = (arrived ? 100 : 0) - actions[i] * actions[i] * 0.1;
        terminated[i] = arrived ? 1 : 0;
      }
    },

    observe({ position, velocity }, observations, start, end) {
      for (let i = start, k = 2 * start; i < end; i++, k += 2) {
        observations[k] = position[i];
        observations[k + 1] = velocity[i];
      }
    },

    renderFormat: mountainCarFormat,
    render({ position }, i, context) {
      renderMountainCar(context, {
        position: position[i],
        minPosition: MIN_POSITION,
        maxPosition: MAX_POSITION,
        goalPosition: GOAL,
      });
    },
  };
}

/** 0.0015 F − 0.0025 cos 3x as float32, by numpy's rules about what is rounded when. */
function velocityChange(x: number, force: number): number {
  // Only after a reset is the state in float64, and then its product with 3 is not rounded.
  const isFloat32 = Math.fround(x) === x;
  const slope = GRAVITY * Math.cos(isFloat32 ? Math.fround(3 * x) : 3 * x);
  // A clipped force is a Python number, which does not make its product float32.
  if (force > 1) return Math.fround(POWER - slope);
  if (force < -1) return Math.fround(-POWER - slope);
  return Math.fround(Math.fround(force * Math.fround(POWER)) - Math.fround(slope));
}

function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
