import { checkOptions, optional } from '@gradus/tensor';
import cliProgress from 'cli-progress';
import { havingMethods, text } from '../options/argument-checks.ts';
import type { Progress } from '../training/progress.ts';
import type { Learner } from '../training/agent.ts';
import type { Callback } from '../training/train.ts';

/** Standard output, standard error or the like. */
export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** How progress is shown. */
export interface ConsoleProgressOptions {
  /** Stands before the bar; by default the algorithm's name. */
  readonly title?: string | undefined;
  /** Where to write; by default standard error, so that results on standard output stay clean. */
  readonly stream?: OutputStream | undefined;
}

/** Lines printed over a whole training where no terminal can show a bar. */
const LINES = 10;

/** Shows training progress: a bar with speed and time left in a terminal, else a line for every tenth of the steps. */
export function consoleProgress(options: ConsoleProgressOptions = {}): Callback<Learner> {
  checkOptions('consoleProgress', options, {
    title: optional(text),
    stream: optional(havingMethods('a stream (with write)', 'write')),
  });
  const { title, stream = process.stderr } = options;
  return stream.isTTY ? progressBar(title, stream) : progressLines(title, stream);
}

function progressBar(title: string | undefined, stream: OutputStream): Callback<Learner> {
  const bar = new cliProgress.SingleBar({
    format:
      '{title} {bar} {percentage}% | {value}/{total} steps | return {return} | {speed} steps/s | {eta_formatted} left',
    stream,
    hideCursor: true,
    stopOnComplete: false,
    gracefulExit: false,
  });
  return {
    onStart: ({ agent, totalSteps }) =>
      bar.start(totalSteps, agent.step, { title: title ?? agent.algorithm, return: '–', speed: '–' }),
    onProgress: (progress) =>
      bar.update(Math.min(progress.step, progress.totalSteps), {
        return: formatReturn(progress),
        speed: formatSpeed(progress),
      }),
    onEnd: () => bar.stop(),
  };
}

function progressLines(title: string | undefined, stream: OutputStream): Callback<Learner> {
  let printed = 0;
  return {
    onStart: ({ agent, totalSteps }) => {
      printed = Math.floor((LINES * agent.step) / totalSteps);
    },
    onProgress: (progress, { agent }) => {
      const part = progress.step / progress.totalSteps;
      const due = Math.min(Math.floor(LINES * part), LINES);
      if (due <= printed) return;
      printed = due;
      const percentage = `${Math.min(Math.floor(100 * part), 100)}%`.padStart(4);
      stream.write(
        `${title ?? agent.algorithm} ${percentage} | ${progress.step}/${progress.totalSteps} steps | ` +
          `return ${formatReturn(progress)} | ${formatSpeed(progress)} steps/s\n`,
      );
    },
  };
}

function formatReturn({ episodeReturn }: Progress): string {
  return Number.isNaN(episodeReturn) ? '–' : episodeReturn.toFixed(1);
}

function formatSpeed({ metrics }: Progress): string {
  return Math.round(metrics['time/steps_per_second']).toLocaleString('en-US');
}
