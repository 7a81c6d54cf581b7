import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointError } from '@gradus/core';
import { TrainingFolder } from '../results/training-folder.ts';

/** Where something was saved in the end, nowhere perhaps, and why not where it should have been. */
export interface Saved {
  readonly folder: string | undefined;
  readonly failure?: Error;
}

/** Saves what is trained in a folder, whole or not at all. */
export type Save = (folder: string) => Promise<void>;

/** What kept something from being saved where it should have been, and where it is. */
export function reasons({ folder, failure }: Saved): string[] {
  if (failure === undefined) return [];
  return [failure.message, folder === undefined ? 'nor anywhere else' : `the agent is saved in ${folder} instead`];
}

/** Has `save` save in `folder`; where that fails, beside it or else among the temporary files. */
export async function saveSomewhere(folder: string, save: Save): Promise<Saved> {
  try {
    await save(folder);
    return { folder };
  } catch (failure) {
    if (!(failure instanceof CheckpointError)) throw failure;
    for (const place of [`${folder.replace(/[/\\]+$/, '')}-rescued-`, join(tmpdir(), 'gradus-')]) {
      try {
        const other = await mkdtemp(place);
        try {
          await save(other);
        } catch (error) {
          await rm(other, { recursive: true, force: true });
          throw error;
        }
        return { folder: other, failure };
      } catch {
        // The next place may do, and if none does, the first failure is the one to tell.
      }
    }
    return { folder: undefined, failure };
  }
}

/** Where a training saves: in the folder that was asked for, which no other may use meanwhile, or in a new one that is made when it is needed first. */
export class TrainingPlace {
  #folder: TrainingFolder | undefined;

  private constructor(folder: TrainingFolder | undefined) {
    this.#folder = folder;
  }

  /**
   * Takes `out`, or else `resume` where something is saved there: a folder to resume is none to make. To be done before what is saved there
   * is loaded, so that no other training changes it between.
   * @throws UserError while another process has it, or where it cannot be written.
   */
  static async take({ out, resume }: { readonly out?: string; readonly resume?: string }): Promise<TrainingPlace> {
    const given = out ?? (resume !== undefined && existsSync(join(resume, 'agent.json')) ? resume : undefined);
    return new TrainingPlace(given === undefined ? undefined : await TrainingFolder.take(given));
  }

  /** The folder, if there is one by now. */
  get folder(): string | undefined {
    return this.#folder?.path;
  }

  /** The folder, which is made if need be: `own`, or the first of `own-2`, `own-3`, … that is not there. */
  async need(own: string): Promise<string> {
    return (this.#folder ??= await TrainingFolder.takeNew(own)).path;
  }

  /** Saves what was stopped, and says in words how to go on with it: by `command` and the folder. */
  async keep(own: string, save: Save, command: string): Promise<string> {
    this.#folder ??= await TrainingFolder.takeNew(own).catch(() => undefined);
    const saved = await saveSomewhere(this.folder ?? own, save);
    const advice = saved.folder === undefined ? [] : [`to go on: ${command} ${saved.folder}`];
    return [...reasons(saved), ...advice].join('; ');
  }

  /** Leaves the folder to others; it is removed where nothing was saved. */
  async release(): Promise<void> {
    await this.#folder?.release();
  }
}
