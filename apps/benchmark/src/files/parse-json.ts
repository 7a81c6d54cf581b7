import { z } from 'zod';
import { nameHint } from './name-hint.ts';
import { messageOf, UserError } from '../user-error.ts';

/**
 * The data of a JSON text as `schema` has it. What does not fit is told in one line that begins with `source`, the file for
 * example: `mine.json: entries[0].steps: expected number to be >=1, got 0`.
 * @throws UserError where it is no JSON, has a key twice, or does not fit.
 */
export function parseJson<Schema extends z.ZodType>(schema: Schema, text: string, source: string): z.output<Schema> {
  return fitJson(schema, readJson(text, source), source);
}

/** The data of a JSON text. @throws UserError where it is none, or an object has a key twice, of which JSON.parse drops one. */
export function readJson(text: string, source: string): unknown {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    // Node quotes the text, line breaks included.
    const reason = messageOf(error).replaceAll(/\s+/g, ' ');
    throw new UserError(`${source}: expected JSON, got ${JSON.stringify(text.slice(0, 30))} (${reason})`);
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) throw new UserError(`${source}: the key ${repeated} is there twice in one object`);
  return data;
}

/** JSON data as `schema` has it. @throws UserError where it does not fit. */
export function fitJson<Schema extends z.ZodType>(schema: Schema, data: unknown, source: string): z.output<Schema> {
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new UserError(`${source}: ${describeIssue(parsed.error.issues[0], schema, data)}`);
}

/** The first key, as it is written, that some object of a JSON text has twice. */
function repeatedKey(text: string): string | undefined {
  /** Keys of the objects, and nothing for the lists, that are open. */
  const open: (Set<string> | undefined)[] = [];
  let lastString = '';
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (token === ':') {
      const key = String(JSON.parse(lastString));
      if (open.at(-1)?.has(key) === true) return lastString;
      open.at(-1)?.add(key);
    } else lastString = token;
  }
  return undefined;
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
  // Where one of several schemas had to fit, no single one says what is known.
  const hint = schema instanceof z.ZodObject ? `; ${nameHint(key, Object.keys(schema.shape))}` : '';
  return `unknown key '${key}'${hint}`;
}

/** The part of a schema that says what stands at `path`, where objects and lists lead there, some of which may be left out. */
function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType | undefined {
  return path.reduce<z.core.$ZodType | undefined>((part, key) => {
    const next = part instanceof z.ZodObject ? (part.shape[String(key)] as z.core.$ZodType | undefined) : undefined;
    const element = part instanceof z.ZodArray ? part.element : next;
    return element instanceof z.ZodOptional ? element.unwrap() : element;
  }, schema);
}
