import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { readJsonLines, readParquet, type Row } from '@gradus/llm-rlhf';
import { messageOf, UserError } from '../user-error.ts';
import { fromFiles } from './language-model.ts';

/** What reads each kind of file, by how its name ends. */
const readers: Readonly<Record<string, (file: Uint8Array) => readonly Row[] | Promise<readonly Row[]>>> = {
  '.jsonl': (file) => readJsonLines(file).rows,
  '.parquet': (file) => readParquet(file),
};

/**
 * The rows of a data set in a file.
 * @throws UserError for a file that is missing, of another kind or damaged, and for one without rows.
 */
export async function readDataFile(path: string): Promise<readonly Row[]> {
  const where = `--data ${path}`;
  const kind = extname(path).toLowerCase();
  if (!Object.hasOwn(readers, kind)) {
    const known = Object.keys(readers).join(' or ');
    throw new UserError(`${where}: expected a file whose name ends with ${known}, got ${kind || 'no ending'}`);
  }
  let file: Uint8Array;
  try {
    file = await readFile(path);
  } catch (error) {
    throw new UserError(`${where}: ${messageOf(error)}`);
  }
  const rows = await fromFiles(where, () => readers[kind](file));
  if (rows.length === 0) throw new UserError(`${where}: expected at least one row, got none`);
  return rows;
}
