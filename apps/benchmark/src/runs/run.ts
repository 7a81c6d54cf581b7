import { join, resolve } from 'node:path';
import { CheckpointError, type Agent, type Checkpoint, type CheckpointOptions, type VectorEnv } from '@gradus/core';
import { loadCheckpoint, saveCheckpoint } from '@gradus/core/node';
import { listEnvs, loadEnvironments, makeEnv } from '../catalog/environments.ts';
import { z } from 'zod';
import { algorithms, type AlgorithmOptions } from '../catalog/algorithms.ts';
import { deviceNames, openDevice, type DeviceChoice } from '../catalog/devices.ts';
import { settingsNames } from '../catalog/settings.ts';
import { importModules, importsFrom } from '../catalog/user-modules.ts';
import { nameHint } from '../files/name-hint.ts';
import { parseJson } from '../files/parse-json.ts';
import { fromUser, messageOf, UserError } from '../user-error.ts';

/** What a training run was started with, besides what its agent knows: kept beside a saved agent as `run.json`. */
const runSchema = z.strictObject({
  algorithm: z.string(),
  environment: z.string(),
  /** Name of the settings. */
  settings: z.enum(settingsNames).optional(),
  /** Environment copies. */
  numEnvs: z.int().min(1),
  /** Environment steps at which it ends. */
  steps: z.int().min(1),
  seed: z.int().min(0),
  device: z.enum(deviceNames),
  /** What the agent scored that was the best of its training; of others there is none. */
  evaluation: z.strictObject({ step: z.int().min(0), mean_return: z.number() }).optional(),
  /** Modules that have its environment or algorithm, seen from its folder. */
  modules: z.array(z.string()).optional(),
});

/** A value that fits the schema of what a training run was started with. */
export type Run = Readonly<z.infer<typeof runSchema>>;

const RUN_FILE = 'run.json';

/** Saves an agent with its run, whole or not at all. */
export async function saveRun(folder: string, run: Run, agent: Agent, options: CheckpointOptions = {}): Promise<void> {
  const checkpoint = agent.checkpoint(options);
  const described: Run = { ...run, ...importsFrom(folder) };
  const description = new TextEncoder().encode(`${JSON.stringify(described, undefined, 2)}\n`);
  await saveCheckpoint(folder, { ...checkpoint, files: { ...checkpoint.files, [RUN_FILE]: description } });
}

/** What {@link saveRun} saved. @throws CheckpointError when it is not there or not complete. */
export async function loadRun(folder: string): Promise<{ readonly run: Run; readonly checkpoint: Checkpoint }> {
  const checkpoint = await loadCheckpoint(folder);
  const description: Uint8Array | undefined = checkpoint.files[RUN_FILE];
  if (description === undefined) {
    throw new CheckpointError(
      `${folder} was not saved by 'gradus train': ${RUN_FILE} is missing; what a program saved, a program goes on with: loadCheckpoint and the algorithm's restore`,
    );
  }
  const source = join(folder, RUN_FILE);
  const run = parseJson(runSchema, new TextDecoder().decode(description), source);
  await loadEnvironments([run.environment]);
  const isKnown = Object.hasOwn(algorithms, run.algorithm) && listEnvs().includes(run.environment);
  // What --import has imported takes the place of modules that were moved.
  if (!isKnown) {
    const modules = run.modules?.map((path) => resolve(folder, path)) ?? [];
    await importModules(modules, `${source} (--import takes its place): modules:`);
  }
  if (!Object.hasOwn(algorithms, run.algorithm)) {
    const hint = nameHint(run.algorithm, Object.keys(algorithms));
    throw new UserError(`${source}: algorithm: unknown algorithm '${run.algorithm}'; ${hint}`);
  }
  // Which knows ids that are like it.
  if (!listEnvs().includes(run.environment)) fromUser(() => makeEnv(run.environment), `${source}: environment`);
  return { run, checkpoint };
}

/** How a saved agent is loaded. */
export interface LoadRunAgentOptions {
  /** By default the one that it was trained on. */
  readonly device?: DeviceChoice | undefined;
  /** To go on learning in; by default it can act alone. */
  readonly env?: VectorEnv;
  /** Options that shall be others than they were. */
  readonly changes?: AlgorithmOptions;
}

/**
 * The saved agent.
 * @throws CheckpointError where the files do not make an agent.
 * @throws UserError for `changes`, or a number of copies, that it cannot have.
 */
export async function loadRunAgent(
  run: Run,
  checkpoint: Checkpoint,
  { device = run.device, env, changes = {} }: LoadRunAgentOptions = {},
): Promise<Agent> {
  const opened = await openDevice(device);
  try {
    return algorithms[run.algorithm].load(checkpoint, { ...changes, device: opened, ...(env && { env }) });
  } catch (error) {
    if (error instanceof CheckpointError) throw error;
    const isChanged = Object.keys(changes).length > 0 || (env !== undefined && env.numEnvs !== run.numEnvs);
    if (error instanceof RangeError && isChanged) throw new UserError(error.message);
    // Whatever an algorithm makes of files that are whole but say what it has never written.
    throw new CheckpointError(`checkpoint: no ${run.algorithm} can be made of it: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
