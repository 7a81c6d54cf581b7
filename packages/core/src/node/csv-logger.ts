import { LogError } from '../errors.ts';
import type { Learner } from '../training/agent.ts';
import type { Callback } from '../training/train.ts';
import { LogFile } from './log-file.ts';
import { checkLogger, keptBytes, logRows, refuseOtherRun, type LoggerOptions, type LogRow } from './log-rows.ts';

/** Columns that every row has. */
const FIXED = ['step', 'episodes'];

/**
 * Logs metrics as comma-separated values (RFC 4180, lines ending in \n): `step`, `episodes`, and a column for each metric in the
 * order in which they first appear. Where one appears later than the first row, such as an evaluation's, the file is replaced by
 * one with the new column, empty in the rows before: the header is complete at any time. NaN and Infinity are written so.
 *
 * Every row is handed to the operating system at once. A resumed agent's rows follow those up to its step; rows past it are
 * dropped. Throws `LogError` where the file cannot be written or is another, where somebody else is logging to it, and, with nothing
 * touched, where a new agent finds rows in it.
 */
export function csvLogger(path: string, options: LoggerOptions = {}): Callback<Learner> {
  checkLogger('csvLogger', path, options);
  const file = new LogFile(path);
  let columns: string[] = [];
  const target = {
    path,
    start(step: number) {
      const content = file.read();
      const { names, end } = readHeader(path, content);
      refuseOtherRun(path, step, content.length > end);
      const kept = keptBytes(content, end, (line) => Number.parseInt(line, 10) <= step);
      columns = kept > end ? names : [];
      file.truncate(kept > end ? kept : 0);
    },
    write({ step, episodes, metrics }: LogRow) {
      const values: Readonly<Record<string, number>> = { ...metrics, step, episodes };
      const all = [...new Set([...columns, ...FIXED, ...Object.keys(metrics)])];
      const line = all.map((name) => (Object.hasOwn(values, name) ? String(values[name]) : '')).join(',');
      if (all.length === columns.length) file.append(Buffer.from(`${line}\n`));
      else {
        const content = file.read();
        const rows = content.toString('utf8', readHeader(path, content).end);
        const padded = rows.replaceAll('\n', `${','.repeat(all.length - columns.length)}\n`);
        file.replace(Buffer.from(`${all.map(quoted).join(',')}\n${padded}${line}\n`));
        columns = all;
      }
    },
  };
  return logRows('csvLogger', target, options);
}

function quoted(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

/** The names in the first record, and the byte at which it ends. */
function readHeader(path: string, content: Buffer): { readonly names: string[]; readonly end: number } {
  if (content.length === 0) return { names: [], end: 0 };
  const record = /^(?:"(?:[^"]|"")*"|[^"\n])*\n/.exec(content.toString())?.[0] ?? '';
  const names = [...record.slice(0, -1).matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
    ([, inQuotes, plain]) => inQuotes?.replaceAll('""', '"') ?? plain,
  );
  if (FIXED.some((name, index) => names[index] !== name)) {
    throw new LogError(`${path}: expected a log of csvLogger, whose header begins with ${FIXED.join(',')}`);
  }
  return { names, end: Buffer.byteLength(record) };
}
