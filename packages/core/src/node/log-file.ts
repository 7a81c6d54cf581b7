import {
  appendFileSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { LogError } from '../errors.ts';
import { disown, isAbandoned, ownName } from './own-name.ts';

/**
 * A file that grows by whole records: one that cannot be written whole leaves nothing of it behind. Each is with the operating
 * system when `append` returns, so that a process which is killed loses none. Throws `LogError`, naming the file.
 */
export class LogFile {
  readonly path: string;
  private length = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** What it holds; makes it, and its folder, where it is not there. */
  read(): Buffer {
    return this.guard('opened', () => {
      mkdirSync(dirname(this.path), { recursive: true });
      // Also where it is there: that it cannot be written is better known before training than after.
      appendFileSync(this.path, '');
      const content = readFileSync(this.path);
      this.length = content.length;
      return content;
    });
  }

  /** Cuts off all but its first `length` bytes. */
  truncate(length: number): void {
    this.guard('written', () => {
      truncateSync(this.path, length);
      this.length = length;
    });
  }

  /** Replaces what it holds; whatever happens meanwhile, it holds the whole old or the whole new. */
  replace(content: Uint8Array): void {
    const folder = dirname(resolve(this.path));
    const kind = `${basename(this.path)}.writing`;
    const temporary = join(folder, ownName(folder, kind));
    this.guard('written', () => {
      try {
        // What a process has left that was killed here.
        for (const name of readdirSync(folder)) {
          if (isAbandoned(folder, name, kind)) rmSync(join(folder, name), { force: true });
        }
        const file = openSync(temporary, 'w');
        try {
          writeFileSync(file, content);
          fsyncSync(file);
        } finally {
          closeSync(file);
        }
        renameSync(temporary, this.path);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      } finally {
        disown(temporary);
      }
      this.length = content.length;
    });
  }

  /** Adds a record at its end. */
  append(record: Uint8Array): void {
    this.guard('written', () => {
      try {
        appendFileSync(this.path, record);
      } catch (error) {
        // A disk that gets full takes a part of the record.
        truncateSync(this.path, this.length);
        throw error;
      }
      this.length += record.length;
    });
  }

  private guard<T>(verb: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw describeError(this.path, verb, error);
    }
  }
}

/** That the log at `path` cannot be opened, written or the like, and why. */
export function describeError(path: string, verb: string, error: unknown): LogError {
  const reason = error instanceof Error ? error.message : String(error);
  return new LogError(`${path} cannot be ${verb}: ${reason}`, { cause: error });
}
