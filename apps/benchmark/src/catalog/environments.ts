// Registers LunarLander and BipedalWalker.
import '@gradus/envs/box2d';
// Registers text worlds.
import '@gradus/envs/text';
import { loadMujoco, mujocoIds } from '@gradus/envs/mujoco';
import { messageOf, UserError } from '../user-error.ts';

export { checkEnv, listEnvs, makeEnv, makeVectorEnv, registerEnv, type EnvSpec } from '@gradus/envs';

/**
 * Loads what environments need before they can be made: MuJoCo, which takes its time, only for its own.
 * @throws UserError where it is not installed.
 */
export async function loadEnvironments(ids: readonly string[]): Promise<void> {
  if (!ids.some((id) => mujocoIds.includes(id))) return;
  try {
    await loadMujoco();
  } catch (error) {
    throw new UserError(messageOf(error), { cause: error });
  }
}
