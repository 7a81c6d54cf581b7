import { halfCheetahModel } from './models.ts';
import { addNormal, addUniform, mujocoOptions, sumOfSquares, type MovingOptions } from './options.ts';
import type { MujocoTask } from './simulation.ts';

/** What `HalfCheetah-v5` is unless it is told otherwise. */
export const halfCheetahDefaults = {
  maxEpisodeSteps: 1000,
  resetNoiseScale: 0.1,
  forwardRewardWeight: 1,
  ctrlCostWeight: 0.1,
};

/**
 * HalfCheetah-v5 of Gymnasium (Wawrzynski, 2009): run forwards on two legs. Actions: torques of six joints in ±1. Observation, [17]: height, angles, then
 * all velocities. Reward: speed − 0.1 Σ a². Never terminates.
 */
export function halfCheetah(options: MovingOptions = {}): MujocoTask {
  const settings = mujocoOptions('halfCheetah', options, halfCheetahDefaults);
  return {
    name: 'halfCheetah',
    model: halfCheetahModel,
    frameSkip: 5,
    maxControl: 1,
    maxEpisodeSteps: settings.maxEpisodeSteps,
    view: 'side',
    begin(positions, velocities, random) {
      addUniform(positions, settings.resetNoiseScale, random);
      addNormal(velocities, settings.resetNoiseScale, random);
    },
    observe: ({ qpos, qvel }) => [...qpos.subarray(1), ...qvel],
    position: ({ qpos }) => qpos[0],
    judge: (_, speed, control) => ({
      reward: settings.forwardRewardWeight * speed - settings.ctrlCostWeight * sumOfSquares(control),
      terminated: false,
    }),
  };
}
