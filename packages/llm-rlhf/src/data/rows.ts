import { checkArguments, checkOptions, oneOf, optional, valueText, type OptionCheck } from '@gradus/tensor';

/** A row of a data set: values by the names of their columns. */
export type Row = Readonly<Record<string, unknown>>;

/** A data set is not what it should be; the row is named by its number from 0, as the field is. */
export class DataError extends Error {
  override readonly name = 'DataError';
}

/** What becomes of rows that are not what they should be. */
export interface BadRowOptions {
  /** `throw`: an error that names the row. `skip`: it is left out, and what was wrong is told. Default `throw`. */
  readonly onBadRow?: 'throw' | 'skip';
}

/** The check of {@link BadRowOptions.onBadRow}. */
export const onBadRowCheck: OptionCheck = optional(oneOf('throw', 'skip'));

/** A list of rows; a row that is none is told of by its number. */
export const isRows: OptionCheck = { expected: 'a list of rows', accepts: Array.isArray };

/** Whether a value is an object that is no list. */
export function isRecord(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A row. */
export const aRow: OptionCheck = { expected: 'a row, an object', accepts: isRecord };

/** What `convert` makes of each item; its `DataError`s get the item's number before them, and are told as `onBadRow` says. */
export function convertEach<Item, Result>(
  items: readonly Item[],
  { onBadRow = 'throw' }: BadRowOptions,
  convert: (item: Item) => Result,
  numberOf: (index: number) => string = (index) => `row ${index}`,
): { readonly results: Result[]; readonly skipped: string[] } {
  const results: Result[] = [];
  const skipped: string[] = [];
  // Not forEach, which passes over holes.
  for (const [i, item] of items.entries()) {
    try {
      results.push(convert(item));
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      const message = `${numberOf(i)}: ${error.message}`;
      if (onBadRow === 'throw') throw new DataError(message, { cause: error });
      skipped.push(message);
    }
  }
  return { results, skipped };
}

/**
 * The rows of a file of JSON lines: an object on each line; empty lines are passed over.
 * @returns `rows`, and in `skipped` what was wrong with each line that was left out, where `onBadRow` asks for that.
 * @throws DataError for a line that is no object, by its number from 0 as a row, as in other messages, and from 1 as a line, and for bytes that are not UTF-8.
 */
export function readJsonLines(
  file: string | Uint8Array,
  options: BadRowOptions = {},
): { readonly rows: Row[]; readonly skipped: string[] } {
  const isFile: OptionCheck = {
    expected: 'the contents of a file, a text or a Uint8Array',
    accepts: (value) => typeof value === 'string' || value instanceof Uint8Array,
  };
  checkArguments('readJsonLines', { file }, { file: isFile });
  checkOptions('readJsonLines', options, { onBadRow: onBadRowCheck });
  const lines = textOf(file)
    .replace(/^\ufeff/, '')
    .split('\n')
    .map((text, i) => ({ text, line: i + 1 }))
    .filter(({ text }) => text.trim() !== '');
  const { results, skipped } = convertEach(
    lines,
    options,
    ({ text }) => parseLine(text),
    (i) => `row ${i} (line ${lines[i].line})`,
  );
  return { rows: results, skipped };
}

function textOf(file: string | Uint8Array): string {
  if (typeof file === 'string') return file;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file);
  } catch (error) {
    throw new DataError('readJsonLines: the file is not UTF-8', { cause: error });
  }
}

function parseLine(text: string): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const isName = /^[^\s{]+\.jsonl?$/.test(text);
    const reason = isName ? `${valueText(text)} is the name of a file, not what is in it` : (error as Error).message;
    throw new DataError(`expected JSON: ${reason}`, { cause: error });
  }
  if (!isRecord(value)) throw new DataError(`expected an object, got ${valueText(value)}`);
  return value;
}
