import { train, type Agent, type Callback } from '@gradus/core';
import { consoleProgress } from '@gradus/core/node';
import { count, trainingTime, type TrainingTime } from './results.ts';
import { Interrupted } from './user-error.ts';

/** How to train. */
export interface TrainInterruptiblyOptions {
  /** Environment steps at which training ends. */
  readonly steps: number;
  /** Whether to show no progress. */
  readonly quiet: boolean;
  /** Keeps the agent of a run that was stopped, and says in words how to go on with it. */
  readonly keep?: () => Promise<string>;
}

/**
 * Trains `agent`. Ctrl-C, or a request to terminate, ends it after the running update; a second one ends the process at once.
 * @throws Interrupted when it was stopped.
 */
export async function trainInterruptibly(agent: Agent, options: TrainInterruptiblyOptions): Promise<TrainingTime> {
  const { steps, quiet, keep } = options;
  const firstStep = agent.step;
  const { callback, release } = watchSignals();
  try {
    const { seconds, stopReason } = await train(agent, {
      steps,
      callbacks: [callback, ...(quiet ? [] : [consoleProgress()])],
    });
    if (stopReason === undefined) return trainingTime(agent.step - firstStep, seconds);
    const advice = await keep?.();
    const end = `stopped by ${stopReason} at step ${count(agent.step)} of ${count(steps)}`;
    throw new Interrupted(advice === undefined ? end : `${end}; ${advice}`);
  } finally {
    release();
  }
}

/** Milliseconds within which a second signal is the same Ctrl-C, passed on by the package manager that runs this. */
const ECHO = 500;

interface SignalWatch {
  /** Stops the training that it is given to. */
  readonly callback: Callback;
  /** Lets signals end the process again. */
  readonly release: () => void;
}

function watchSignals(): SignalWatch {
  let stop: ((reason: string) => void) | undefined;
  let first: number | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    if (first !== undefined && performance.now() - first > ECHO) process.exit(130);
    first ??= performance.now();
    stop?.(signal);
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, handle);
  return {
    callback: {
      onStart: (training) => {
        stop = (reason) => training.stop(reason);
      },
    },
    release: () => {
      for (const signal of signals) process.off(signal, handle);
    },
  };
}
