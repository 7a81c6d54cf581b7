import { Redis } from 'ioredis';
import { messageOf, UserError } from '../user-error.ts';

/** Milliseconds in which a Redis must have answered for the first time. */
const FIRST_ANSWER = 5000;

/** Milliseconds between signs of life that are asked for; a connection that gives none until the next is made anew. */
const PULSE = 15_000;

/** Milliseconds between attempts to connect again. */
const RETRY = 500;

/** A Redis where queue and checkpoints are. */
export interface RedisConnection {
  readonly redis: Redis;
  /** Host and port, without a password: for people. */
  readonly address: string;
  /** Closes the connection; what waits for an answer fails. */
  readonly close: () => void;
}

/**
 * Connects to the Redis at `url`: `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS. A connection that is
 * lost later is made again for as long as it takes, and commands wait for that; `say` is told in one line when it goes and
 * when it is back.
 * @throws UserError when `url` is none, or no Redis answers there now.
 */
export async function connectRedis(url: string, say: (line: string) => void): Promise<RedisConnection> {
  const address = addressOf(url);
  let isOpen = false;
  let isLost = false;
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: FIRST_ANSWER,
    // Commands wait for a lost Redis as long as it takes; BullMQ asks for this.
    maxRetriesPerRequest: null,
    retryStrategy: () => (isOpen ? RETRY : null),
  });
  let problem: unknown;
  redis.on('error', (error) => {
    problem = error;
  });
  try {
    await withTimeout(redis.connect().then(() => redis.ping()));
  } catch (error) {
    redis.disconnect();
    throw new UserError(`--queue: no Redis answers at ${address}: ${messageOf(problem ?? error)}`);
  }
  isOpen = true;
  redis.on('close', () => {
    if (isOpen && !isLost) say(`lost the Redis at ${address}; waiting for it`);
    isLost = true;
  });
  redis.on('ready', () => {
    if (!isOpen) redis.disconnect();
    else if (isLost) say(`the Redis at ${address} is back`);
    isLost = false;
  });
  const stopPulse = watchPulse(redis);
  const close = (): void => {
    isOpen = false;
    stopPulse();
    // Between two attempts to connect, `disconnect` would leave waiting commands waiting; the next attempt is the last anyway.
    if (redis.status !== 'reconnecting') redis.disconnect();
  };
  return { redis, address, close };
}

/**
 * Makes the connection anew when its peer is gone without a word, as after a power failure. ioredis's `socketTimeout` does the same, but
 * its timer outlives the connection, and would keep the process alive for as long. BullMQ watches its waiting connections itself.
 */
function watchPulse(redis: Redis): () => void {
  let isAwaited = false;
  const timer = setInterval(() => {
    if (redis.status !== 'ready') isAwaited = false;
    else if (isAwaited) redis.disconnect(true);
    else {
      isAwaited = true;
      const answered = (): void => {
        isAwaited = false;
      };
      redis.ping().then(answered, answered);
    }
  }, PULSE).unref();
  return () => clearInterval(timer);
}

function addressOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed !== undefined && /^rediss?:$/.test(parsed.protocol) && parsed.hostname !== '') {
    return `${parsed.hostname}:${parsed.port === '' ? '6379' : parsed.port}`;
  }
  // What came may hold a password.
  const came = parsed === undefined ? `'${url}'` : `one that starts with ${parsed.protocol}`;
  throw new UserError(`--queue: expected a URL such as redis://localhost:6379, got ${came}`);
}

async function withTimeout(answer: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing came within ${FIRST_ANSWER / 1000} s`)), FIRST_ANSWER);
  });
  try {
    await Promise.race([answer, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
