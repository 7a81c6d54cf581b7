import { listEnvs } from '@gradus/envs';
import { loadMujoco, mujocoIds } from '@gradus/envs/mujoco';
import { messageOf, UserError } from '../user-error.ts';

export { checkEnv, envDefaults, listEnvs, makeEnv, makeVectorEnv, registerEnv, type EnvSpec } from '@gradus/envs';

/**
 * Loads what environments need before they can be made, which takes its time, where they need it: sub-entries that register them,
 * MuJoCo, story files.
 * @throws UserError where MuJoCo is not installed, and for files that are no stories.
 */
export async function loadEnvironments(ids: readonly string[]): Promise<void> {
  if (ids.every((id) => listEnvs().includes(id))) return;
  await loadSubEntries();
  const { registerStories } = await import('./stories.ts');
  await registerStories(ids);
  if (!ids.some((id) => mujocoIds.includes(id))) return;
  try {
    await loadMujoco();
  } catch (error) {
    throw new UserError(messageOf(error), { cause: error });
  }
}

/** Registers LunarLander, BipedalWalker and the text worlds. */
export async function loadSubEntries(): Promise<void> {
  await import('@gradus/envs/box2d');
  await import('@gradus/envs/text');
}
