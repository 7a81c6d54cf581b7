import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseJson } from '../parse-json.ts';
import { settingsNames } from '../settings.ts';
import { messageOf, UserError } from '../user-error.ts';
import { parameterSchema } from './parameter.ts';

const count = z.int().min(1);

/** Among what `gradus tune` searches, and how. */
const spaceSchema = z.strictObject({
  name: z.string().regex(/^[\w.+-]+$/, 'expected letters, digits and any of . _ + -'),
  description: z.string().default(''),
  algorithm: z.string(),
  environment: z.string(),
  /** What all trials have in common, unless `options` or `parameters` say otherwise. */
  settings: z.enum(settingsNames).default('zoo'),
  options: z.record(z.string(), z.json()).default({}),
  /** Environment copies. Default: those of the settings. */
  numEnvs: count.optional(),
  /** Environment steps of a whole run. */
  steps: count,
  /** What differs between trials: options of the algorithm, or `numEnvs`. */
  parameters: z.record(z.string(), parameterSchema).refine((record) => Object.keys(record).length > 0, {
    message: 'expected at least one parameter',
  }),
  /** How many combinations are drawn. */
  trials: count.default(20),
  /** Runs of each: seeds from 0 on. */
  seeds: count.default(3),
  /** Of the draws. */
  seed: z.int().min(0).default(0),
  /** `random`: all trials run to their end. `halving`: the worse ones are given up on the way. */
  strategy: z.enum(['random', 'halving']).default('random'),
  /** Of `halving`: one in so many goes on. */
  eta: z.int().min(2).default(3),
  /** Of `halving`: steps before anything is given up. Default: as few as leave one trial at the end. */
  minSteps: count.optional(),
  /** Episodes that a finished agent is scored on. */
  episodes: count.default(100),
  /** Episodes of an unfinished one. */
  evaluationEpisodes: count.default(20),
});

/** A value that fits the schema of search spaces. */
export type Space = z.output<typeof spaceSchema> & {
  /** Where it was read, for messages about it. */
  readonly source: string;
};

/** The search space in a JSON file. @throws UserError when it is not there, or does not fit the schema. */
export function readSpace(path: string): Space {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UserError(`${path}: ${messageOf(error)}`);
  }
  return { ...parseJson(spaceSchema, text, path), source: path };
}
