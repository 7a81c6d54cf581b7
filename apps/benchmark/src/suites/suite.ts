import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { nameHint } from '../files/name-hint.ts';
import { parseJson } from '../files/parse-json.ts';
import { settingsNames } from '../catalog/settings.ts';
import { messageOf, UserError } from '../user-error.ts';

const count = z.int().min(1);

/** So many seeds from 0 on, or these. */
export const seedsSchema: z.ZodType<number | number[], number | number[]> = z.union(
  [
    z.int().min(1).max(100_000),
    z
      .array(z.int().min(0))
      .min(1)
      .refine((seeds) => new Set(seeds).size === seeds.length, 'expected different seeds'),
  ],
  'expected a number of seeds or a list of them',
);

const name = z.string().regex(/^[\w.+-]+$/, 'expected letters, digits and any of . _ + -');

/** One line of a suite: an algorithm in one or several environments. */
const entrySchema = z.strictObject({
  algorithm: z.string(),
  /** Ids, as `gradus list` shows them. */
  environment: z.union([z.string(), z.array(z.string()).min(1)], 'expected the id of an environment or a list of ids'),
  /** Default: the zoo's where they exist, else the algorithm's defaults. */
  settings: z.enum(settingsNames).optional(),
  /** What its results are called. Default: algorithm and settings, such as `ppo-zoo`. */
  label: name.optional(),
  /** Options that replace those of the settings. */
  options: z.record(z.string(), z.json()).default({}),
  /** Environment copies. Default: those of the settings. */
  numEnvs: count.optional(),
  /** Environment steps. Default: those of the settings. */
  steps: count.optional(),
  /** Default: those of the suite. */
  seeds: seedsSchema.optional(),
});

/** What to measure: algorithms in environments, with settings and seeds. */
export const suiteSchema = z.strictObject({
  name,
  description: z.string().default(''),
  seeds: seedsSchema.default(5),
  /** Episodes that a finished agent is scored on. */
  episodes: count.default(100),
  /** Points of a learning curve. */
  evaluations: count.default(20),
  /** Episodes of each of them. */
  evaluationEpisodes: count.default(20),
  /** Modules with environments or algorithms of one's own, seen from the file. */
  imports: z.array(z.string()).optional(),
  entries: z.array(entrySchema).min(1),
});

/** A value that fits {@link suiteSchema}. */
export type Suite = z.infer<typeof suiteSchema> & {
  /** Where it was read, for messages about it. */
  readonly source: string;
};

/** The suites that come with the command. */
const SUITES = join(import.meta.dirname, '../../suites');

/** Names of the suites that come with the command. */
export function listSuites(): string[] {
  return readdirSync(SUITES)
    .map((file) => file.replace(/\.json$/, ''))
    .sort();
}

/**
 * The suite of that name, or in the file at that path.
 * @throws UserError when there is none, or it does not fit the schema: file, place, what was expected and what came.
 */
export function findSuite(nameOrPath: string): Suite {
  const known = listSuites();
  if (known.includes(nameOrPath)) return readSuite(join(SUITES, `${nameOrPath}.json`), `${nameOrPath}.json`);
  if (existsSync(nameOrPath)) return readSuite(nameOrPath, nameOrPath);
  throw new UserError(`${nameOrPath}: expected the name of a suite or a file; ${nameHint(nameOrPath, known)}`);
}

function readSuite(path: string, source: string): Suite {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${source}: ${messageOf(error)}`);
  }
  return { ...parseJson(suiteSchema, text, source), source };
}
