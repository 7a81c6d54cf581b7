import { join } from 'node:path';
import { train, type Agent, type Callback } from '@gradus/core';
import { consoleProgress, csvLogger, tensorBoardLogger } from '@gradus/core/node';
import { count, trainingTime, type TrainingTime } from './results.ts';
import { makeFolder } from './make-folder.ts';
import { Interrupted, messageOf, UserError } from './user-error.ts';
import { watchSignals } from './watch-signals.ts';

/** How to train. */
export interface TrainInterruptiblyOptions {
  /** Environment steps at which training ends. */
  readonly steps: number;
  /** Whether to show no progress. */
  readonly quiet: boolean;
  /** Folder for `progress.csv` and TensorBoard's event files. */
  readonly log?: string | undefined;
  /** Keeps the agent of a run that was stopped, and says in words how to go on with it. */
  readonly keep?: () => Promise<string>;
}

/**
 * Trains `agent`. Ctrl-C, or a request to terminate, ends it after the running update; a second one ends the process at once.
 * @throws Interrupted when it was stopped.
 * @throws UserError where `log` cannot be made.
 */
export async function trainInterruptibly(agent: Agent, options: TrainInterruptiblyOptions): Promise<TrainingTime> {
  const { steps, quiet, log, keep } = options;
  if (log !== undefined) await makeLogFolder(log);
  const firstStep = agent.step;
  let stop: ((reason: string) => void) | undefined;
  const release = watchSignals((signal) => stop?.(signal));
  const stoppable: Callback = {
    onStart: (training) => {
      stop = (reason) => training.stop(reason);
    },
  };
  try {
    const { seconds, stopReason } = await train(agent, {
      steps,
      callbacks: [
        stoppable,
        ...(quiet ? [] : [consoleProgress()]),
        ...(log === undefined ? [] : [csvLogger(join(log, 'progress.csv')), tensorBoardLogger(log)]),
      ],
    });
    if (stopReason === undefined) return trainingTime(agent.step - firstStep, seconds);
    const advice = await keep?.();
    const end = `stopped by ${stopReason} at step ${count(agent.step)} of ${count(steps)}`;
    throw new Interrupted(advice === undefined ? end : `${end}; ${advice}`);
  } finally {
    release();
  }
}

async function makeLogFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    throw new UserError(`--log ${folder}: ${messageOf(error)}`);
  }
}
