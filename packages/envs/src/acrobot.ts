import { Box, Discrete, type Dynamics } from '@gradus/core';
import { envOptions } from './env-options.ts';
import { acrobotFormat, renderAcrobot } from './rendering/acrobot.ts';

/** What may be changed about Acrobot. */
export interface AcrobotOptions {
  /** Steps after which an episode is truncated. Default 500 (Acrobot-v1). */
  readonly maxEpisodeSteps?: number | undefined;
}

const GRAVITY = 9.8;
const MASS = 1;
const LENGTH = 1;
/** From each link's upper end to its centre of mass. */
const CENTER = 0.5;
const INERTIA = 1;
const TIME_STEP = 0.2;
const MAX_VELOCITY_1 = 4 * Math.PI;
const MAX_VELOCITY_2 = 9 * Math.PI;

/**
 * Acrobot-v1 of Gymnasium (Sutton, 1996): swing the lower end of a hanging two-link pendulum above the line one link length over its hinge,
 * with torque −1 (action 0), 0 (1) or +1 (2) on the joint between the links. Reward −1 for each step, 0 for the one that gets
 * there. θ₁ = 0 hangs down, θ₂ is relative to the first link; all four variables start uniformly in ±0.1, rounded to float32.
 * Observation: cos θ₁, sin θ₁, cos θ₂, sin θ₂, θ̇₁ (within ±4π), θ̇₂ (within ±9π).
 * The equations of motion are those of Sutton and Barto's book, integrated by one Runge–Kutta step of fourth order every 0.2 s.
 */
export function acrobot(
  options: AcrobotOptions = {},
): Dynamics<'angle1' | 'angle2' | 'velocity1' | 'velocity2', Int32Array> {
  const { maxEpisodeSteps = 500 } = envOptions('acrobot', options, {});
  const bounds = [1, 1, 1, 1, MAX_VELOCITY_1, MAX_VELOCITY_2];
  return {
    observationSpace: new Box(
      bounds.map((bound) => -bound),
      bounds,
    ),
    actionSpace: new Discrete(3),
    variables: { angle1: 1, angle2: 1, velocity1: 1, velocity2: 1 },
    maxEpisodeSteps,

    reset({ angle1, angle2, velocity1, velocity2 }, index, random) {
      angle1[index] = Math.fround(random.uniform(-0.1, 0.1));
      angle2[index] = Math.fround(random.uniform(-0.1, 0.1));
      velocity1[index] = Math.fround(random.uniform(-0.1, 0.1));
      velocity2[index] = Math.fround(random.uniform(-0.1, 0.1));
    },

    step({ angle1, angle2, velocity1, velocity2 }, actions, { rewards, terminated }, start, end) {
      for (let i = start; i < end; i++) {
        next[0] = angle1[i];
        next[1] = angle2[i];
        next[2] = velocity1[i];
        next[3] = velocity2[i];
        rungeKutta(next, actions[i] - 1);
        const theta1 = wrapAngle(next[0]);
        const theta2 = wrapAngle(next[1]);
        const reached = -Math.cos(theta1) - Math.cos(theta2 + theta1) > 1;
        angle1[i] = theta1;
        angle2[i] = theta2;
        velocity1[i] = clip(next[2], MAX_VELOCITY_1);
        velocity2[i] = clip(next[3], MAX_VELOCITY_2);
        rewards[i] = reached ? 0 : -1;
        terminated[i] = reached ? 1 : 0;
      }
    },

    observe({ angle1, angle2, velocity1, velocity2 }, observations, start, end) {
      for (let i = start, k = 6 * start; i < end; i++, k += 6) {
        observations[k] = Math.cos(angle1[i]);
        observations[k + 1] = Math.sin(angle1[i]);
        observations[k + 2] = Math.cos(angle2[i]);
        observations[k + 3] = Math.sin(angle2[i]);
        observations[k + 4] = velocity1[i];
        observations[k + 5] = velocity2[i];
      }
    },

    renderFormat: acrobotFormat,
    render({ angle1, angle2 }, i, context) {
      renderAcrobot(context, { angle1: angle1[i], angle2: angle2[i] });
    },
  };
}

/** Scratch memory: θ₁, θ₂, θ̇₁, θ̇₂ or their slopes. */
const next = new Float64Array(4);
const point = new Float64Array(4);
const slope = new Float64Array(4);
const slopes = new Float64Array(4);

/** y ← y + Δt / 6 · (k₁ + 2 k₂ + 2 k₃ + k₄), the slopes kⱼ taken at y, y + Δt/2 k₁, y + Δt/2 k₂ and y + Δt k₃. */
function rungeKutta(y: Float64Array, torque: number): void {
  point.set(y);
  for (let stage = 0; stage < 4; stage++) {
    computeSlope(point, torque);
    const weight = stage === 0 || stage === 3 ? 1 : 2;
    const reach = stage === 2 ? TIME_STEP : TIME_STEP / 2;
    for (let j = 0; j < 4; j++) {
      slopes[j] = (stage === 0 ? 0 : slopes[j]) + weight * slope[j];
      point[j] = y[j] + reach * slope[j];
    }
  }
  for (let j = 0; j < 4; j++) y[j] += (TIME_STEP / 6) * slopes[j];
}

/** The equations of motion (Sutton and Barto, 1998, §11.3): writes `slope` at state `y`. */
function computeSlope(y: Float64Array, torque: number): void {
  const theta1 = y[0];
  const theta2 = y[1];
  const thetaDot1 = y[2];
  const thetaDot2 = y[3];
  const cosine = Math.cos(theta2);
  const coupling = MASS * LENGTH * CENTER * Math.sin(theta2);
  const d1 = MASS * CENTER ** 2 + MASS * (LENGTH ** 2 + CENTER ** 2 + 2 * LENGTH * CENTER * cosine) + 2 * INERTIA;
  const d2 = MASS * (CENTER ** 2 + LENGTH * CENTER * cosine) + INERTIA;
  const phi2 = MASS * CENTER * GRAVITY * Math.sin(theta1 + theta2);
  const phi1 =
    -coupling * thetaDot2 ** 2 -
    2 * coupling * thetaDot2 * thetaDot1 +
    (MASS * CENTER + MASS * LENGTH) * GRAVITY * Math.sin(theta1) +
    phi2;
  const acceleration2 =
    (torque + (d2 / d1) * phi1 - coupling * thetaDot1 ** 2 - phi2) / (MASS * CENTER ** 2 + INERTIA - d2 ** 2 / d1);
  slope[0] = thetaDot1;
  slope[1] = thetaDot2;
  slope[2] = -(d2 * acceleration2 + phi1) / d1;
  slope[3] = acceleration2;
}

/** The same angle in [−π, π]. */
function wrapAngle(angle: number): number {
  let wrapped = angle;
  while (wrapped > Math.PI) wrapped -= 2 * Math.PI;
  while (wrapped < -Math.PI) wrapped += 2 * Math.PI;
  return wrapped;
}

function clip(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit);
}
