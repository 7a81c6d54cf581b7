import { readFile } from 'node:fs/promises';
import { listEnvs, registerEnv } from '@gradus/envs';
import { StoryError, textEnv, ZMachineGame, type ZMachineOptions } from '@gradus/envs/text';
import { messageOf, UserError } from '../user-error.ts';

/** With which the ids of environments begin that are story files; their paths follow. */
const PREFIX = 'zmachine:';

/** What agents are shown of stories, which tell more than text worlds. */
const shown = { maxActions: 64, maxWords: 128 };

/**
 * The game of a story file.
 * @throws UserError for a file that is not there or cannot be played.
 */
export async function openStory(path: string, options: ZMachineOptions = {}): Promise<ZMachineGame> {
  return (await storyIn(path))(options);
}

/** Whether it is the path of a story file, by its ending, and not an environment's id. */
export function isStoryPath(name: string): boolean {
  return !name.startsWith(PREFIX) && /\.z[3458]$/i.test(name);
}

/**
 * Registers those of `ids` that are story files, such as `zmachine:stories/zork1.z3`.
 * @throws UserError as `openStory` does, and for the path of a story alone, as `gradus play` takes it.
 */
export async function registerStories(ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    if (listEnvs().includes(id)) continue;
    if (isStoryPath(id))
      throw new UserError(`${id}: expected the id of an environment; that of a story file is ${PREFIX}${id}`);
    if (!id.startsWith(PREFIX)) continue;
    const create = await storyIn(id.slice(PREFIX.length));
    registerEnv({
      id,
      defaults: { maxEpisodeSteps: 100 },
      create: ({ maxEpisodeSteps }) => textEnv(create({}), { ...shown, maxEpisodeSteps }),
    });
  }
}

/** What makes games of a story file, which is read and tried. */
async function storyIn(path: string): Promise<(options: ZMachineOptions) => ZMachineGame> {
  try {
    const story = new Uint8Array(await readFile(path));
    const create = (options: ZMachineOptions): ZMachineGame => new ZMachineGame(story, options);
    create({});
    return create;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (isMissing) throw new UserError(`${path}: expected a story file of the Z-machine, found no file`);
    if (error instanceof StoryError || (error instanceof Error && 'code' in error)) {
      throw new UserError(`${path}: ${messageOf(error)}`);
    }
    throw error;
  }
}
