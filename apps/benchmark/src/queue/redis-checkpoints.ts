import type { Redis } from 'ioredis';
import type { RunCheckpoint } from '../runs/run-checkpoint.ts';
import { KEEP_SECONDS, queueName } from './queued-run.ts';

/** Bytes of the largest checkpoint that is kept in Redis: 256 MiB, half of what Redis takes as one value. */
export const MAXIMUM_CHECKPOINT: number = 256 * 2 ** 20;

/**
 * Keeps a checkpoint in place of the run's previous one, whole or not at all, for a week.
 * @throws RangeError when it is larger than {@link MAXIMUM_CHECKPOINT}: such a run starts over where it is taken over.
 */
export async function saveToRedis(redis: Redis, jobId: string, checkpoint: RunCheckpoint): Promise<void> {
  const { buffer, byteOffset, byteLength } = checkpoint;
  if (byteLength > MAXIMUM_CHECKPOINT) {
    throw new RangeError(`checkpoint: expected at most ${MAXIMUM_CHECKPOINT} bytes, got ${byteLength}`);
  }
  await redis.setex(keyOf(jobId), KEEP_SECONDS, Buffer.from(buffer, byteOffset, byteLength));
}

/** What {@link saveToRedis} kept last. */
export async function loadFromRedis(redis: Redis, jobId: string): Promise<RunCheckpoint | undefined> {
  const bytes = await redis.getBuffer(keyOf(jobId));
  // Copied, because it may be a view of a larger buffer, which is not its own.
  return bytes === null ? undefined : new Uint8Array(bytes);
}

/** Deletes the run's checkpoint. */
export async function removeFromRedis(redis: Redis, jobId: string): Promise<void> {
  await redis.del(keyOf(jobId));
}

function keyOf(jobId: string): string {
  return `${queueName}:checkpoint:${jobId}`;
}
