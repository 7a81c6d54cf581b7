import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseJson } from '../files/parse-json.ts';
import { settingsNames } from '../catalog/settings.ts';
import { seedsSchema } from '../suites/suite.ts';
import { messageOf, UserError } from '../user-error.ts';
import { gridValues, parameterSchema } from './parameter.ts';

const count = z.int().min(1);

/** Of what is planned before anything runs. */
const atMost = z.int().min(1).max(100_000);

/** How an evolution makes a generation of the one before; see `Breeder`. */
const evolutionSchema = z.strictObject({
  /** Trials of a generation. */
  population: z.int().min(2).max(10_000).default(10),
  /** So many of the best of earlier generations may be parents beside those of the last one. */
  elite: z.int().min(0).default(1),
  /** A parent is the best of so many that are drawn. */
  tournament: z.int().min(1).default(3),
  /** Probability that a child has two parents. */
  crossover: z.number().min(0).max(1).default(0.5),
  /** Probability of each of a child's parameters to change. */
  mutation: z.number().min(0).max(1).default(0.3),
  /** By how much, in standard deviations of what the parameter is drawn from. */
  mutationScale: z.number().positive().default(0.5),
});

/** A value that fits the schema of how an evolution goes. */
export type Evolution = z.output<typeof evolutionSchema>;

/** An evolution of which a space says nothing. */
export const evolutionDefaults: Evolution = evolutionSchema.parse({});

/** Generations of an evolution that does not say how many trials it has. */
const GENERATIONS = 5;

/** Trials of a random search that does not say how many. */
const TRIALS = 20;

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
    /** What differs between trials: options of the algorithm, members of `options`, such as `sampling.beta`, or `numEnvs`. */
    parameters: z.record(z.string(), parameterSchema).refine((record) => Object.keys(record).length > 0, {
      message: 'expected at least one parameter',
    }),
    /** How many combinations are tried, default 20, in an evolution five generations; the most that a grid may have, default all that it has. */
    trials: atMost.optional(),
    /** Runs of each: so many seeds from 0 on, or these. */
    seeds: seedsSchema.default(3),
    /** Of the draws. */
    seed: z.int().min(0).default(0),
    /**
     * `random`: all trials run to their end. `halving`: the worse ones are given up on the way. `grid`: all combinations, to their end. `evolution`: those of a
     * generation are made of the best before.
     */
    strategy: z.enum(['random', 'halving', 'grid', 'evolution']).default('random'),
    /** Of `halving`, and of an `evolution` with `minSteps`: one in so many goes on. */
    eta: z.int().min(2).default(3),
    /**
     * Steps before anything is given up. Default: with `halving` as few as leave one trial at the end; in an `evolution` nothing is given up.
     */
    minSteps: count.optional(),
    evolution: evolutionSchema.optional(),
    /** Episodes that a finished agent is scored on. */
    episodes: count.default(100),
    /** Episodes of an unfinished one. */
    evaluationEpisodes: count.default(20),
  })
  .refine(({ minSteps = 1, steps }) => minSteps <= steps, { path: ['minSteps'], message: 'expected at most steps' })
  .superRefine(({ strategy, parameters, evolution, trials }, context) => {
    const { population } = evolution ?? evolutionDefaults;
    if (strategy !== 'evolution' && evolution !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['evolution'],
        message: 'expected none but for the strategy evolution',
      });
    } else if (strategy === 'evolution' && trials !== undefined && trials % population !== 0) {
      const message = `expected a multiple of ${population}, the population`;
      context.addIssue({ code: 'custom', path: ['trials'], message });
    }
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

/** How many trials a search has, unless the space has fewer; of a grid, the most that it may have, `undefined` where it does not say. */
export function trialsOf({ strategy, trials, evolution = evolutionDefaults }: Space): number | undefined {
  if (trials !== undefined || strategy === 'grid') return trials;
  return strategy === 'evolution' ? GENERATIONS * evolution.population : TRIALS;
}

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
