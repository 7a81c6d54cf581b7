import type { Agent, LearnOptions } from './agent.ts';
import type { Progress } from './progress.ts';

/** A training run, as its callbacks see it. */
export interface Training {
  readonly agent: Agent;
  /** Environment steps at which it ends. */
  readonly totalSteps: number;
  /** Ends it after the present update; `reason` in a few words. */
  stop(reason: string): void;
}

/** Something that watches a training run: a logger, a progress bar, an early stop. What a method returns is awaited. */
export interface Callback {
  /** Before the first update. */
  onStart?(training: Training): unknown;
  /** After each update. */
  onProgress?(progress: Progress, training: Training): unknown;
  /** At the end, also after an error: `summary.error` is then set. */
  onEnd?(summary: TrainingSummary, training: Training): unknown;
}

/** How a training run ended. */
export interface TrainingSummary {
  /** The last progress; undefined if there was none. */
  readonly progress: Progress | undefined;
  /** Wall-clock seconds. */
  readonly seconds: number;
  /** Why it ended before its steps were done; undefined if they were. */
  readonly stopReason: string | undefined;
  /** What it failed with, if it did. */
  readonly error: unknown;
}

/** What `train` may be given. */
export interface TrainOptions extends LearnOptions {
  /** Called in this order. */
  readonly callbacks?: readonly Callback[] | undefined;
}

/** Milliseconds after which the event loop gets a turn, so that Ctrl-C, timers and pages keep working. */
const TURN_INTERVAL = 50;

/**
 * Runs `agent.learn` to its end with callbacks; whoever needs no callbacks loops over `learn` directly.
 * An error in learning or in a callback ends the run and is thrown after the `onEnd` callbacks.
 */
export async function train(agent: Agent, options: TrainOptions): Promise<TrainingSummary> {
  const { steps, callbacks = [] } = options;
  const startTime = performance.now();
  const outcome: { progress: Progress | undefined; stopReason: string | undefined } = {
    progress: undefined,
    stopReason: undefined,
  };
  const training: Training = {
    agent,
    totalSteps: steps,
    stop(reason) {
      outcome.stopReason ??= reason;
    },
  };
  const summarize = (error?: unknown): TrainingSummary => {
    return { ...outcome, seconds: (performance.now() - startTime) / 1000, error };
  };
  const end = async (summary: TrainingSummary): Promise<TrainingSummary> => {
    for (const callback of callbacks) await callback.onEnd?.(summary, training);
    return summary;
  };
  try {
    for (const callback of callbacks) await callback.onStart?.(training);
    let lastTurn = startTime;
    for (const progress of outcome.stopReason === undefined ? agent.learn({ steps }) : []) {
      outcome.progress = progress;
      for (const callback of callbacks) await callback.onProgress?.(progress, training);
      if (performance.now() - lastTurn > TURN_INTERVAL) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        lastTurn = performance.now();
      }
      // Set by a callback, or by a signal while the event loop had its turn.
      if (outcome.stopReason !== undefined) break;
    }
  } catch (error) {
    await end(summarize(error));
    throw error;
  }
  return end(summarize());
}
