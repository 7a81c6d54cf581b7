import { createHash } from 'node:crypto';
import type { Job } from 'bullmq';
import { z } from 'zod';
import { plannedRunSchema, type PlannedRun } from '../runs/planned-run.ts';
import { gradusVersion } from '../version.ts';

/**
 * The queue of this version. Versions have queues of their own, so that a run is never executed by another version than the one
 * that asked for it, and several can share a Redis.
 */
export const queueName = `gradus-${gradusVersion}`;

/** Seconds for which what nobody asks for any more stays in Redis: a week. */
export const KEEP_SECONDS: number = 7 * 24 * 3600;

/** What a job asks for: a run, to its end or until so many environment steps are done. */
export const queuedRunSchema = plannedRunSchema.extend({ until: z.int().min(1).optional() });

/** What a worker returns of a run that it ended at `until`: its checkpoint is in Redis. */
export const reachedSchema = z.strictObject({ reached: z.int().min(1) });

/**
 * Identifies a run in the queue: the same for the same run of the same suite, to its end or until the same step, so that asking for it twice is asking once. A
 * hash, because BullMQ allows no `:`, and because a run that was changed shall not be mistaken for what it was.
 */
export function jobIdOf(suite: string, run: PlannedRun, until?: number): string {
  const parts = [suite, plannedRunSchema.parse(run), ...(until === undefined ? [] : [until])];
  const hash = createHash('sha256').update(JSON.stringify(parts));
  return hash.digest('hex').slice(0, 32);
}

/** What a worker reports of a run. JSON has no NaN: before the first episode there is no return. */
export const jobProgressSchema = z.object({ step: z.number(), episodeReturn: z.number().nullable() });

/** A run in the queue. What comes from Redis is checked by whoever reads it. */
export type RunJob = Job<unknown, unknown>;
