import { checkArguments, checkOptions, optional, type OptionCheck } from '@gradus/tensor';
import type { FileMetaData } from 'hyparquet';
import { textList } from '../checks.ts';
import { DataError, isRecord, type Row } from './rows.ts';

/** Codecs that hyparquet reads by itself. */
const builtIn: readonly string[] = ['UNCOMPRESSED', 'SNAPPY'];

/**
 * The rows of a Parquet file, as Hugging Face's data sets have them. Integers of 64 bits become numbers; what is missing is `null`; columns of bytes stay bytes
 * (Uint8Array) unless the file says that they are texts; times are Dates. `hyparquet` reads it, loaded when it is first needed, and so is
 * `hyparquet-compressors` where columns are compressed otherwise than by Snappy.
 * @param options.columns the columns to read. Default: all.
 * @throws DataError for a file that is damaged, a column that there is not, and an integer beyond 2⁵³, which no number holds exactly, by row and column.
 */
export async function readParquet(
  file: Uint8Array,
  options: { readonly columns?: readonly string[] } = {},
): Promise<Row[]> {
  const isFile: OptionCheck = {
    expected: 'the contents of a file as a Uint8Array',
    accepts: (value) => value instanceof Uint8Array,
  };
  checkArguments('readParquet', { file }, { file: isFile });
  checkOptions('readParquet', options, { columns: optional(textList) });
  const { parquetMetadata, parquetReadObjects } = await import('hyparquet');
  // Its own reader slices what it is given, and takes no typed array.
  const buffer = new Uint8Array(file).buffer;
  let rows: readonly Record<string, unknown>[];
  let hasFailed = false;
  // Columns are promises before somebody waits for them: of a file that it gives up before that, none is read, else what is wrong with one would end the process.
  const slice = async (start: number, end?: number): Promise<ArrayBuffer> =>
    new Promise((resolve) => {
      setTimeout(() => {
        if (!hasFailed) resolve(buffer.slice(start, end));
      });
    });
  try {
    const metadata = parquetMetadata(buffer);
    const { columns } = options;
    checkColumns(metadata, columns ?? []);
    const isUsual = codecsOf(metadata).every((codec) => builtIn.includes(codec));
    rows = await parquetReadObjects({
      file: { byteLength: buffer.byteLength, slice },
      metadata,
      utf8: false,
      ...(columns !== undefined && { columns: [...columns] }),
      ...(!isUsual && { compressors: (await import('hyparquet-compressors')).compressors }),
    });
  } catch (error) {
    hasFailed = true;
    if (error instanceof DataError) throw error;
    throw new DataError(`readParquet: the file cannot be read: ${(error as Error).message}`, { cause: error });
  }
  return rows.map((row, i) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value, `row ${i}`, name)])),
  );
}

function checkColumns({ schema, row_groups: groups }: FileMetaData, columns: readonly string[]): void {
  const present = groups.flatMap((group) => group.columns.map((column) => column.meta_data?.path_in_schema[0]));
  const missing = columns.find((name) => groups.length > 0 && !present.includes(name));
  if (missing === undefined) return;
  const names = [...new Set(present)].join(', ');
  throw new DataError(`readParquet: there is no column '${missing}' among ${names} of '${schema[0].name}'`);
}

function codecsOf({ row_groups: groups }: FileMetaData): string[] {
  return groups.flatMap((group) => group.columns.map((column) => column.meta_data?.codec ?? 'UNCOMPRESSED'));
}

/** With numbers for integers and `null` for what is missing, however deep. */
function plain(value: unknown, row: string, name: string): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') {
    if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) return Number(value);
    throw new DataError(`${row}: expected ${name} to be an integer below 2^53 in size, got ${value}`);
  }
  if (value instanceof BigInt64Array || value instanceof BigUint64Array || Array.isArray(value)) {
    return Array.from(value as ArrayLike<unknown>, (each) => plain(each, row, name));
  }
  if (!isRecord(value) || ArrayBuffer.isView(value) || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each, row, `${name}.${key}`)]));
}
