import { checkOptions, optional } from '@gradus/tensor';
import cliProgress from 'cli-progress';
import { havingMethods, text } from '../options/argument-checks.ts';
import type { Progress } from '../training/progress.ts';
import type { Learner } from '../training/agent.ts';
import type { Callback } from '../training/train.ts';

/** Standard output, standard error or the like. Not by Node's types, without which programs compile, too. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** How progress is shown. */
export interface ConsoleProgressOptions {
  /** Stands before the bar; by default the algorithm's name. */
  readonly title?: string | undefined;
  /** Where to write; by default standard error, so that results on standard output stay clean. */
  readonly stream?: OutputStream | undefined;
}

/** Lines printed over a whole training where no terminal can show a bar. */
const LINES = 10;

/**
 * Shows training progress: a bar with speed and time left in a terminal, else a line for every tenth of the steps. What is told besides is the mean return of
 * episodes, or the `reward` and the `loss` among the metrics where there are such, as those of language models' trainers.
 */
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
    format: '{title} {bar} {percentage}% | {value}/{total} steps{standing} | {speed} steps/s | {eta_formatted} left',
    stream: stream as NodeJS.WritableStream,
    hideCursor: true,
    stopOnComplete: false,
    gracefulExit: false,
  });
  return {
    onStart: ({ agent, totalSteps }) =>
      bar.start(totalSteps, agent.step, { title: title ?? agent.algorithm, standing: '', speed: '–' }),
    onProgress: (progress) =>
      bar.update(Math.min(progress.step, progress.totalSteps), {
        standing: formatStanding(progress),
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
        `${title ?? agent.algorithm} ${percentage} | ${progress.step}/${progress.totalSteps} steps` +
          `${formatStanding(progress)} | ${formatSpeed(progress)} steps/s\n`,
      );
    },
  };
}

/** How well it does: what trainers of language models report of it, a reward, a loss or both; else the return of episodes. */
function formatStanding({ episodeReturn, metrics }: Progress): string {
  const reported = ['reward', 'loss'].filter((name) => Object.hasOwn(metrics, name));
  if (reported.length > 0) return reported.map((name) => ` | ${name} ${metrics[name].toFixed(3)}`).join('');
  return ` | return ${Number.isNaN(episodeReturn) ? '–' : episodeReturn.toFixed(1)}`;
}

function formatSpeed({ metrics }: Progress): string {
  return Math.round(metrics['time/steps_per_second']).toLocaleString('en-US');
}
