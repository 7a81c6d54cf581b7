import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseSealed, seal } from '../files/seal.ts';
import { messageOf, UserError } from '../user-error.ts';

/** How a run stood at the end of a rung, or why it broke before. */
const rungScoreSchema = z.strictObject({
  /** Id of the run. */
  run: z.string(),
  /** Environment steps at which the rung ends: with another `eta`, rungs of the same number end elsewhere. */
  steps: z.int().min(1),
  /** Mean return; null where it broke. */
  score: z.number().nullable(),
  error: z.string().optional(),
});

/** A value that fits the schema of how a run stood. */
export type RungScore = z.output<typeof rungScoreSchema>;

/** The file `scores.jsonl` of a search: a line for each run and rung, so that nothing is trained again to be compared again. */
export class ScoreFile {
  private readonly path: string;
  private readonly file: FileHandle;
  private readonly scores = new Map<string, RungScore>();
  /** Bytes of whole lines in the file. */
  private size: number;
  /** Lines are written one after the other. */
  private writing: Promise<void> = Promise.resolve();

  private constructor(path: string, file: FileHandle, scores: readonly RungScore[], size: number) {
    this.path = path;
    this.file = file;
    this.size = size;
    for (const score of scores) this.scores.set(keyOf(score.run, score.steps), score);
  }

  /**
   * Opens or makes the file in a folder that this process has locked; a line that a killed process has not finished is dropped, with
   * `fresh` all are.
   * @throws UserError when it cannot be written, or is no such file.
   */
  static async open(folder: string, fresh = false): Promise<ScoreFile> {
    const path = join(folder, 'scores.jsonl');
    return explained(path, async () => {
      const file = await open(path, 'a+');
      try {
        if (fresh) await file.truncate(0);
        const text = await file.readFile('utf8');
        const whole = text.slice(0, text.lastIndexOf('\n') + 1);
        const lines = whole.split('\n').slice(0, -1);
        const scores = lines.map((line, i) => parseSealed(rungScoreSchema, line, `${path}:${i + 1}`));
        const size = Buffer.byteLength(whole);
        await file.truncate(size);
        return new ScoreFile(path, file, scores, size);
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }

  /** How the run stood at the end of the rung of so many steps, if that is known. */
  get(run: string, steps: number): RungScore | undefined {
    return this.scores.get(keyOf(run, steps));
  }

  /** @throws UserError when the disk is full, among others; the file then has its previous lines. */
  add(score: RungScore): Promise<void> {
    const written = this.writing.then(() => this.append(score));
    this.writing = written.catch(() => undefined);
    return written;
  }

  private async append(score: RungScore): Promise<void> {
    const line = `${JSON.stringify(seal(score))}\n`;
    await explained(this.path, async () => {
      try {
        await this.file.appendFile(line);
        await this.file.sync();
      } catch (error) {
        await this.file.truncate(this.size).catch(() => undefined);
        throw error;
      }
    });
    this.size += Buffer.byteLength(line);
    this.scores.set(keyOf(score.run, score.steps), score);
  }

  async close(): Promise<void> {
    await this.writing;
    await this.file.close();
  }
}

function keyOf(run: string, steps: number): string {
  return `${steps} ${run}`;
}

async function explained<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof UserError ? error : new UserError(`${path}: ${messageOf(error)}`, { cause: error });
  }
}
