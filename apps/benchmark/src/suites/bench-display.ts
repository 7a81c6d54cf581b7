import type { OutputStream } from '@gradus/core/node';
import cliProgress from 'cli-progress';
import type { RunProgress } from '../runs/execute-run.ts';
import type { PlannedRun } from '../runs/planned-run.ts';
import { count, scoreText } from '../runs/results.ts';
import type { RunRecord } from '../runs/run-record.ts';
import { TimeLeft, leftText } from './time-left.ts';

/** Shows how a bench goes. */
export interface BenchDisplay {
  start(run: PlannedRun): void;
  progress(run: PlannedRun, progress: RunProgress): void;
  /** A run is over; `text` says how. */
  end(run: PlannedRun, text: string): void;
  /** A line about no run in particular. */
  say(text: string): void;
  /** Takes what moves away; lines stay. */
  close(): void;
}

/** How a run ended that was finished. */
export function recordText(record: RunRecord): string {
  const { seconds, steps_per_second } = record.timing;
  return `${scoreText(record)}, ${seconds.toFixed(1)} s, ${count(steps_per_second)} steps/s`;
}

/** Nothing about runs. */
export const noDisplay: BenchDisplay = {
  start: () => undefined,
  progress: () => undefined,
  end: () => undefined,
  say: (text) => console.error(text),
  close: () => undefined,
};

/**
 * In a terminal a bar for all runs and one for each that is going, else a line now and then; a line for each that ends.
 * @param runs those that are to be executed
 * @param done how many of the suite were finished before
 */
export function benchDisplay(
  runs: readonly PlannedRun[],
  done: number,
  stream: OutputStream = process.stderr,
): BenchDisplay {
  const overall = new Overall(runs, done);
  return stream.isTTY === true ? bars(overall, stream) : lines(overall, stream);
}

/** What is common to both ways to show it. */
class Overall {
  readonly total: number;
  ended: number;
  private readonly timeLeft: TimeLeft;

  constructor(runs: readonly PlannedRun[], done: number) {
    this.total = runs.length + done;
    this.ended = done;
    this.timeLeft = new TimeLeft(runs);
  }

  advance(run: PlannedRun, step: number): void {
    this.timeLeft.advance(run, step, performance.now() / 1000);
  }

  end(run: PlannedRun): void {
    this.timeLeft.end(run, performance.now() / 1000);
    this.ended++;
  }

  get left(): string {
    const shown = this.timeLeft.shown();
    return shown === undefined ? 'time left not known yet' : leftText(shown);
  }
}

/** `ppo-zoo/CartPole-v1/3`: an id without its hash. */
function title({ label, environment, seed }: PlannedRun): string {
  return `${label}/${environment}/${seed}`;
}

function bars(overall: Overall, stream: OutputStream): BenchDisplay {
  const multi = new cliProgress.MultiBar({
    stream: stream as NodeJS.WritableStream,
    hideCursor: true,
    gracefulExit: false,
    clearOnComplete: true,
  });
  const all = multi.create(
    overall.total,
    overall.ended,
    { left: overall.left },
    { format: 'all runs {bar} {percentage}% | {value}/{total} runs | {left}' },
  );
  const going = new Map<string, cliProgress.SingleBar>();
  const end = (run: PlannedRun, text: string): void => {
    const bar = going.get(run.id);
    if (bar !== undefined) multi.remove(bar);
    going.delete(run.id);
    overall.end(run);
    multi.log(`${title(run)}: ${text}\n`);
    all.update(overall.ended, { left: overall.left });
  };
  return {
    start: (run) => {
      const format = '{title} {bar} {percentage}% | {value}/{total} steps | return {return}';
      going.set(run.id, multi.create(run.steps, 0, { title: title(run), return: '–' }, { format }));
    },
    progress: (run, { step, episodeReturn }) => {
      overall.advance(run, step);
      const shown = Number.isNaN(episodeReturn) ? '–' : episodeReturn.toFixed(1);
      going.get(run.id)?.update(Math.min(step, run.steps), { return: shown });
      all.update({ left: overall.left });
    },
    end,
    say: (text) => multi.log(`${text}\n`),
    close: () => {
      // Writes the lines that were logged last.
      multi.update();
      multi.stop();
    },
  };
}

/** Seconds between lines about runs that have not ended. */
const LINE_INTERVAL = 30;

function lines(overall: Overall, stream: OutputStream): BenchDisplay {
  let last = performance.now();
  const write = (text: string): void => {
    last = performance.now();
    stream.write(`[${overall.ended}/${overall.total}] ${text}\n`);
  };
  const end = (run: PlannedRun, text: string): void => {
    overall.end(run);
    const line = `${title(run)}: ${text}`;
    write(overall.ended < overall.total ? `${line}; ${overall.left}` : line);
  };
  return {
    start: () => undefined,
    progress: (run, { step }) => {
      overall.advance(run, step);
      if (performance.now() - last < LINE_INTERVAL * 1000) return;
      write(`${title(run)}: ${count(step)} of ${count(run.steps)} steps; ${overall.left}`);
    },
    end,
    say: write,
    close: () => undefined,
  };
}
