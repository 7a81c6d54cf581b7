import { z } from 'zod';
import { nameHint } from './name-hint.ts';
import { messageOf, UserError } from './user-error.ts';

/**
 * The data of a JSON text as `schema` has it. What does not fit is told in one line that begins with `source`, the file for
 * example: `mine.json: entries[0].steps: expected number to be >=1, got 0`.
 * @throws UserError where it is no JSON, or does not fit.
 */
export function parseJson<Schema extends z.ZodType>(schema: Schema, text: string, source: string): z.output<Schema> {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    // Node quotes the text, line breaks included.
    const reason = messageOf(error).replaceAll(/\s+/g, ' ');
    throw new UserError(`${source}: expected JSON, got ${JSON.stringify(text.slice(0, 30))} (${reason})`);
  }
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new UserError(`${source}: ${describeIssue(parsed.error.issues[0], schema, data)}`);
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType, data: unknown): string {
  const where = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  const place = where === '' ? '' : `${where.replace(/^\./, '')}: `;
  if (issue.code === 'unrecognized_keys')
    return place + describeUnknownKey(issue.keys[0], schemaAt(schema, issue.path));
  const value = issue.path.reduce<unknown>((part, key) => (part as Record<PropertyKey, unknown>)[key], data);
  const expected = issue.message.replace(/^Invalid \w+: |^Too \w+: /, '').replace(/, received .*$/, '');
  return `${place}${expected}, got ${value === undefined ? 'nothing' : JSON.stringify(value)}`;
}

function describeUnknownKey(key: string, schema: z.core.$ZodType | undefined): string {
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return `unknown key '${key}'; ${nameHint(key, known)}`;
}

/** The part of a schema that says what stands at `path`, where objects and lists lead there. */
function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  return path.reduce<z.core.$ZodType | undefined>((part, key) => {
    if (part instanceof z.ZodObject) return part.shape[String(key)] as z.core.$ZodType | undefined;
    return part instanceof z.ZodArray ? part.element : undefined;
  }, schema);
}
