import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseJson } from '../files/parse-json.ts';
import { settingsNames } from '../catalog/settings.ts';
import { messageOf, UserError } from '../user-error.ts';
import { gridValues, parameterSchema } from './parameter.ts';

const count = z.int().min(1);

/** Of what is planned before anything runs. */
const atMost = z.int().min(1).max(100_000);

/** Among what `gradus tune` searches, and how. */
const spaceSchema = z
  .strictObject({
    name: z.string().regex(/^[\w.+-]+$/, 'expected letters, digits and any of . _ + -'),
    /** Modules with environments or algorithms of one's own, seen from the file. */
    imports: z.array(z.string()).optional(),
    description: z.string().default(''),
    algorithm: z.string(),
    environment: z.string(),
    /** What all trials have in common, unless `options` or `parameters` say otherwise. Default: the zoo's where they exist, else the algorithm's defaults. */
    settings: z.enum(settingsNames).optional(),
    options: z.record(z.string(), z.json()).default({}),
    /** Environment copies. Default: those of the settings. */
    numEnvs: count.optional(),
    /** Environment steps of a whole run. */
    steps: count,
    /** What differs between trials: options of the algorithm, or `numEnvs`. */
    parameters: z.record(z.string(), parameterSchema).refine((record) => Object.keys(record).length > 0, {
      message: 'expected at least one parameter',
    }),
    /** How many combinations are drawn, default 20; the most that a grid may have, default all that it has. */
    trials: atMost.optional(),
    /** Runs of each: seeds from 0 on. */
    seeds: atMost.default(3),
    /** Of the draws. */
    seed: z.int().min(0).default(0),
    /** `random`: all trials run to their end. `halving`: the worse ones are given up on the way. `grid`: all combinations, to their end. */
    strategy: z.enum(['random', 'halving', 'grid']).default('random'),
    /** Of `halving`: one in so many goes on. */
    eta: z.int().min(2).default(3),
    /** Of `halving`: steps before anything is given up. Default: as few as leave one trial at the end. */
    minSteps: count.optional(),
    /** Episodes that a finished agent is scored on. */
    episodes: count.default(100),
    /** Episodes of an unfinished one. */
    evaluationEpisodes: count.default(20),
  })
  .refine(({ minSteps = 1, steps }) => minSteps <= steps, { path: ['minSteps'], message: 'expected at most steps' })
  .superRefine(({ strategy, parameters }, context) => {
    for (const [name, parameter] of Object.entries(parameters)) {
      const path = ['parameters', name];
      if (strategy === 'grid' && gridValues(parameter) === undefined) {
        context.addIssue({ code: 'custom', path, message: 'expected "points", how many values a grid has of it' });
      } else if (strategy !== 'grid' && 'points' in parameter) {
        context.addIssue({
          code: 'custom',
          path: [...path, 'points'],
          message: 'expected none but for the strategy grid',
        });
      }
    }
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
