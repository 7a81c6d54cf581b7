import { mkdirSync, readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Learner } from '../training/agent.ts';
import type { Callback } from '../training/train.ts';
import { describeError, LogFile } from './log-file.ts';
import { checkLogger, logRows, refuseOtherRun, type LoggerOptions, type LogRow } from './log-rows.ts';
import { encodeFileVersion, encodeScalars, readRecords } from './tensor-board-events.ts';

/** How files of this logger are told from others in the folder. */
const SUFFIX = '.gradus';

/**
 * Logs metrics as scalars for TensorBoard (`tensorboard --logdir`), a folder a run: in it an event file
 * `events.out.tfevents.<seconds>.<host>.gradus`. Every row is handed to the operating system at once. A resumed agent's rows
 * follow those up to its step in the same file; rows past it are dropped. Other files in the folder are left alone. Throws `LogError`
 * where it cannot be written or the file is corrupt, where somebody else is logging to the folder, and, with nothing touched,
 * where a new agent finds such a file in it.
 */
export function tensorBoardLogger(folder: string, options: LoggerOptions = {}): Callback<Learner> {
  checkLogger('tensorBoardLogger', folder, options);
  let file = new LogFile(folder);
  const target = {
    path: folder,
    lock: join(folder, `events${SUFFIX}`),
    start(step: number) {
      file = openEventFile(folder, step);
    },
    write: ({ step, metrics }: LogRow) => {
      file.append(encodeScalars(Date.now() / 1000, step, metrics));
    },
  };
  return logRows('tensorBoardLogger', target, options);
}

/** The event file to go on with at `step`, a new one at step 0. */
function openEventFile(folder: string, step: number): LogFile {
  const now = Date.now() / 1000;
  const newFile = join(folder, `events.out.tfevents.${Math.floor(now)}.${hostname()}${SUFFIX}`);
  const previous = previousFiles(folder);
  refuseOtherRun(folder, step, previous.length > 0);
  const path = previous.at(-1) ?? newFile;
  const file = new LogFile(path);
  const kept = keptBytes(path, file.read(), step);
  file.truncate(kept);
  // Also in a file that was cut off before its first event was whole.
  if (kept === 0) file.append(encodeFileVersion(now));
  return file;
}

/** Paths of this logger's files, the newest last. */
function previousFiles(folder: string): string[] {
  try {
    mkdirSync(folder, { recursive: true });
    const names = readdirSync(folder).filter(
      (name) => name.startsWith('events.out.tfevents.') && name.endsWith(SUFFIX),
    );
    return names.sort().map((name) => join(folder, name));
  } catch (error) {
    throw describeError(folder, 'opened', error);
  }
}

/** Bytes up to the first event past `step`. */
function keptBytes(path: string, content: Uint8Array, step: number): number {
  let kept = 0;
  try {
    for (const record of readRecords(content)) {
      if (record.step !== undefined && record.step > step) break;
      kept = record.end;
    }
  } catch (error) {
    throw describeError(path, 'read', error);
  }
  return kept;
}
