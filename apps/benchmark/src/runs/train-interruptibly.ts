import { join } from 'node:path';
import { train, type Callback, type Learner } from '@gradus/core';
import { consoleProgress, csvLogger, tensorBoardLogger } from '@gradus/core/node';
import { count, trainingTime, type TrainingTime } from './results.ts';
import { makeFolder } from '../files/make-folder.ts';
import { Interrupted, messageOf, UserError } from '../user-error.ts';
import { watchSignals } from './watch-signals.ts';

/** How to train. */
export interface TrainInterruptiblyOptions<Trained extends Learner> {
  /** Environment steps at which training ends. */
  readonly steps: number;
  /** Whether to show no progress. */
  readonly quiet: boolean;
  /** Folder for `progress.csv` and TensorBoard's event files. */
  readonly log?: string | undefined;
  /** Keeps the agent of a run that was stopped, and says in words how to go on with it. */
  readonly keep?: () => Promise<string>;
  /** Keeps the agent of a run that goes on, so that a process that is killed loses no more. */
  readonly checkpoint?: () => Promise<void>;
  /** Seconds between two calls of `checkpoint`. */
  readonly checkpointEvery?: number;
  /** What evaluates the agent meanwhile, in so many seconds that are none of training's. */
  readonly evaluation?: { readonly callback: Callback<Trained>; readonly seconds: number } | undefined;
}

/** Keeping agents takes up at most so great a part of the time, however large they are. */
const KEEPING_SHARE = 0.05;

/**
 * Trains `agent`, or whatever else learns. Ctrl-C, a request to terminate, or the end of the terminal, ends it after the running update; a second one ends
 * the process at once. Says where there is nothing to do.
 * @throws Interrupted when it was stopped.
 * @throws UserError where `log` cannot be made.
 */
export async function trainInterruptibly<Trained extends Learner>(
  agent: Trained,
  options: TrainInterruptiblyOptions<Trained>,
): Promise<TrainingTime> {
  const { steps, quiet, log, keep, checkpoint, checkpointEvery = Infinity, evaluation } = options;
  if (agent.step >= steps) {
    console.error(
      `nothing to do: ${count(agent.step)} of ${count(steps)} steps are done; --more-steps counts from now`,
    );
    return { steps_per_second: 0, seconds: 0 };
  }
  if (log !== undefined) await makeLogFolder(log);
  const firstStep = agent.step;
  let stop: ((reason: string) => void) | undefined;
  const release = watchSignals((signal) => stop?.(signal));
  const stoppable: Callback<Learner> = {
    onStart: (training) => {
      stop = (reason) => training.stop(reason);
    },
  };
  const keeper = keepNowAndThen(checkpointEvery, async () => checkpoint?.());
  try {
    const { seconds, stopReason } = await train(agent, {
      steps,
      callbacks: [
        stoppable,
        ...(evaluation === undefined ? [] : [evaluation.callback]),
        ...(quiet ? [] : [consoleProgress()]),
        ...(log === undefined ? [] : [csvLogger(join(log, 'progress.csv')), tensorBoardLogger(log)]),
        keeper.callback,
      ],
    });
    if (stopReason === undefined) {
      return trainingTime(agent.step - firstStep, seconds - keeper.seconds - (evaluation?.seconds ?? 0));
    }
    const advice = await keep?.();
    const end = `stopped by ${stopReason} at step ${count(agent.step)} of ${count(steps)}`;
    throw new Interrupted(advice === undefined ? end : `${end}; ${advice}`);
  } finally {
    release();
  }
}

/** Calls `keep` after an update when that is due; `seconds`: how long that has taken in all. */
function keepNowAndThen(
  every: number,
  keep: () => Promise<unknown>,
): { readonly callback: Callback<Learner>; readonly seconds: number } {
  let total = 0;
  let due = Infinity;
  return {
    callback: {
      onStart: () => {
        due = performance.now() / 1000 + every;
      },
      onProgress: async () => {
        const before = performance.now() / 1000;
        if (before < due) return;
        try {
          await keep();
        } catch (error) {
          // There may be room again when training ends, or somewhere else.
          console.error(`the agent could not be saved: ${messageOf(error)}; training goes on`);
        }
        const after = performance.now() / 1000;
        total += after - before;
        due = after + Math.max(every, (after - before) / KEEPING_SHARE);
      },
    },
    get seconds() {
      return total;
    },
  };
}

async function makeLogFolder(folder: string): Promise<void> {
  try {
    await makeFolder(folder);
  } catch (error) {
    throw new UserError(`--log ${folder}: ${messageOf(error)}`);
  }
}
