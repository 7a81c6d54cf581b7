import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { Redis } from 'ioredis';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

/** Whether there is a Redis to test with; says so where there is none. */
export function hasRedis(): boolean {
  const isThere = spawnSync('redis-server', ['--version']).status === 0;
  if (!isThere) console.warn("not tested: there is no 'redis-server' here (Debian: apt-get install redis-server)");
  return isThere;
}

/** A Redis server that is gone after the test. */
export interface RedisServer {
  readonly url: string;
  readonly redis: Redis;
  /** Stops it as a machine's shutdown does, or by force. */
  stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Starts it again at the same port. */
  start(): Promise<void>;
}

/** Starts a Redis at a free port of the loopback interface. A persistent one has its data again when it was stopped and started. */
export async function startRedis({ persistent }: { readonly persistent: boolean }): Promise<RedisServer> {
  const folder = temporaryFolder();
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let server: ChildProcess | undefined;
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null, retryStrategy: () => 50 });
  redis.on('error', () => undefined);
  const start = async (): Promise<void> => {
    const persistence = persistent ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
    const address = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder];
    server = spawn('redis-server', [...address, '--save', '', ...persistence], { stdio: 'ignore' });
    await redis.ping();
  };
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    if (server?.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, 'exit');
    server.kill(signal);
    await exit;
  };
  onTestFinished(async () => {
    redis.disconnect();
    await stop('SIGKILL');
  });
  await start();
  return { url, redis, start, stop };
}

/** A port of the loopback interface at which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
