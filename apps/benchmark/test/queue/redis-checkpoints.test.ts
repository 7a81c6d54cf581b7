import { describe, expect, it } from 'vitest';
import { loadFromRedis, MAXIMUM_CHECKPOINT, removeFromRedis, saveToRedis } from '../../src/queue/redis-checkpoints.ts';
import { hasRedis, startRedis } from '../redis-server.ts';

describe.skipIf(!hasRedis())('checkpoints in Redis', () => {
  it('are the last that was saved, and expire', async () => {
    const { redis } = await startRedis({ persistent: false });
    expect(await loadFromRedis(redis, 'a')).toBeUndefined();
    await saveToRedis(redis, 'a', Uint8Array.of(0, 255, 13, 10));
    await saveToRedis(redis, 'b', Uint8Array.of(7));
    await saveToRedis(redis, 'a', Uint8Array.of(10, 13, 128));
    expect(await loadFromRedis(redis, 'a')).toEqual(Uint8Array.of(10, 13, 128));
    const [key] = await redis.keys('*:a');
    const week = 7 * 24 * 3600;
    expect(await redis.ttl(key)).toBeGreaterThan(week - 60);
    await removeFromRedis(redis, 'a');
    expect(await loadFromRedis(redis, 'a')).toBeUndefined();
    expect(await loadFromRedis(redis, 'b')).toEqual(Uint8Array.of(7));
  });

  it('travel as memory of their own, not as views of what came with them', async () => {
    const { redis } = await startRedis({ persistent: false });
    await saveToRedis(redis, 'a', new Uint8Array(5));
    const there = await loadFromRedis(redis, 'a');
    expect(there?.buffer.byteLength).toBe(5);
  });

  it('are refused where they are too large, and the last one stays', async () => {
    const { redis } = await startRedis({ persistent: false });
    await saveToRedis(redis, 'a', Uint8Array.of(1));
    const tooLarge = new Uint8Array(MAXIMUM_CHECKPOINT + 1);
    await expect(saveToRedis(redis, 'a', tooLarge)).rejects.toThrow(
      new RangeError('checkpoint: expected at most 268435456 bytes, got 268435457'),
    );
    expect(await loadFromRedis(redis, 'a')).toEqual(Uint8Array.of(1));
  });
});
