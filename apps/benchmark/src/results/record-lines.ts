import { contradictionInRecord, contradictionInRun } from './check-record.ts';
import { failedRunSchema, runRecordSchema, type FailedRun, type RunRecord } from '../runs/run-record.ts';
import { parseSealed, seal } from '../files/seal.ts';
import { UserError } from '../user-error.ts';

/** What the lines of `results.jsonl` say. */
export interface RecordLines {
  /** Finished runs by id. */
  readonly records: Map<string, RunRecord>;
  /** Runs that broke, by id, as they last did; none that a later attempt finished. */
  readonly failures: Map<string, FailedRun>;
  /** Bytes of whole lines. */
  readonly size: number;
}

/** A record as a line of `results.jsonl`, with its checksum. */
export function recordLine(record: RunRecord | FailedRun): string {
  return `${JSON.stringify(seal(record))}\n`;
}

/**
 * What whole lines say; one that is just being written is left out.
 * @param path begins messages, with the number of the line
 * @throws UserError for a line that is no record, is not what was written, contradicts itself, or is of a run that was finished before.
 */
export function parseRecordLines(bytes: Buffer, path: string): RecordLines {
  const size = bytes.lastIndexOf('\n') + 1;
  const records = new Map<string, RunRecord>();
  const failures = new Map<string, FailedRun>();
  const lines = bytes.toString('utf8', 0, size).split('\n').slice(0, -1);
  lines.forEach((line, index) => {
    const where = `${path}:${index + 1}`;
    const record = parseRecord(line, where);
    const { id } = record.run;
    if (records.has(id)) throw new UserError(`${where}: the run ${id} is there twice`);
    failures.delete(id);
    if ('error' in record) failures.set(id, record);
    else records.set(id, record);
  });
  return { records, failures, size };
}

function parseRecord(line: string, where: string): RunRecord | FailedRun {
  const isFailure = (data: object): boolean => 'error' in data;
  const record: RunRecord | FailedRun = parseSealed(
    (data) => (isFailure(data) ? failedRunSchema : runRecordSchema),
    line,
    where,
  );
  const contradiction = 'error' in record ? contradictionInRun(record.run) : contradictionInRecord(record);
  if (contradiction !== undefined) throw new UserError(`${where}: ${contradiction}`);
  return record;
}
