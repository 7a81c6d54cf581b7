import type { Agent, CheckpointOptions, Learner, LearnMoreOptions, LearnOptions } from './agent.ts';
import { learnSteps } from './agent-options.ts';
import { checkCheckpoint, type Checkpoint } from '../checkpoints/checkpoint.ts';
import { checkArguments, checkOptions, optional, positiveInteger, type OptionCheck } from '@gradus/tensor';
import { anObject, havingMethods } from '../options/argument-checks.ts';
import type { Metrics, Progress } from './progress.ts';
import { readStates, type Stateful } from '../checkpoints/state.ts';

/** A training run, as its callbacks see it. */
export interface Training<Trained extends Learner = Agent> {
  readonly agent: Trained;
  /** Environment steps at which it ends. */
  readonly totalSteps: number;
  /** What callbacks have recorded at the present update, besides its `progress.metrics`. */
  readonly recorded: Metrics;
  /** Hands metrics of the present update, such as an evaluation's, to the callbacks after this one. */
  record(metrics: Metrics): void;
  /** The agent's checkpoint, and in it the state of the callbacks that have one: what `TrainOptions.resume` takes. */
  checkpoint(options?: CheckpointOptions): Checkpoint;
  /** Ends it after the present update; `reason` in a few words. */
  stop(reason: string): void;
}

/**
 * Something that watches a training run: a logger, a progress bar, an early stop. What a method returns is awaited. One that must
 * remember something when training is resumed, such as a best score, has `getState` and `setState`.
 */
export interface Callback<Trained extends Learner = Agent> extends Partial<Stateful> {
  /** Before the first update. */
  onStart?(training: Training<Trained>): unknown;
  /** After each update. */
  onProgress?(progress: Progress, training: Training<Trained>): unknown;
  /** At the end, also after an error: `summary.error` is then set. */
  onEnd?(summary: TrainingSummary, training: Training<Trained>): unknown;
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

/** What `train` may be given besides how long to learn. */
interface TrainHooks<Trained extends Learner = Agent> {
  /** Called in this order. */
  readonly callbacks?: readonly Callback<Trained>[] | undefined;
  /**
   * The checkpoint of `Training.checkpoint` from which the agent was loaded: callbacks with a state get theirs back, in the order
   * in which they stand in `callbacks`. Throws `CheckpointError` where it has not as many.
   */
  readonly resume?: Checkpoint | undefined;
}

/** What `train` may be given: `steps`, counted from the agent's first one, or `moreSteps`, counted from now, as `Agent.learn`, and the rest. */
export type TrainOptions<Trained extends Learner = Agent> = (LearnOptions | LearnMoreOptions) & TrainHooks<Trained>;

/** Milliseconds after which the event loop gets a turn, so that Ctrl-C, timers and pages keep working. */
const TURN_INTERVAL = 50;

const aLearner = havingMethods('an agent or a trainer (with learn and checkpoint)', 'learn', 'checkpoint');

const someCallbacks: OptionCheck = {
  expected: 'a list of callbacks, objects with onProgress, onStart or onEnd',
  accepts: (value) => Array.isArray(value) && value.every(isCallback),
};

function isCallback(value: unknown): boolean {
  return anObject.accepts(value) && ['onStart', 'onProgress', 'onEnd'].some((name) => name in (value as object));
}

/** The entry of a checkpoint's state with the states of the callbacks. */
const CALLBACKS = 'callbacks';

/**
 * Runs `agent.learn`, of an agent or of whatever else learns, to its end with callbacks; whoever needs no callbacks loops over `learn` directly.
 * An error in learning or in a callback ends the run and is thrown after the `onEnd` callbacks, all of which are called.
 */
export async function train<Trained extends Learner>(
  agent: Trained,
  options: TrainOptions<Trained>,
): Promise<TrainingSummary> {
  checkArguments('train', { agent }, { agent: aLearner });
  checkOptions<LearnOptions & LearnMoreOptions & TrainHooks<Trained>>('train', options, {
    steps: optional(positiveInteger),
    moreSteps: optional(positiveInteger),
    callbacks: optional(someCallbacks),
    resume: optional(anObject),
  });
  const { callbacks = [], resume, ...howLong } = options;
  const totalSteps = learnSteps(howLong, agent.step);
  if (resume !== undefined) checkCheckpoint(resume);
  const stateful = callbacks.filter(isStateful);
  let recorded: Metrics = {};
  const startTime = performance.now();
  const outcome: { progress: Progress | undefined; stopReason: string | undefined } = {
    progress: undefined,
    stopReason: undefined,
  };
  const training: Training<Trained> = {
    agent,
    totalSteps,
    get recorded() {
      return recorded;
    },
    record(metrics) {
      recorded = { ...recorded, ...metrics };
    },
    checkpoint(options) {
      const checkpoint = agent.checkpoint(options);
      const states = stateful.map((callback) => callback.getState());
      return { ...checkpoint, state: { ...checkpoint.state, [CALLBACKS]: states } };
    },
    stop(reason) {
      outcome.stopReason ??= reason;
    },
  };
  const summarize = (error?: unknown): TrainingSummary => {
    return { ...outcome, seconds: (performance.now() - startTime) / 1000, error };
  };
  const end = async (summary: TrainingSummary): Promise<TrainingSummary> => {
    const failures: unknown[] = [];
    for (const callback of callbacks) {
      try {
        await callback.onEnd?.(summary, training);
      } catch (error) {
        failures.push(error);
      }
    }
    // The training's own error is the one to tell, and these are often its echo.
    if (failures.length > 0 && summary.error === undefined) throw failures[0];
    return summary;
  };
  try {
    // A checkpoint of the agent alone will do where no callback has a state.
    if (resume !== undefined && (stateful.length > 0 || CALLBACKS in resume.state)) {
      const states = readStates(resume.state, CALLBACKS, stateful.length);
      for (const [index, callback] of stateful.entries()) callback.setState(states[index]);
    }
    for (const callback of callbacks) await callback.onStart?.(training);
    let lastTurn = startTime;
    for await (const progress of outcome.stopReason === undefined ? agent.learn({ steps: totalSteps }) : []) {
      outcome.progress = progress;
      recorded = {};
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

function isStateful<Trained extends Learner>(callback: Callback<Trained>): callback is Callback<Trained> & Stateful {
  return callback.getState !== undefined && callback.setState !== undefined;
}
