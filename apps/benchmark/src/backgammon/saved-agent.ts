import { CheckpointError, type Checkpoint } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import { backgammon } from '@gradus/envs/backgammon';
import { TdGammon } from '@gradus/value-based';
import { z } from 'zod';
import { deviceNames, openDevice, type DeviceChoice } from '../catalog/devices.ts';
import { parseJson } from '../files/parse-json.ts';
import { fromUser } from '../user-error.ts';

/** What a training was started with, besides what its agent knows: kept beside it as `backgammon.json`. */
const runSchema = z.strictObject({
  /** Games at which it ends. */
  games: z.int().min(1),
  device: z.enum(deviceNames),
});

/** A value that fits the schema of what a training was started with. */
export type BackgammonRun = Readonly<z.infer<typeof runSchema>>;

const RUN_FILE = 'backgammon.json';

/** Saves an agent with its run, whole or not at all. */
export async function saveBackgammonRun(folder: string, run: BackgammonRun, agent: TdGammon): Promise<void> {
  const checkpoint = agent.checkpoint();
  const description = new TextEncoder().encode(`${JSON.stringify(run, undefined, 2)}\n`);
  await saveCheckpoint(folder, { ...checkpoint, files: { ...checkpoint.files, [RUN_FILE]: description } });
}

/**
 * What {@link saveBackgammonRun} saved, with some of the agent's options replaced.
 * @throws CheckpointError when it is not there or not complete.
 * @throws UserError for options that it cannot have.
 */
export async function loadBackgammonRun(
  folder: string,
  changes: Readonly<Record<string, unknown>> = {},
  device?: DeviceChoice,
): Promise<{ readonly run: BackgammonRun; readonly agent: TdGammon }> {
  const checkpoint = await loadCheckpoint(folder);
  const run = readRun(folder, checkpoint);
  const opened = await openDevice(device ?? run.device);
  return {
    run: { ...run, device: device ?? run.device },
    agent: fromUser(() => TdGammon.load(checkpoint, backgammon, { ...changes, device: opened })),
  };
}

function readRun(folder: string, { files }: Checkpoint): BackgammonRun {
  if (!Object.hasOwn(files, RUN_FILE)) {
    throw new CheckpointError(`${folder} was not saved by 'gradus backgammon train': ${RUN_FILE} is missing`);
  }
  return parseJson(runSchema, new TextDecoder().decode(files[RUN_FILE]), `${folder}/${RUN_FILE}`);
}
