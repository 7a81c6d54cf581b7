import { existsSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkArguments, flag, optional, positiveInteger } from '@gradus/tensor';
import { MANIFEST } from '../checkpoints/checkpoint.ts';
import type { CheckpointOptions, Learner } from '../training/agent.ts';
import { CheckpointError } from '../errors.ts';
import { aPath, stepLimit } from '../options/argument-checks.ts';
import { stepInterval } from '../training/step-interval.ts';
import type { Callback, Training } from '../training/train.ts';
import { lockPath } from './path-lock.ts';
import { saveCheckpoint, sweepCheckpoint } from './checkpoint-folder.ts';

/** Where to save, how often, and how much to keep. */
export interface CheckpointsOptions extends CheckpointOptions {
  /** Gets a folder `step-<step>` for each checkpoint. */
  readonly folder: string;
  /** Environment steps between checkpoints. */
  readonly interval: number;
  /** The newest so many are kept, 3 by default; `Infinity` keeps all, as CheckpointCallback of Stable-Baselines3 does. */
  readonly keep?: number | undefined;
}

/**
 * Saves the agent, with the state of the callbacks, whenever training has passed a multiple of `interval` steps, and at its end
 * unless that is an error. Stands last, so that what the other callbacks did at that step is saved too. To resume:
 *
 * ```ts
 * const checkpoint = await loadCheckpoint((await latestCheckpoint('runs/checkpoints'))!);
 * await train(Ppo.restore(checkpoint, env), { steps, callbacks, resume: checkpoint });
 * ```
 *
 * Throws `RangeError` for options out of range and, where training starts, `CheckpointError` if the folder has checkpoints of later
 * steps, which are of another training and would take the place of this one's, or if another training is saving there.
 */
export function checkpoints(options: CheckpointsOptions): Callback<Learner> {
  checkArguments('checkpoints', options, {
    folder: aPath,
    interval: positiveInteger,
    keep: optional(stepLimit),
    saveReplay: optional(flag),
  });
  const { folder, interval, keep = 3, saveReplay } = options;
  const turns = stepInterval('checkpoints', interval);
  let savedStep: number;
  let unlock: (() => void) | undefined;
  const save = async (training: Training<Learner>): Promise<void> => {
    savedStep = training.agent.step;
    await saveCheckpoint(pathOf(folder, savedStep), training.checkpoint({ saveReplay }));
    const steps = await listSteps(folder, true);
    // From the oldest on: keep is finite where there is one to delete.
    for (const step of steps.slice(0, Math.max(0, steps.length - keep))) await remove(pathOf(folder, step));
  };
  return {
    async onStart({ agent }) {
      savedStep = agent.step;
      turns.start(agent.step);
      const newest = (await listSteps(folder)).at(-1);
      if (newest !== undefined && newest > agent.step) {
        throw new CheckpointError(
          `${folder}: expected no checkpoints past step ${agent.step}, where training starts, found one of step ${newest}`,
        );
      }
      try {
        unlock = lockPath(join(folder, 'checkpoints'));
      } catch (error) {
        throw describeError(folder, 'written', error);
      }
    },
    async onProgress({ step }, training) {
      if (turns.passed(step)) await save(training);
    },
    async onEnd({ error }, training) {
      try {
        if (error === undefined && training.agent.step !== savedStep) await save(training);
      } finally {
        unlock?.();
        unlock = undefined;
      }
    },
  };
}

/** Path of the newest checkpoint that `checkpoints` saved in `folder`; undefined where there is none. */
export async function latestCheckpoint(folder: string): Promise<string | undefined> {
  checkArguments('latestCheckpoint', { folder }, { folder: aPath });
  const newest = (await listSteps(folder)).at(-1);
  return newest === undefined ? undefined : pathOf(folder, newest);
}

function pathOf(folder: string, step: number): string {
  return join(folder, `step-${step}`);
}

/** Steps of the checkpoints in `folder`, in ascending order; with `sweep` what is left of others is removed. */
async function listSteps(folder: string, sweep = false): Promise<number[]> {
  try {
    const names = await readdir(folder);
    const found = names.flatMap((name) => /^step-(\d+)$/.exec(name)?.slice(1).map(Number) ?? []);
    const steps: number[] = [];
    for (const step of found) {
      const path = pathOf(folder, step);
      // Missing where the process was killed while it saved or removed it.
      if (existsSync(join(path, MANIFEST))) steps.push(step);
      else if (sweep) await sweepCheckpoint(path).then(() => rmdir(path).catch(() => undefined));
    }
    return steps.sort((a, b) => a - b);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw describeError(folder, 'read', error);
  }
}

async function remove(path: string): Promise<void> {
  try {
    // First, so that what is left of it after a kill is no checkpoint.
    await rm(join(path, MANIFEST));
    await rm(path, { recursive: true });
  } catch (error) {
    throw describeError(path, 'deleted', error);
  }
}

function describeError(path: string, verb: string, error: unknown): CheckpointError {
  const reason = error instanceof Error ? error.message : String(error);
  return new CheckpointError(`${path} cannot be ${verb}: ${reason}`, { cause: error });
}
