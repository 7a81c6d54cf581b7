import { Box, Discrete, type Dynamics } from '@gradus/core';
import { envOptions } from './env-options.ts';
import { cartPoleFormat, renderCartPole } from './rendering/cart-pole.ts';

/** What may be changed about CartPole. */
export interface CartPoleOptions {
  /** Steps after which an episode is truncated. Default 500 (CartPole-v1). */
  readonly maxEpisodeSteps?: number | undefined;
}

const GRAVITY = 9.8;
const POLE_MASS = 0.1;
const TOTAL_MASS = 1.1;
const MASS_RATIO = POLE_MASS / TOTAL_MASS;
/** From the hinge to the middle of the pole. */
const HALF_LENGTH = 0.5;
const POLE_MASS_LENGTH = 0.05;
const FORCE = 10;
const TIME_STEP = 0.02;
const MAX_POSITION = 2.4;
/** 12 degrees. */
const MAX_ANGLE = (12 * 2 * Math.PI) / 360;

/**
 * CartPole-v1 of Gymnasium (Barto, Sutton and Anderson, 1983): push a cart left (0) or right (1) so that the pole hinged on it
 * stays up. Reward 1 for each step; ends when the cart leaves ±2.4 m or the pole leaves ±12°.
 * Observation: position (m), velocity (m/s), angle (rad), angular velocity (rad/s). All four start uniformly in ±0.05.
 * Integrated by Euler's explicit method, every 0.02 s:
 *
 *     f = (F + m l θ̇² sin θ) / M,  θ̈ = (g sin θ − f cos θ) / (l (4/3 − m cos² θ / M)),  ẍ = f − m l θ̈ cos θ / M
 */
export function cartPole(
  options: CartPoleOptions = {},
): Dynamics<'position' | 'velocity' | 'angle' | 'angularVelocity', Int32Array> {
  const { maxEpisodeSteps = 500 } = envOptions('cartPole', options, {});
  const bounds = [2 * MAX_POSITION, Infinity, 2 * MAX_ANGLE, Infinity];
  return {
    observationSpace: new Box(
      bounds.map((bound) => -bound),
      bounds,
    ),
    actionSpace: new Discrete(2),
    variables: { position: 1, velocity: 1, angle: 1, angularVelocity: 1 },
    maxEpisodeSteps,

    reset({ position, velocity, angle, angularVelocity }, index, random) {
      position[index] = random.uniform(-0.05, 0.05);
      velocity[index] = random.uniform(-0.05, 0.05);
      angle[index] = random.uniform(-0.05, 0.05);
      angularVelocity[index] = random.uniform(-0.05, 0.05);
    },

    step({ position, velocity, angle, angularVelocity }, actions, { rewards, terminated }, start, end) {
      for (let i = start; i < end; i++) {
        const theta = angle[i];
        const thetaDot = angularVelocity[i];
        let sine, cosine;
        if (Math.abs(theta) < SMALL) {
          const z = theta * theta;
          sine = theta + theta * z * smallSineTail(z);
          cosine = 1 - (0.5 * z - z * z * smallCosineTail(z));
        } else {
          sine = Math.sin(theta);
          cosine = Math.cos(theta);
        }
        // Not a choice between the two: what a random policy does next, the processor cannot predict.
        const force = FORCE * (2 * actions[i] - 1);
        const push = (force + POLE_MASS_LENGTH * (thetaDot * thetaDot) * sine) / TOTAL_MASS;
        const angularAcceleration =
          (GRAVITY * sine - cosine * push) / (HALF_LENGTH * (4 / 3 - MASS_RATIO * (cosine * cosine)));
        const acceleration = push - (POLE_MASS_LENGTH / TOTAL_MASS) * angularAcceleration * cosine;

        const x = position[i] + TIME_STEP * velocity[i];
        const newTheta = theta + TIME_STEP * thetaDot;
        position[i] = x;
        velocity[i] += TIME_STEP * acceleration;
        angle[i] = newTheta;
        angularVelocity[i] = thetaDot + TIME_STEP * angularAcceleration;
        rewards[i] = 1;
        terminated[i] = Math.abs(x) > MAX_POSITION || Math.abs(newTheta) > MAX_ANGLE ? 1 : 0;
      }
    },

    observe({ position, velocity, angle, angularVelocity }, observations, start, end) {
      for (let i = start, k = 4 * start; i < end; i++, k += 4) {
        observations[k] = position[i];
        observations[k + 1] = velocity[i];
        observations[k + 2] = angle[i];
        observations[k + 3] = angularVelocity[i];
      }
    },

    renderFormat: cartPoleFormat,
    render({ position, angle }, i, context) {
      const scene = { position: position[i], angle: angle[i], maxPosition: MAX_POSITION, poleLength: 2 * HALF_LENGTH };
      renderCartPole(context, scene);
    },
  };
}

/**
 * The pole never goes on from beyond ±12° = ±0.21 rad, where these Taylor polynomials are exact to rounding, and cheaper than Math:
 * sin x = x + x³ · tail(x²) and cos x = 1 − x²/2 + x⁴ · tail(x²).
 */
const SMALL = 0.25;

function smallSineTail(z: number): number {
  return -1 / 6 + z * (1 / 120 + z * (-1 / 5040 + z * (1 / 362_880 + z * (-1 / 39_916_800))));
}

function smallCosineTail(z: number): number {
  return 1 / 24 + z * (-1 / 720 + z * (1 / 40_320 + z * (-1 / 3_628_800 + z * (1 / 479_001_600))));
}
