import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, type FileHandle } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { decodeCheckpointFile } from '@gradus/core';
import { lockFolder } from './folder-lock.ts';
import { makeFolder } from '../files/make-folder.ts';
import { contradictionInRun } from './check-record.ts';
import { plannedRunSchema, type PlannedRun } from '../runs/planned-run.ts';
import { parseRecordLines, recordLine, type RecordLines } from './record-lines.ts';
import type { RunCheckpoint } from '../runs/run-checkpoint.ts';
import { readPythonRuns } from '../python-runs/read-python-runs.ts';
import { plural } from '../files/plural.ts';
import { replaceFile } from '../files/replace-file.ts';
import type { FailedRun, RunRecord } from '../runs/run-record.ts';
import { parseSealed, seal } from '../files/seal.ts';
import { messageOf, UserError } from '../user-error.ts';
import { gradusVersion } from '../version.ts';

/** What the runs of a results folder belong to: its `suite.json`. */
const resultsDescriptionSchema = z.strictObject({
  /** Name of the suite. */
  name: z.string(),
  description: z.string(),
  /** The command that last wrote here: `gradus bench classic --seeds 3`. */
  command: z.string(),
  /** Versions of `gradus` and `node` then. */
  versions: z.strictObject({ gradus: z.string(), node: z.string() }),
  /** Modules with environments or algorithms that are not the command's own, seen from the folder. */
  modules: z.array(z.string()).optional(),
  /** All runs that were asked for, finished or not. */
  runs: z.array(plannedRunSchema),
});

/** A value that fits {@link resultsDescriptionSchema}. */
export type ResultsDescription = z.infer<typeof resultsDescriptionSchema>;

/** What a results folder holds, as `gradus report` and `gradus compare` read it. */
export interface Results {
  readonly folder: string;
  readonly description: ResultsDescription;
  /** Finished runs in the order in which they finished, no id twice: also those that `description.runs` no longer asks for. */
  readonly records: readonly RunRecord[];
  /** Runs that broke and have not been finished since, in the same way. */
  readonly failures: readonly FailedRun[];
}

const DESCRIPTION = 'suite.json';
const RECORDS = 'results.jsonl';
const CHECKPOINTS = 'checkpoints';
/** Bytes that are read at once. */
const PIECE = 16 * 2 ** 20;
const NEWLINE = 10;

/**
 * Reads a results folder, which may be in use: a line that is just being written is left out; or a folder with runs of Python, see {@link readPythonRuns}.
 * @throws UserError when it is not there, is no results folder, or holds what does not fit the schema.
 */
export async function readResults(folder: string): Promise<Results> {
  const description = await explained(folder, () => readIfThere(join(folder, DESCRIPTION)));
  if (description === undefined) {
    const records = await explained(folder, () => readPythonRuns(folder));
    if (records !== undefined) return resultsOf(folder, records);
    throw new UserError(`${folder} holds no results (${DESCRIPTION} is missing)`);
  }
  const { records, failures } = await readLines(folder);
  return {
    folder,
    description: parseDescription(description.toString(), join(folder, DESCRIPTION)),
    records: [...records.values()],
    failures: [...failures.values()],
  };
}

/** Runs of Python, which no suite asked for. */
function resultsOf(folder: string, records: readonly RunRecord[]): Results {
  const description = {
    name: basename(resolve(folder)),
    description: 'Runs of Python.',
    command: '',
    versions: { gradus: '', node: '' },
    runs: records.map(({ run }) => run),
  };
  return { folder, description, records, failures: [] };
}

/** The finished runs of a folder, none where it is not there. @throws UserError as `readResults` does. */
export async function readRecords(folder: string): Promise<RunRecord[]> {
  return [...(await readLines(folder)).records.values()];
}

async function readLines(folder: string): Promise<RecordLines> {
  const path = join(folder, RECORDS);
  const bytes = (await explained(folder, () => readIfThere(path))) ?? Buffer.alloc(0);
  return parseRecordLines(bytes, path);
}

function parseDescription(text: string, path: string): ResultsDescription {
  const description = parseSealed(resultsDescriptionSchema, text, path);
  const contradiction = description.runs.map(contradictionInRun).find((found) => found !== undefined);
  if (contradiction !== undefined) throw new UserError(`${path}: runs: ${contradiction}`);
  return description;
}

