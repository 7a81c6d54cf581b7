import { invertedPendulumModel } from './models.ts';
import { addUniform, mujocoOptions, type MujocoOptions } from './options.ts';
import type { MujocoTask } from './simulation.ts';

/** What `InvertedPendulum-v5` is unless it is told otherwise. */
export const invertedPendulumDefaults = { maxEpisodeSteps: 1000, resetNoiseScale: 0.01 };

/**
 * InvertedPendulum-v5 of Gymnasium (Barto, Sutton and Anderson, 1983): keep a pole upright on a cart. Action: force on the cart in ±3. Observation, [4]:
 * position, angle, and their velocities. Reward 1 for each step that ends with the pole within 0.2 of upright; beyond that the episode ends.
 */
export function invertedPendulum(options: MujocoOptions = {}): MujocoTask {
  const settings = mujocoOptions('invertedPendulum', options, invertedPendulumDefaults);
  return {
    name: 'invertedPendulum',
    model: invertedPendulumModel,
    frameSkip: 2,
    maxControl: 3,
    maxEpisodeSteps: settings.maxEpisodeSteps,
    view: 'side',
    begin(positions, velocities, random) {
      addUniform(positions, settings.resetNoiseScale, random);
      addUniform(velocities, settings.resetNoiseScale, random);
    },
    observe: ({ qpos, qvel }) => [...qpos, ...qvel],
    position: ({ qpos }) => qpos[0],
    judge({ qpos }) {
      const terminated = Math.abs(qpos[1]) > 0.2;
      return { reward: terminated ? 0 : 1, terminated };
    },
  };
}
