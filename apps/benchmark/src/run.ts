import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointError, type Agent, type Checkpoint } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import { makeVectorEnv } from '@gradus/envs';
import { algorithms } from './algorithms.ts';
import { deviceNames, openDevice, type DeviceChoice } from './devices.ts';

/** What a training run was started with, besides what its agent knows: kept beside a saved agent as `run.json`. */
export interface Run {
  readonly algorithm: string;
  readonly environment: string;
  /** Environment copies. */
  readonly numEnvs: number;
  /** Environment steps at which it ends. */
  readonly steps: number;
  readonly seed: number;
  readonly device: DeviceChoice;
}

const RUN_FILE = 'run.json';

/** Saves an agent with its run, whole or not at all. */
export async function saveRun(folder: string, run: Run, agent: Agent): Promise<void> {
  const checkpoint = agent.checkpoint();
  const description = new TextEncoder().encode(`${JSON.stringify(run, undefined, 2)}\n`);
  await saveCheckpoint(folder, { ...checkpoint, files: { ...checkpoint.files, [RUN_FILE]: description } });
}

/** Where an agent was saved in the end, nowhere perhaps, and why not where it should have been. */
export interface SavedRun {
  readonly folder: string | undefined;
  readonly failure?: Error;
}

/** Saves an agent as {@link saveRun} does; where that fails, beside `folder` or else among the temporary files. */
export async function saveRunSomewhere(folder: string, run: Run, agent: Agent): Promise<SavedRun> {
  try {
    await saveRun(folder, run, agent);
    return { folder };
  } catch (failure) {
    if (!(failure instanceof CheckpointError)) throw failure;
    for (const place of [`${folder.replace(/[/\\]+$/, '')}-rescued-`, join(tmpdir(), 'gradus-')]) {
      try {
        const other = await mkdtemp(place);
        try {
          await saveRun(other, run, agent);
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

/** What {@link saveRun} saved. @throws CheckpointError when it is not there or not complete. */
export async function loadRun(folder: string): Promise<{ readonly run: Run; readonly checkpoint: Checkpoint }> {
  const checkpoint = await loadCheckpoint(folder);
  const description: Uint8Array | undefined = checkpoint.files[RUN_FILE];
  if (description === undefined) {
    throw new CheckpointError(`${folder} was not saved by 'gradus train': ${RUN_FILE} is missing`);
  }
  const run = JSON.parse(new TextDecoder().decode(description)) as Run;
  if (!Object.hasOwn(algorithms, run.algorithm) || !deviceNames.includes(run.device)) {
    throw new CheckpointError(`${folder}: this version knows no algorithm '${run.algorithm}' on '${run.device}'`);
  }
  return { run, checkpoint };
}

/** The saved agent, on `device` instead of the one it was trained on if given. */
export async function restoreAgent(
  run: Run,
  checkpoint: Checkpoint,
  device: DeviceChoice = run.device,
): Promise<Agent> {
  const env = makeVectorEnv(run.environment, run.numEnvs);
  return algorithms[run.algorithm].restore(checkpoint, env, { device: await openDevice(device) });
}