/** The text of a results folder's `suite.json`, with its checksum. */
export function descriptionText(description: ResultsDescription): string {
  return `${JSON.stringify(seal(description), undefined, 2)}\n`;
}

/** A results folder that this process alone writes to: `suite.json`, `results.jsonl` and `checkpoints/`. */
export class ResultsFolder {
  readonly folder: string;
  private readonly file: FileHandle;
  private readonly finished: Map<string, RunRecord>;
  private readonly broken: Map<string, FailedRun>;
  /** Bytes of whole lines in the file. */
  private size: number;
  private readonly unlock: () => Promise<void>;
  /** Records are written one after the other. */
  private writing: Promise<void> = Promise.resolve();

  private constructor(
    folder: string,
    file: FileHandle,
    { records, failures, size }: RecordLines,
    unlock: () => Promise<void>,
  ) {
    this.folder = folder;
    this.file = file;
    this.finished = records;
    this.broken = failures;
    this.size = size;
    this.unlock = unlock;
  }

  /**
   * Opens or makes the folder and writes its `suite.json`. What earlier commands left stays: their records, and checkpoints of
   * unfinished runs; with `fresh` it is deleted, and `say` is told what.
   * @throws UserError when it cannot be written, holds something else or results of another name, or another process is using it.
   */
  static async open(
    folder: string,
    description: ResultsDescription,
    fresh = false,
    say: (line: string) => void = console.error,
  ): Promise<ResultsFolder> {
    const unlock = await explained(folder, async () => {
      await refuseForeignFolder(folder);
      await makeFolder(join(folder, CHECKPOINTS));
      return lockFolder(folder);
    });
    try {
      return await explained(folder, async () => {
        await refuseOtherName(folder, description.name);
        if (fresh) {
          const contents = await describeContents(folder);
          if (contents !== undefined) say(`--fresh: deleting ${contents} in ${folder}`);
          await rm(join(folder, RECORDS), { force: true });
          await rm(join(folder, CHECKPOINTS), { recursive: true, force: true });
          await mkdir(join(folder, CHECKPOINTS));
        }
        await removeTemporaryFiles(folder);
        const path = join(folder, RECORDS);
        const bytes = (await readIfThere(path)) ?? Buffer.alloc(0);
        const parsed = parseRecordLines(bytes, path);
        // Of runs after whose end the process was killed.
        for (const id of parsed.records.keys()) await rm(checkpointPath(folder, id), { force: true });
        await replaceFile(join(folder, DESCRIPTION), descriptionText(description));
        const file = await open(path, constants.O_RDWR | constants.O_CREAT);
        try {
          // A line that a killed process has not finished.
          await file.truncate(parsed.size);
        } catch (error) {
          await file.close();
          throw error;
        }
        return new ResultsFolder(folder, file, parsed, unlock);
      });
    } catch (error) {
      await unlock();
      throw error;
    }
  }

  /** Finished runs by id. */
  get records(): ReadonlyMap<string, RunRecord> {
    return this.finished;
  }

  /** Runs by id that broke and have not been finished since. */
  get failures(): ReadonlyMap<string, FailedRun> {
    return this.broken;
  }

  /**
   * Appends a record and deletes the run's checkpoint. Once this is done, a power failure cannot undo it.
   * @throws UserError when the disk is full, among others; the file then has its previous lines.
   * @throws RangeError for a run that has a record.
   */
  append(record: RunRecord): Promise<void> {
    return this.inTurn(async () => {
      const { id } = record.run;
      await this.write(record);
      this.finished.set(id, record);
      this.broken.delete(id);
      await explained(this.folder, () => rm(checkpointPath(this.folder, id), { force: true }));
    });
  }

  /**
   * Appends that a run broke, and why: in one line. Its checkpoint stays.
   * @throws UserError as `append` does.
   * @throws RangeError for a run that is finished.
   */
  appendFailure(run: PlannedRun, reason: string): Promise<void> {
    const origin = { finished: new Date().toISOString(), gradus: gradusVersion, node: process.version };
    const error = reason.replaceAll(/\s+/g, ' ').trim() || 'no reason was given';
    const failure: FailedRun = { run, error, origin };
    return this.inTurn(async () => {
      await this.write(failure);
      this.broken.set(run.id, failure);
    });
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const written = this.writing.then(work);
    this.writing = written.catch(() => undefined);
    return written;
  }

