import { z } from 'zod';
import { plannedRunSchema } from './planned-run.ts';

/** A point of a learning curve: an evaluation with the agent's best actions. */
const curvePointSchema = z.strictObject({
  /** Environment steps trained. */
  step: z.int().min(0),
  mean_return: z.number(),
  std_return: z.number(),
});

/** What a finished run left: one line of `results.jsonl`. */
export const runRecordSchema = z.strictObject({
  run: plannedRunSchema,
  /** Environment steps that were done: `run.steps`, rounded up to a whole update. */
  steps: z.int().min(1),
  /** Undiscounted returns of the finished agent over `run.episodes` fresh episodes. */
  returns: z.array(z.number()),
  mean_return: z.number(),
  std_return: z.number(),
  /** The agent of the best evaluation during training, scored on the same fresh episodes as the last one. */
  best: z.strictObject({ step: z.int().min(0), mean_return: z.number(), std_return: z.number() }),
  curve: z.array(curvePointSchema),
  /** Wall-clock time of training without evaluations; all that follow depend on the machine, not on the seed. */
  timing: z.strictObject({ seconds: z.number(), steps_per_second: z.number() }),
  /** Where and by what it was run. */
  origin: z.strictObject({
    /** ISO 8601. */
    started: z.string(),
    finished: z.string(),
    /** Steps at which training went on from a checkpoint, empty where it ran through. */
    resumed_at: z.array(z.int()),
    gradus: z.string(),
    node: z.string(),
    platform: z.string(),
    cpu: z.string(),
    /** The file of another library that it was read from. */
    imported: z.string().optional(),
  }),
});

/** A value that fits {@link runRecordSchema}. */
export type RunRecord = z.infer<typeof runRecordSchema>;

/** What a run left that broke, by diverging for instance: a line of `results.jsonl` as well. A later attempt has a line of its own. */
export const failedRunSchema = z.strictObject({
  run: plannedRunSchema,
  /** Why, in one line. */
  error: z.string().min(1),
  /** Where and by what it was asked for. */
  origin: z.strictObject({
    /** ISO 8601. */
    finished: z.string(),
    gradus: z.string(),
    node: z.string(),
  }),
});

/** A value that fits {@link failedRunSchema}. */
export type FailedRun = z.infer<typeof failedRunSchema>;
