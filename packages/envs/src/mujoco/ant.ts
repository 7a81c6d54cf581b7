import type { Data } from './engine.ts';
import { antModel } from './models.ts';
import { addNormal, addUniform, clipAll, mujocoOptions, sumOfSquares, type FallingOptions } from './options.ts';
import type { MujocoTask } from './simulation.ts';

/** What `Ant-v5` is unless it is told otherwise. */
export const antDefaults = {
  maxEpisodeSteps: 1000,
  resetNoiseScale: 0.1,
  forwardRewardWeight: 1,
  ctrlCostWeight: 0.5,
  contactCostWeight: 5e-4,
  healthyReward: 1,
  terminateWhenUnhealthy: true,
};

/** What may be changed about the ant. */
export interface AntOptions extends FallingOptions {
  /** Cost of the squares of the forces of contacts, at least 0. Default 0.0005. */
  readonly contactCostWeight?: number | undefined;
}

/** Where the torso is in `xpos`, behind the world. */
const TORSO = 3;
/** Of each body six numbers; the first one is the world. */
const FORCES = 6;

/**
 * Ant-v5 of Gymnasium (Schulman et al., 2015): walk to the right on four legs. Actions: torques of hips and ankles in ±1. Observation, [105]: height,
 * orientation (a quaternion), angles, then all velocities, then the forces of contacts on each body but the world, cut off at ±1. Reward:
 * speed + 1 − 0.5 Σ a² − 0.0005 Σ forces². Ends where the torso is not between 0.2 and 1 m high. As there, the speed is that of the torso as it was a
 * hundredth of a second before.
 */
export function ant(options: AntOptions = {}): MujocoTask {
  const settings = mujocoOptions('ant', options, antDefaults);
  const forces = ({ cfrc_ext }: Data): number[] => clipAll(cfrc_ext.subarray(FORCES), 1);
  return {
    name: 'ant',
    model: antModel,
    frameSkip: 5,
    maxControl: 1,
    maxEpisodeSteps: settings.maxEpisodeSteps,
    needsContactForces: true,
    view: 'top',
    begin(positions, velocities, random) {
      addUniform(positions, settings.resetNoiseScale, random);
      addNormal(velocities, settings.resetNoiseScale, random);
    },
    observe: (data) => [...data.qpos.subarray(2), ...data.qvel, ...forces(data)],
    position: ({ xpos }) => xpos[TORSO],
    judge(data, speed, control) {
      const height = data.qpos[2];
      const isHealthy = height >= 0.2 && height <= 1;
      const reward =
        settings.forwardRewardWeight * speed +
        (isHealthy ? settings.healthyReward : 0) -
        settings.ctrlCostWeight * sumOfSquares(control) -
        settings.contactCostWeight * sumOfSquares(forces(data));
      return { reward, terminated: settings.terminateWhenUnhealthy && !isHealthy };
    },
  };
}
