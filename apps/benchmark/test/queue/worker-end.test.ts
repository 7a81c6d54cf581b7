import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { hasRedis, startRedis } from '../redis-server.ts';

const idleWorker = join(import.meta.dirname, '../fixtures/idle-worker.mjs');

it.skipIf(!hasRedis())('an idle worker leaves nothing behind that would keep its process alive', async () => {
  const { url } = await startRedis({ persistent: false });
  const { stdout } = await promisify(execFile)(process.execPath, [idleWorker, url]);
  expect(JSON.parse(stdout)).toEqual({ isOver: true, before: [], after: [] });
});
