import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { fitJson, readJson } from './parse-json.ts';
import { UserError } from '../user-error.ts';

/** The key of the checksum, always the last. */
const CHECKSUM = 'checksum';

/** Hexadecimal digits of SHA-256 that are kept. */
const DIGITS = 16;

/** A hash of what `value` says as JSON, whatever the order of its keys: so many hexadecimal digits of SHA-256. */
export function hashOf(value: unknown, digits: number = DIGITS): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, digits);
}

/** The object with a checksum of what it says, to be written as JSON. */
export function seal(value: object): object {
  return { ...value, [CHECKSUM]: hashOf(value) };
}

/**
 * The data of a JSON text that {@link seal} made, as `schema` has it: without the checksum. Other spaces and another order of keys
 * change nothing about what it says.
 * @param schema it fits, or which one by its data
 * @param source begins the message: the file, and the line if there are several
 * @throws UserError where it is no JSON, says something else than when it was written, or does not fit.
 */
export function parseSealed<Schema extends z.ZodType>(
  schema: Schema | ((data: object) => Schema),
  text: string,
  source: string,
): z.output<Schema> {
  const data = readJson(text, source);
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new UserError(`${source}: expected object, got ${JSON.stringify(data)}`);
  }
  const { [CHECKSUM]: checksum, ...value } = data as Record<string, unknown>;
  if (checksum === undefined) throw new UserError(`${source}: expected a checksum, got none`);
  if (checksum !== hashOf(value)) {
    throw new UserError(`${source}: the checksum is wrong: this is not what was written`);
  }
  return fitJson(typeof schema === 'function' ? schema(value) : schema, value, source);
}

/** JSON whose keys are in alphabetical order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
