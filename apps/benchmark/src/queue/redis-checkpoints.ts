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
  const files = Object.entries(checkpoint).map(([name, { buffer, byteOffset, byteLength }]) => ({
    name,
    bytes: Buffer.from(buffer, byteOffset, byteLength),
  }));
  const size = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size > MAXIMUM_CHECKPOINT) {
    throw new RangeError(`checkpoint: expected at most ${MAXIMUM_CHECKPOINT} bytes, got ${size}`);
  }
  const key = keyOf(jobId);
  const transaction = redis.multi().del(key);
  transaction.hset(key, ...files.flatMap(({ name, bytes }) => [name, bytes]));
  await transaction.expire(key, KEEP_SECONDS).exec();
}

/** What {@link saveToRedis} kept last. */
export async function loadFromRedis(redis: Redis, jobId: string): Promise<RunCheckpoint | undefined> {
  const files = await redis.hgetallBuffer(keyOf(jobId));
  if (Object.keys(files).length === 0) return undefined;
  // Copied, because these are views of larger buffers, which would travel to the worker thread whole.
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, new Uint8Array(bytes)]));
}

/** Deletes the run's checkpoint. */
export async function removeFromRedis(redis: Redis, jobId: string): Promise<void> {
  await redis.del(keyOf(jobId));
}

function keyOf(jobId: string): string {
  return `${queueName}:checkpoint:${jobId}`;
}
