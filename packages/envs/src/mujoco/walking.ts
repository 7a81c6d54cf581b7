import type { Data } from './engine.ts';
import { addUniform, clipAll, mujocoOptions, sumOfSquares, type FallingOptions } from './options.ts';
import type { MujocoTask } from './simulation.ts';

/** What `Hopper-v5` and `Walker2d-v5` are unless they are told otherwise. */
export const walkingDefaults = {
  maxEpisodeSteps: 1000,
  resetNoiseScale: 5e-3,
  forwardRewardWeight: 1,
  ctrlCostWeight: 1e-3,
  healthyReward: 1,
  terminateWhenUnhealthy: true,
};

/** What hopper and walker differ in. */
export interface Walker {
  readonly name: string;
  readonly model: string;
  /** Whether it has not fallen. */
  readonly isHealthy: (data: Data) => boolean;
}

/** The task of a body that is to go forwards without falling: observation height, angles and velocities, these cut off at ±10. */
export function walking({ name, model, isHealthy }: Walker, options: FallingOptions): MujocoTask {
  const settings = mujocoOptions(name, options, walkingDefaults);
  return {
    name,
    model,
    frameSkip: 4,
    maxControl: 1,
    maxEpisodeSteps: settings.maxEpisodeSteps,
    view: 'side',
    begin(positions, velocities, random) {
      addUniform(positions, settings.resetNoiseScale, random);
      addUniform(velocities, settings.resetNoiseScale, random);
    },
    observe: ({ qpos, qvel }) => [...qpos.subarray(1), ...clipAll(qvel, 10)],
    position: ({ qpos }) => qpos[0],
    judge(data, speed, control) {
      const healthy = isHealthy(data);
      const reward =
        settings.forwardRewardWeight * speed +
        (healthy ? settings.healthyReward : 0) -
        settings.ctrlCostWeight * sumOfSquares(control);
      return { reward, terminated: settings.terminateWhenUnhealthy && !healthy };
    },
  };
}
