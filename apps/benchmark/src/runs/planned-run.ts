import { z } from 'zod';
import { algorithms } from '../catalog/algorithms.ts';
import { deviceNames } from '../catalog/devices.ts';
import { hashOf } from '../files/seal.ts';

/** One training run that a suite asks for: everything that decides its result. Plain data, so that it can travel. */
export const plannedRunSchema = z.strictObject({
  /** Unique in its suite and the same whenever the suite is planned again: `ppo-zoo/CartPole-v1/0-1f3a…`. */
  id: z.string().min(1),
  algorithm: z.string(),
  /** What tells this agent from others of the same algorithm, by default the name of its settings: `ppo-zoo`. */
  label: z.string(),
  environment: z.string(),
  /** Environment copies. */
  numEnvs: z.int().min(1),
  /** The algorithm's options, all that differ from its defaults. */
  options: z.record(z.string(), z.json()),
  /** A hash of the algorithm's defaults, which decide the result where `options` says nothing. */
  defaults: z.string(),
  /** Environment steps, over all copies. */
  steps: z.int().min(1),
  seed: z.int().min(0),
  device: z.enum(deviceNames),
  /** How often the agent is evaluated during training, evenly spread and at the end: points of its learning curve. */
  evaluations: z.int().min(1),
  /** Episodes of each of these evaluations. */
  evaluationEpisodes: z.int().min(1),
  /** Episodes that the finished agent is scored on, fresh ones. */
  episodes: z.int().min(1),
});

/** A value that fits {@link plannedRunSchema}. */
export type PlannedRun = z.infer<typeof plannedRunSchema>;

/** Digits of a hash in an id. */
const DIGITS = 8;

/** A run with its id, and the hash of its algorithm's defaults. Options that are the defaults are left out. */
export function identifyRun(run: Omit<PlannedRun, 'id' | 'defaults'>): PlannedRun {
  const { defaults } = algorithms[run.algorithm];
  const options = Object.fromEntries(
    Object.entries(run.options).filter(
      ([name, value]) => !Object.hasOwn(defaults, name) || hashOf(value) !== hashOf(defaults[name] ?? null),
    ),
  );
  const identified = { id: '', ...run, options, defaults: hashOf(defaults, DIGITS) };
  return { ...identified, id: runId(identified) };
}

/** Label, environment, seed, and a hash of all that decides the run's result, its label apart. */
export function runId(run: Omit<PlannedRun, 'id'> & { readonly id?: string }): string {
  const { label, environment, seed } = run;
  return `${label}/${environment}/${seed}-${hashOf({ ...run, id: undefined, label: undefined }, DIGITS)}`;
}
