import { once } from 'node:events';
import { expect, it } from 'vitest';
import { connectRedis } from '../../src/queue/redis.ts';
import { serveRuns } from '../../src/queue/serve-runs.ts';
import { hasRedis, startRedis } from '../redis-server.ts';
import { waitFor } from '../wait-for.ts';

// In a file, and so in a process, of its own: what other tests leave behind would count as well.
it.skipIf(!hasRedis())('an idle worker leaves nothing behind that would keep its process alive', async () => {
  const server = await startRedis({ persistent: false });
  const open = (): string[] =>
    process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name === 'TCPSocketWrap');
  const before = open();
  const stop = new AbortController();
  const say = (): void => undefined;
  const connection = await connectRedis(server.url, say);
  const pool = { workers: 1, run: () => Promise.reject(new Error('no run is expected here')) };
  const end = serveRuns({ connection, pool, checkpointInterval: 15, signal: stop.signal, say });
  // Redis has been asked for the next run, and has none.
  await waitFor(async () => String(await server.redis.client('LIST')).includes('cmd=bzpopmin') || undefined);
  stop.abort();
  expect(await end).toBe(true);
  const closed = once(connection.redis, 'end');
  connection.close();
  await closed;
  // What was open before may have ended meanwhile.
  const left = open();
  for (const name of before) if (left.includes(name)) left.splice(left.indexOf(name), 1);
  expect(left).toEqual([]);
});
