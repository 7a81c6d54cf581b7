import { Box, Discrete, type Dynamics } from '@gradus/core';
import { envOptions } from './env-options.ts';
import { mountainCarFormat, renderMountainCar } from './rendering/mountain-car.ts';

/** What may be changed about MountainCar. */
export interface MountainCarOptions {
  /** Steps after which an episode is truncated. Default 200 (MountainCar-v0). */
  readonly maxEpisodeSteps?: number | undefined;
}

const POWER = 0.001;
const GRAVITY = 0.0025;
const MIN_POSITION = -1.2;
const MAX_POSITION = 0.6;
const MAX_SPEED = 0.07;
const GOAL = 0.5;

/**
 * MountainCar-v0 of Gymnasium (Moore, 1990): get a car out of a valley by pushing it left (0), not at all (1) or right (2), with less
 * power than the slope takes. Reward −1 for each step; ends on the hill, at x ≥ 0.5. The left wall, at −1.2, stops the car.
 * Observation: position, velocity. The car starts at rest, uniformly in [−0.6, −0.4).
 *
 *     v ← clip(v + 0.001 (action − 1) − 0.0025 cos 3x, ±0.07),  x ← clip(x + v, −1.2, 0.6)
 */
export function mountainCar(options: MountainCarOptions = {}): Dynamics<'position' | 'velocity', Int32Array> {
  const { maxEpisodeSteps = 200 } = envOptions('mountainCar', options, {});
  return {
    observationSpace: new Box([MIN_POSITION, -MAX_SPEED], [MAX_POSITION, MAX_SPEED]),
    actionSpace: new Discrete(3),
    variables: { position: 1, velocity: 1 },
    maxEpisodeSteps,

    reset({ position, velocity }, index, random) {
      position[index] = random.uniform(-0.6, -0.4);
      velocity[index] = 0;
    },

    step({ position, velocity }, actions, { rewards, terminated }, start, end) {
      for (let i = start; i < end; i++) {
        const change = (actions[i] - 1) * POWER - Math.cos(3 * position[i]) * GRAVITY;
        const v = clip(velocity[i] + change, -MAX_SPEED, MAX_SPEED);
        const x = clip(position[i] + v, MIN_POSITION, MAX_POSITION);
        position[i] = x;
        velocity[i] = x === MIN_POSITION && v < 0 ? 0 : v;
        rewards[i] = -1;
        terminated[i] = x >= GOAL && v >= 0 ? 1 : 0;
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

function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
