import { invertedDoublePendulumModel } from './models.ts';
import { addNormal, addUniform, clipAll, mujocoOptions, type MujocoOptions } from './options.ts';
import type { MujocoTask } from './simulation.ts';

/** What `InvertedDoublePendulum-v5` is unless it is told otherwise. */
export const invertedDoublePendulumDefaults = { maxEpisodeSteps: 1000, resetNoiseScale: 0.1, healthyReward: 10 };

/** What may be changed about it. */
export interface InvertedDoublePendulumOptions extends MujocoOptions {
  /** Reward for a step without falling. Default 10. */
  readonly healthyReward?: number | undefined;
}

/**
 * InvertedDoublePendulum-v5 of Gymnasium: keep a pole upright on another one on a cart. Action: force on the cart in ±1. Observation, [9]: position; sines
 * and cosines of both angles; velocities and the force of the cart's limits, cut off at ±10. Reward, with the tip at (x, y):
 * 10 − 0.01 x² − (y − 2)² − 0.001 ω₁² − 0.005 ω₂². Ends where y ≤ 1. As there, (x, y) is where the tip was a hundredth of a second ago.
 */
export function invertedDoublePendulum(options: InvertedDoublePendulumOptions = {}): MujocoTask {
  const settings = mujocoOptions('invertedDoublePendulum', options, invertedDoublePendulumDefaults);
  return {
    name: 'invertedDoublePendulum',
    model: invertedDoublePendulumModel,
    frameSkip: 5,
    maxControl: 1,
    maxEpisodeSteps: settings.maxEpisodeSteps,
    view: 'side',
    begin(positions, velocities, random) {
      addUniform(positions, settings.resetNoiseScale, random);
      addNormal(velocities, settings.resetNoiseScale, random);
    },
    observe({ qpos, qvel, qfrc_constraint }) {
      const angles = Array.from(qpos.subarray(1));
      const forces = clipAll([...qvel, qfrc_constraint[0]], 10);
      return [qpos[0], ...angles.map(Math.sin), ...angles.map(Math.cos), ...forces];
    },
    position: ({ qpos }) => qpos[0],
    judge({ site_xpos: [x, , y], qvel: [, first, second] }) {
      const terminated = y <= 1;
      const penalty = 0.01 * x ** 2 + (y - 2) ** 2 + 1e-3 * first ** 2 + 5e-3 * second ** 2;
      return { reward: (terminated ? 0 : settings.healthyReward) - penalty, terminated };
    },
  };
}
