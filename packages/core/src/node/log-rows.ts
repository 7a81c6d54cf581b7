import { checkArguments, checkOptions, optional, positiveInteger } from '@gradus/tensor';
import { aPath } from '../options/argument-checks.ts';
import type { Metrics, Progress } from '../training/progress.ts';
import { stepInterval } from '../training/step-interval.ts';
import type { Learner } from '../training/agent.ts';
import type { Callback } from '../training/train.ts';
import { LogError } from '../errors.ts';
import { describeError } from './log-file.ts';
import { lockPath } from './path-lock.ts';

/** How often to log. */
export interface LoggerOptions {
  /**
   * A row is written at the first update past each multiple of so many environment steps: 1,000 by default, which costs about a
   * microsecond an update, be they as fast as they may; 1 for every update. What callbacks have recorded gets a row at once, and the last
   * update one in any case.
   */
  readonly interval?: number | undefined;
}

/** One row of a log. */
export interface LogRow {
  /** Environment steps done. */
  readonly step: number;
  /** Episodes finished. */
  readonly episodes: number;
  readonly metrics: Metrics;
}

/** Where rows go. */
export interface LogTarget {
  /** The file or folder, which no other logger may write to meanwhile. */
  readonly path: string;
  /** Where the lock for it is, without `.lock`. Default: at `path`. */
  readonly lock?: string;
  /** Opens what is there and drops its rows past `step`; for a new agent, whose step is 0, there must be none. */
  start(step: number): void;
  write(row: LogRow): void;
}

/** The callback of a logger: chooses the updates of which `target` gets a row. */
export function logRows(subject: string, target: LogTarget, options: LoggerOptions): Callback<Learner> {
  const { interval = 1000 } = options;
  const turns = stepInterval(subject, interval);
  /** The last update, while it has no row. */
  let unwritten: Progress | undefined;
  let unlock: (() => void) | undefined;
  const write = ({ step, episodes, metrics }: Progress, recorded: Metrics): void => {
    unwritten = undefined;
    target.write({ step, episodes, metrics: { ...metrics, ...recorded } });
  };
  return {
    onStart({ agent }) {
      unwritten = undefined;
      turns.start(agent.step);
      try {
        unlock = lockPath(target.lock ?? target.path);
      } catch (error) {
        throw describeError(target.path, 'opened', error);
      }
      target.start(agent.step);
    },
    onProgress(progress, { recorded }) {
      const isDue = turns.passed(progress.step);
      if (isDue || Object.keys(recorded).length > 0) write(progress, recorded);
      else unwritten = progress;
    },
    onEnd(_, { recorded }) {
      try {
        if (unwritten !== undefined) write(unwritten, recorded);
      } finally {
        unlock?.();
        unlock = undefined;
      }
    },
  };
}

/** Throws `RangeError` for what a logger cannot be made with. */
export function checkLogger(subject: string, path: string, options: LoggerOptions): void {
  checkArguments(subject, { path }, { path: aPath });
  checkOptions(subject, options, { interval: optional(positiveInteger) });
}

/** Throws `LogError` where a new agent is about to log to `path`, which has rows: they are another run's. */
export function refuseOtherRun(path: string, step: number, hasRows: boolean): void {
  if (step > 0 || !hasRows) return;
  throw new LogError(
    `${path}: expected nothing yet, as the agent is new, found the log of another run; log elsewhere, or delete it`,
  );
}

/**
 * Bytes of a text log to keep: its lines from byte `start` on up to the first for which `isKept` is false. A last line without a
 * line break was cut off while it was written and is not kept.
 */
export function keptBytes(content: Uint8Array, start: number, isKept: (line: string) => boolean): number {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  let end = start;
  for (;;) {
    const lineBreak = text.indexOf('\n', end);
    if (lineBreak < 0 || !isKept(text.toString('utf8', end, lineBreak))) return end;
    end = lineBreak + 1;
  }
}
