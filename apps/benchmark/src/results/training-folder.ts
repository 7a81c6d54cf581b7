import { mkdir, rmdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { sweepCheckpoint } from '@gradus/core/node';
import { lockFolder } from './folder-lock.ts';
import { makeFolder } from '../files/make-folder.ts';
import { messageOf, UserError } from '../user-error.ts';

/** The folder that a training run saves its agent in: no other may, as long as it runs. */
export class TrainingFolder {
  readonly path: string;
  private readonly unlock: () => Promise<void>;

  private constructor(path: string, unlock: () => Promise<void>) {
    this.path = path;
    this.unlock = unlock;
  }

  /** Takes the folder, which is made where it is not there. @throws UserError while another process has it, or where it cannot be written. */
  static async take(path: string): Promise<TrainingFolder> {
    try {
      await makeFolder(path);
      const unlock = await lockFolder(path);
      await sweepCheckpoint(path);
      return new TrainingFolder(path, unlock);
    } catch (error) {
      // Only if it is empty.
      await rmdir(path).catch(() => undefined);
      throw error instanceof UserError ? error : new UserError(`${path} cannot be written: ${messageOf(error)}`);
    }
  }

  /** Makes and takes `path`, or the first of `path-2`, `path-3`, … that is not there. @throws UserError where that cannot be written. */
  static async takeNew(path: string): Promise<TrainingFolder> {
    await makeFolder(dirname(resolve(path)));
    for (let i = 1; ; i++) {
      const folder = i === 1 ? path : `${path}-${i}`;
      try {
        await mkdir(folder);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'EEXIST') continue;
        throw new UserError(`${folder} cannot be made: ${messageOf(error)}`);
      }
      return TrainingFolder.take(folder);
    }
  }

  /** Leaves the folder to others; it is removed where nothing was saved. */
  async release(): Promise<void> {
    await this.unlock();
    await rmdir(this.path).catch(() => undefined);
  }
}
