import { hopperModel } from './models.ts';
import type { FallingOptions } from './options.ts';
import type { MujocoTask } from './simulation.ts';
import { walking } from './walking.ts';

/**
 * Hopper-v5 of Gymnasium (Erez, Tassa and Todorov, 2012): hop forwards on one leg. Actions: torques of hip, knee and ankle in ±1. Observation, [11]:
 * height, angles, then all velocities, cut off at ±10. Reward: speed + 1 − 0.001 Σ a². Ends where the torso is 0.7 m high or lower or leans by
 * 0.2 or more, and where another number leaves ±100.
 */
export function hopper(options: FallingOptions = {}): MujocoTask {
  const isMeasured = (value: number): boolean => Math.abs(value) < 100;
  return walking(
    {
      name: 'hopper',
      model: hopperModel,
      isHealthy: ({ qpos, qvel }) =>
        qpos[1] > 0.7 && Math.abs(qpos[2]) < 0.2 && qpos.subarray(2).every(isMeasured) && qvel.every(isMeasured),
    },
    options,
  );
}
