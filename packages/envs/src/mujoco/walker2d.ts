import { walker2dModel } from './models.ts';
import type { FallingOptions } from './options.ts';
import type { MujocoTask } from './simulation.ts';
import { walking } from './walking.ts';

/**
 * Walker2d-v5 of Gymnasium (Erez, Tassa and Todorov, 2012): walk forwards on two legs. Actions: torques of both hips, knees and ankles in ±1.
 * Observation, [17]: height, angles, then all velocities, cut off at ±10. Reward: speed + 1 − 0.001 Σ a². Ends where the torso is not between 0.8 and
 * 2 m high or leans by 1 or more.
 */
export function walker2d(options: FallingOptions = {}): MujocoTask {
  return walking(
    {
      name: 'walker2d',
      model: walker2dModel,
      isHealthy: ({ qpos }) => qpos[1] > 0.8 && qpos[1] < 2 && Math.abs(qpos[2]) < 1,
    },
    options,
  );
}
