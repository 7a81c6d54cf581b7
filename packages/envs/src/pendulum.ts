import { Box, type Dynamics } from '@gradus/core';
import { envOptions } from './env-options.ts';
import { pendulumFormat, renderPendulum } from './rendering/pendulum.ts';

/** What may be changed about the pendulum. */
export interface PendulumOptions {
  /** Steps after which an episode is truncated. Default 200 (Pendulum-v1). */
  readonly maxEpisodeSteps?: number | undefined;
}

const GRAVITY = 10;
const MASS = 1;
const LENGTH = 1;
const TIME_STEP = 0.05;
const MAX_TORQUE = 2;
const MAX_SPEED = 8;

/**
 * Pendulum-v1 of Gymnasium: swing a pendulum up and hold it there with a motor too weak to lift it at once.
 * Action: torque in ±2 N m, clipped. Observation: cos θ, sin θ, θ̇ (θ = 0 is upright); θ starts uniformly in ±π, θ̇ in ±1.
 * Reward −(θ² + 0.1 θ̇² + 0.001 u²), of the state before the step, θ taken in ±π. Never terminates. Every 0.05 s:
 *
 *     θ̇ ← clip(θ̇ + (3g / 2l · sin θ + 3 / (m l²) · u) Δt, ±8),  θ ← θ + θ̇ Δt
 */
export function pendulum(options: PendulumOptions = {}): Dynamics<'angle' | 'speed', Float32Array> {
  const { maxEpisodeSteps = 200 } = envOptions('pendulum', options, {});
  return {
    observationSpace: new Box([-1, -1, -MAX_SPEED], [1, 1, MAX_SPEED]),
    actionSpace: new Box(-MAX_TORQUE, MAX_TORQUE, [1]),
    variables: { angle: 1, speed: 1 },
    maxEpisodeSteps,

    reset({ angle, speed }, index, random) {
      angle[index] = random.uniform(-Math.PI, Math.PI);
      speed[index] = random.uniform(-1, 1);
    },

    step({ angle, speed }, actions, { rewards, terminated }, start, end) {
      for (let i = start; i < end; i++) {
        const theta = angle[i];
        const thetaDot = speed[i];
        const torque = clip(actions[i], MAX_TORQUE);
        const deviation = wrapAngle(theta);
        rewards[i] = -(deviation * deviation + 0.1 * (thetaDot * thetaDot) + 0.001 * (torque * torque));

        const acceleration = ((3 * GRAVITY) / (2 * LENGTH)) * Math.sin(theta) + (3 / (MASS * LENGTH * LENGTH)) * torque;
        speed[i] = clip(thetaDot + acceleration * TIME_STEP, MAX_SPEED);
        angle[i] = theta + speed[i] * TIME_STEP;
        terminated[i] = 0;
      }
    },

    observe({ angle, speed }, observations, start, end) {
      for (let i = start, k = 3 * start; i < end; i++, k += 3) {
        observations[k] = Math.cos(angle[i]);
        observations[k + 1] = Math.sin(angle[i]);
        observations[k + 2] = speed[i];
      }
    },

    renderFormat: pendulumFormat,
    render({ angle }, i, context) {
      renderPendulum(context, angle[i]);
    },
  };
}

/** The same direction in [−π, π). */
function wrapAngle(angle: number): number {
  const turn = 2 * Math.PI;
  const remainder = (angle + Math.PI) % turn;
  return (remainder < 0 ? remainder + turn : remainder) - Math.PI;
}

function clip(value: number, limit: number): number {
  return Math.min(Math.max(value, -limit), limit);
}