  private async write(record: RunRecord | FailedRun): Promise<void> {
    const { id } = record.run;
    if (this.finished.has(id)) throw new RangeError(`${this.folder}: expected a new run, got ${id} again`);
    const line = Buffer.from(recordLine(record));
    await explained(this.folder, async () => {
      try {
        for (let done = 0; done < line.length;) {
          done += (await this.file.write(line, done, line.length - done, this.size + done)).bytesWritten;
        }
        await this.file.sync();
      } catch (error) {
        await this.file.truncate(this.size).catch(() => undefined);
        throw error;
      }
    });
    this.size += line.length;
  }

  /** Keeps a checkpoint instead of the run's previous one, whole or not at all. @throws UserError as `append` does. */
  async saveCheckpoint(id: string, checkpoint: RunCheckpoint): Promise<void> {
    await explained(this.folder, () => replaceFile(checkpointPath(this.folder, id), checkpoint));
  }

  /** The run's last checkpoint, if there is one. @throws UserError when it cannot be read. */
  async loadCheckpoint(id: string): Promise<RunCheckpoint | undefined> {
    const path = checkpointPath(this.folder, id);
    const bytes = await explained(this.folder, () => readWhole(path));
    try {
      if (bytes !== undefined) decodeCheckpointFile(bytes);
      return bytes;
    } catch {
      throw new UserError(`${path} is corrupt; delete it to begin this run anew`);
    }
  }

  /** Deletes the run's checkpoint, if there is one. @throws UserError when it cannot be deleted. */
  async deleteCheckpoint(id: string): Promise<void> {
    await explained(this.folder, () => rm(checkpointPath(this.folder, id), { force: true }));
  }

  /** Lets other processes write here. */
  async close(): Promise<void> {
    await this.writing;
    await this.file.close();
    await this.unlock();
  }
}

function checkpointPath(folder: string, id: string): string {
  return join(folder, CHECKPOINTS, `${id.replaceAll('/', '_')}.bin`);
}

/** Results go to a new or empty folder, or to one that has some already. */
async function refuseForeignFolder(folder: string): Promise<void> {
  if (folder === '') throw new UserError('expected a results folder, got an empty path');
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return;
    throw error;
  }
  const isOurs = names.length === 0 || [DESCRIPTION, RECORDS, CHECKPOINTS].some((name) => names.includes(name));
  if (!isOurs) throw new UserError(`${folder}: expected a new folder or one with results, found ${names[0]}`);
}

/** A folder is of one suite, or search, which its `suite.json` tells; of a damaged one nothing is known. */
async function refuseOtherName(folder: string, name: string): Promise<void> {
  const text = await readIfThere(join(folder, DESCRIPTION));
  let found: unknown;
  try {
    found = (JSON.parse(text?.toString() ?? '{}') as { name?: unknown } | null)?.name;
  } catch {
    return;
  }
  if (typeof found !== 'string' || found === name) return;
  throw new UserError(`${folder}: expected a new folder or one with results of ${name}, found those of ${found}`);
}

/** What `fresh` deletes, in words; undefined where there is nothing. */
async function describeContents(folder: string): Promise<string | undefined> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  const contents = await Promise.all(
    files.map(async (file) => {
      const bytes = (await readIfThere(join(folder, file))) ?? Buffer.alloc(0);
      return `${file} (${plural(bytes.filter((byte) => byte === NEWLINE).length, 'line')})`;
    }),
  );
  const checkpoints = (await readdir(join(folder, CHECKPOINTS))).length;
  if (checkpoints > 0) contents.push(plural(checkpoints, 'checkpoint'));
  return contents.length > 0 ? contents.join(', ') : undefined;
}

/** Deletes what a killed process was about to put in a file's place. */
async function removeTemporaryFiles(folder: string): Promise<void> {
  for (const path of [folder, join(folder, CHECKPOINTS)]) {
    for (const name of await readdir(path)) {
      if (/\.tmp-[\w-]+$/.test(name)) await rm(join(path, name), { force: true });
    }
  }
}

/** What is in a file, of any size: `readFile` takes no more than 2 GiB. */
async function readWhole(path: string): Promise<RunCheckpoint | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    for (let filled = 0; filled < bytes.length;) {
      const { bytesRead } = await file.read(bytes, filled, Math.min(PIECE, bytes.length - filled), null);
      if (bytesRead === 0) return bytes.slice(0, filled);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** What `work` gives; its errors become one line that names the folder. */
async function explained<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(`${folder}: ${messageOf(error)}`, { cause: error });
  }
}
