import { LogError } from '../errors.ts';
import type { Learner } from '../training/agent.ts';
import type { Callback } from '../training/train.ts';
import { LogFile } from './log-file.ts';
import { checkLogger, keptBytes, logRows, refuseOtherRun, type LoggerOptions, type LogRow } from './log-rows.ts';

/**
 * Logs metrics as JSON Lines: `{"step":2048,"episodes":93,"rollout/episode_return":22.1,…}`. NaN and the infinities, which JSON
 * does not have, become null. Every row is handed to the operating system at once. A resumed agent's rows follow those up to its
 * step; rows past it are dropped. Throws `LogError` where the file cannot be written or is another, where somebody else is logging to
 * it, and, with nothing touched, where a new agent finds rows in it.
 */
export function jsonlLogger(path: string, options: LoggerOptions = {}): Callback<Learner> {
  checkLogger('jsonlLogger', path, options);
  const file = new LogFile(path);
  const target = {
    path,
    start(step: number) {
      const content = file.read();
      refuseOtherRun(path, step, content.length > 0);
      file.truncate(keptBytes(content, 0, (line) => stepOf(path, line) <= step));
    },
    write({ step, episodes, metrics }: LogRow) {
      file.append(Buffer.from(`${JSON.stringify({ step, episodes, ...metrics })}\n`));
    },
  };
  return logRows('jsonlLogger', target, options);
}

function stepOf(path: string, line: string): number {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    row = undefined;
  }
  if (typeof row === 'object' && row !== null && 'step' in row && typeof row.step === 'number') return row.step;
  throw new LogError(`${path}: expected rows with a step, as jsonlLogger writes them, got ${line.slice(0, 60)}`);
}
