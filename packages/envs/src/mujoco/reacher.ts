import { reacherModel } from './models.ts';
import { addUniform, mujocoOptions, sumOfSquares, type MujocoOptions } from './options.ts';
import type { Data } from './engine.ts';
import type { MujocoTask } from './simulation.ts';

/** What `Reacher-v5` is unless it is told otherwise. */
export const reacherDefaults = { maxEpisodeSteps: 50, ctrlCostWeight: 0.1 };

/** What may be changed about it. */
export interface ReacherOptions extends Pick<MujocoOptions, 'maxEpisodeSteps'> {
  /** Cost of the squares of controls, at least 0. Default 0.1. */
  readonly ctrlCostWeight?: number | undefined;
}

/** Where the bodies begin in `xpos`: the world is the first, the fingertip the fourth, the target the fifth. */
const FINGERTIP = 3 * 3;
const TARGET = 4 * 3;
const JOINTS = 2;

/**
 * Reacher-v5 of Gymnasium: move the tip of an arm of two links to a target and hold it there. Actions: torques of both joints in ±1. Observation, [10]:
 * cosines and sines of both angles, the target's position, the joints' velocities, and the way from target to tip. Reward: −distance − 0.1 Σ a²; as
 * there, tip and target are taken where they were a hundredth of a second ago. Never terminates; 50 steps.
 */
export function reacher(options: ReacherOptions = {}): MujocoTask {
  const settings = mujocoOptions('reacher', options, reacherDefaults);
  const way = ({ xpos }: Data): number[] => [0, 1, 2].map((axis) => xpos[FINGERTIP + axis] - xpos[TARGET + axis]);
  return {
    name: 'reacher',
    model: reacherModel,
    frameSkip: 2,
    maxControl: 1,
    maxEpisodeSteps: settings.maxEpisodeSteps,
    view: 'top',
    begin(positions, velocities, random) {
      addUniform(positions, 0.1, random);
      let target;
      do target = [random.uniform(-0.2, 0.2), random.uniform(-0.2, 0.2)];
      while (Math.hypot(...target) >= 0.2);
      positions.set(target, JOINTS);
      addUniform(velocities, 0.005, random);
      velocities.fill(0, JOINTS);
    },
    observe(data) {
      const { qpos, qvel } = data;
      const angles = [qpos[0], qpos[1]];
      const [x, y] = way(data);
      return [...angles.map(Math.cos), ...angles.map(Math.sin), qpos[2], qpos[3], qvel[0], qvel[1], x, y];
    },
    position: ({ qpos }) => qpos[0],
    judge: (data, _, control) => ({
      reward: -Math.hypot(...way(data)) - settings.ctrlCostWeight * sumOfSquares(control),
      terminated: false,
    }),
  };
}
