// Registers LunarLander and BipedalWalker.
import '@gradus/envs/box2d';
// Registers text worlds.
import '@gradus/envs/text';
import { loadMujoco, mujocoIds } from '@gradus/envs/mujoco';
import { messageOf, UserError } from '../user-error.ts';
import { registerStories } from './stories.ts';

export { checkEnv, listEnvs, makeEnv, makeVectorEnv, registerEnv, type EnvSpec } from '@gradus/envs';

/**
 * Loads what environments need before they can be made: MuJoCo, which takes its time, only for its own, and story files.
 * @throws UserError where it is not installed, and for files that are none.
 */
export async function loadEnvironments(ids: readonly string[]): Promise<void> {
  await registerStories(ids);
  if (!ids.some((id) => mujocoIds.includes(id))) return;
  try {
    await loadMujoco();
  } catch (error) {
    throw new UserError(messageOf(error), { cause: error });
  }
}
