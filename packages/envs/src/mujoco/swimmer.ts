import { swimmerModel } from './models.ts';
import { addUniform, mujocoOptions, sumOfSquares, type MovingOptions } from './options.ts';
import type { MujocoTask } from './simulation.ts';

/** What `Swimmer-v5` is unless it is told otherwise. */
export const swimmerDefaults = {
  maxEpisodeSteps: 1000,
  resetNoiseScale: 0.1,
  forwardRewardWeight: 1,
  ctrlCostWeight: 1e-4,
};

/**
 * Swimmer-v5 of Gymnasium (Coulom, 2002): swim to the right by wriggling. Actions: torques of two joints in ±1. Observation, [8]: angles, then all
 * velocities. Reward: speed − 0.0001 Σ a². Never terminates.
 */
export function swimmer(options: MovingOptions = {}): MujocoTask {
  const settings = mujocoOptions('swimmer', options, swimmerDefaults);
  return {
    name: 'swimmer',
    model: swimmerModel,
    frameSkip: 4,
    maxControl: 1,
    maxEpisodeSteps: settings.maxEpisodeSteps,
    view: 'top',
    begin(positions, velocities, random) {
      addUniform(positions, settings.resetNoiseScale, random);
      addUniform(velocities, settings.resetNoiseScale, random);
    },
    observe: ({ qpos, qvel }) => [...qpos.subarray(2), ...qvel],
    position: ({ qpos }) => qpos[0],
    judge: (_, speed, control) => ({
      reward: settings.forwardRewardWeight * speed - settings.ctrlCostWeight * sumOfSquares(control),
      terminated: false,
    }),
  };
}
